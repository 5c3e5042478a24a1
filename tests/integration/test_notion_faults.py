"""When Notion does not answer as hoped: what is retried, what is reported, and what is never done twice."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest

from connectors.gmail.drafts import GmailDrafts
from connectors.google_chat.chat import GoogleChat
from connectors.notion.accounts import NotionCSMAdapter
from connectors.notion.adoption_sections import NotionAdoptionSections
from connectors.notion.client import NotionClient
from connectors.notion.expansions import NotionExpansionRecords
from connectors.notion.feature_usage import NotionFeatureUsage
from connectors.notion.names import RecordNames
from connectors.notion.qbr_pages import NotionQbrPages
from connectors.notion.records import NotionHealthRecords
from connectors.notion.schema import records_schema
from connectors.retry_policy import RetryPolicy
from connectors.slack.chat import SlackChat
from customer_success.accounts.row import PageValues
from customer_success.alerts.records import HealthRecord
from customer_success.documents import Bullet, ChatMessage, Line, MailDraft
from customer_success.errors import Misconfigured, NotTaken, Refused, Unavailable, Unclear
from customer_success.paging import Bookmark
from customer_success.ports import LONGEST_PAUSE
from local.sandbox import Sandbox
from local.sandbox.notion.load import Book
from local.sandbox.notion.workspace import ROOT_PAGE
from tests.builders.google_keys import service_account_of
from tests.builders.notion_books import account_book, load_book, notion_client, row
from tests.builders.secrets import google_secret, notion_secret, slack_secret
from tests.builders.vendors import CountingRateLimiter, Waiting, break_next, requests_to

QUERY = "POST /v1/data_sources/{data_source_id}/query"
CREATE = "POST /v1/pages"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path).start() as sandbox:
        yield sandbox


def read_book(sandbox: Sandbox, waiting: Waiting) -> int:
    """Read the book of two accounts; how many came."""
    source = load_book(sandbox, [row(1), row(2)]).data_source_id
    return sum(len(page.accounts) for page in account_book(sandbox, source, waiting).read(Bookmark()))


@pytest.mark.parametrize("status", [409, 500, 502, 503, 504, 529])
def test_a_passing_fault_is_waited_out(sandbox: Sandbox, status: int) -> None:
    # GIVEN a Notion that fails twice
    waiting = Waiting()
    break_next(sandbox, "notion", "status", status=status, match="/query", times=2)

    # WHEN the book is read  THEN it is read, after pauses that grow, each call at the shared rate limit
    assert read_book(sandbox, waiting) == 2
    assert waiting.slept == [0.5, 1.0]
    assert waiting.rate_limiter.waits == sum(requests_to(sandbox, "notion").values())


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "malformed"])
def test_a_broken_answer_to_a_question_is_asked_again(sandbox: Sandbox, kind: str) -> None:
    # GIVEN an answer that breaks off  WHEN the book is read  THEN it is asked again
    break_next(sandbox, "notion", kind, match="/query")
    assert read_book(sandbox, Waiting()) == 2
    assert requests_to(sandbox, "notion")[QUERY] == 2


def test_a_question_that_takes_too_long_is_asked_again(sandbox: Sandbox) -> None:
    # GIVEN an answer that comes later than the caller waits
    source = load_book(sandbox, [row(1)]).data_source_id
    break_next(sandbox, "notion", "delay", seconds=2.5, match="/databases")
    client = NotionClient(notion_secret(), Waiting().retry_policy, base_url=sandbox.url("notion"), timeout=2)

    # WHEN it is asked  THEN it is asked again
    database = load_book(sandbox, []).database_id
    answer = client.call(lambda notion: notion.databases.retrieve(database), about="the database")
    assert answer["data_sources"][0]["id"] == source
    assert requests_to(sandbox, "notion") == {"GET /v1/databases/{database_id}": 2}


@pytest.mark.parametrize(("left", "allowed"), [(90.0, 30.0), (12.5, 12.5), (0.2, 1.0), (-3.0, 1.0)])
def test_no_request_takes_longer_than_there_is_time(left: float, allowed: float) -> None:
    # GIVEN some time left  WHEN a request may take 30 seconds  THEN it may take that long, or what is left
    assert Waiting(seconds_left=left).retry_policy.within(30.0) == allowed


@pytest.mark.parametrize("vendor", ["notion", "gmail", "slack"])
def test_a_vendor_that_hangs_is_left_when_time_is_up(sandbox: Sandbox, vendor: str) -> None:
    # GIVEN one second left, and a vendor that says nothing for longer
    retry_policy = Waiting(seconds_left=0.1).retry_policy
    break_next(sandbox, vendor, "delay", seconds=1.5)
    calls: dict[str, Callable[[], object]] = {
        "notion": lambda: NotionHealthRecords(
            NotionClient(notion_secret(), retry_policy, base_url=sandbox.url("notion")), "db"
        ).find("k"),
        "gmail": lambda: GmailDrafts(
            google_secret(service_account_of(sandbox)), retry_policy, base_url=sandbox.url("gmail")
        ).find("ada@example.com", "k"),
        "slack": lambda: SlackChat(slack_secret(), "C0TEAM", retry_policy, base_url=sandbox.url("slack")).find(
            ChatMessage("k", "t", ())
        ),
    }

    # WHEN it is asked  THEN the caller has its time back
    with pytest.raises(Unavailable, match="did not answer"):
        calls[vendor]()


def test_a_fault_that_stays_is_unavailable(sandbox: Sandbox) -> None:
    # GIVEN a Notion that is down  WHEN the book is read  THEN after four tries that is reported, with Notion's text
    break_next(sandbox, "notion", "status", status=503, match="/query", times=None)
    with pytest.raises(Unavailable, match=r"503") as raised:
        read_book(sandbox, Waiting())
    assert not isinstance(raised.value, Unclear)
    assert requests_to(sandbox, "notion")[QUERY] == 4


def test_nothing_is_tried_again_that_the_time_left_does_not_allow(sandbox: Sandbox) -> None:
    # GIVEN less time than the second pause takes
    waiting = Waiting(seconds_left=0.8)
    break_next(sandbox, "notion", "status", status=503, match="/query", times=None)

    # WHEN the book is read  THEN only the first pause was made
    with pytest.raises(Unavailable):
        read_book(sandbox, waiting)
    assert waiting.slept == [0.5]


def test_a_pause_that_notion_asks_for_is_shared_and_respected(sandbox: Sandbox) -> None:
    # GIVEN a Notion that asks for 7 seconds
    waiting = Waiting()
    break_next(sandbox, "notion", "status", status=429, retry_after=7, match="/query")

    # WHEN the book is read  THEN the shared rate limit is pushed back, and the call waits for it, not by itself
    assert read_book(sandbox, waiting) == 2
    assert waiting.rate_limiter.pauses == [7.0]
    assert waiting.slept == []


def test_a_pause_longer_than_the_time_left_goes_back_to_the_queue(sandbox: Sandbox) -> None:
    # GIVEN a Notion that asks for more than there is
    waiting = Waiting(seconds_left=30)
    break_next(sandbox, "notion", "status", status=429, retry_after=90, match="/query")

    # WHEN the book is read  THEN the caller knows how long to wait, and all others wait too
    with pytest.raises(Unavailable) as raised:
        read_book(sandbox, waiting)
    assert raised.value.retry_after == 90.0
    assert waiting.rate_limiter.pauses == [90.0]
    assert requests_to(sandbox, "notion")[QUERY] == 1


def test_a_refused_token_says_which_secret_to_check(sandbox: Sandbox) -> None:
    # GIVEN a token that Notion does not take  WHEN it is used  THEN there is one try, and the remedy
    client = notion_client(sandbox, Waiting(), token="wrong")
    with pytest.raises(Misconfigured, match=r"Notion refused the token: .*Check the secret 'csm/notion'"):
        client.call(lambda notion: notion.users.me(), about="the integration")
    assert sum(requests_to(sandbox, "notion").values()) == 1


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (401, Misconfigured, "Check the secret"),
        (404, Misconfigured, r"the book: .*share the database with the integration"),
        (403, Misconfigured, "Give it the capabilities"),
        (400, Refused, "Notion refused the book .400 "),
        (422, Misconfigured, "Notion refused the book .422 "),
    ],
)
def test_what_a_retry_cannot_help_is_reported_at_once(
    sandbox: Sandbox, status: int, error: type[Exception], expected: str
) -> None:
    # GIVEN an error for good  WHEN it is met  THEN there is one try, and its kind says what can be done
    break_next(sandbox, "notion", "status", status=status)
    with pytest.raises(error, match=expected):
        notion_client(sandbox, Waiting()).call(lambda notion: notion.users.me(), about="the book")
    assert sum(requests_to(sandbox, "notion").values()) == 1


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 407, 409, 418, 422, 429, 500, 502, 503, 504, 529])
@pytest.mark.parametrize(
    "body",
    [
        "<html><h1>Forbidden</h1></html>",
        "",
        "null",
        "[]",
        '"no"',
        "{}",
        '{"status": 403, "code": "unauthorized", "message": "no"}',
        '{"object": "error", "code": "object_not_found"}',
        '{"object": "error", "code": 7, "message": "no"}',
        '{"object": "error", "code": "restricted_resource", "message": {"text": "no"}}',
        '{"object": "error", "status": 4',
        "[" * 100_000,
    ],
)
def test_an_answer_that_is_not_notions_own_may_pass_at_any_status(status: int, body: str) -> None:
    # GIVEN something in between that answers in Notion's place
    notion, seen = answering(status, body)

    # WHEN Notion is asked  THEN it is asked again, and no person has to act
    with pytest.raises(Unavailable):
        notion.call(lambda sdk: sdk.users.me(), about="the book")
    assert seen == {"GET /v1/users/me": 4}

    # AND what is not to be repeated may have been done, or was surely not
    with pytest.raises(Unavailable):
        notion.call(lambda sdk: sdk.pages.create(parent={}), about="the record", repeatable=False)


def answering(status: int, body: str, **headers: str) -> tuple[NotionClient, Counter[str]]:
    """A client for a Notion that answers everything alike, and what it was asked."""
    seen: Counter[str] = Counter()

    def answer(request: httpx.Request) -> httpx.Response:
        seen[f"{request.method} {request.url.path}"] += 1
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.Response(status, text=body, headers=named)

    transport = httpx.MockTransport(answer)
    return NotionClient(notion_secret(), Waiting().retry_policy, transport=transport), seen


ODD_ANSWERS = [
    "<html>Welcome</html>",
    "",
    "[]",
    "null",
    "7",
    "{}",
    '{"object": "error", "code": "validation_error", "message": "no"}',
    '{"object": "user"}',
    '{"object": "list", "results": [',
    '{"object": "list", "has_more": false}',
    '{"object": "list", "results": null, "has_more": false}',
    '{"object": "list", "results": [7], "has_more": false}',
    '{"object": "list", "results": [{}], "has_more": false}',
    '{"object": "list", "results": []}',
    '{"object": "list", "results": [], "has_more": true, "next_cursor": null}',
    '{"id": ' + "9" * 5_000 + "}",
    "[" * 100_000,
]


@pytest.mark.parametrize("body", ODD_ANSWERS)
def test_a_200_that_is_not_what_was_asked_for_may_pass(body: str) -> None:
    # GIVEN a Notion, or what stands in its place, that answers with something else
    notion, _ = answering(200, body)
    page = "1f0c2f3a-0000-4000-8000-00000000cafe"
    values = PageValues(71.3, "AMBER", "high", "usage fell", None, "call them", date(2024, 9, 30))
    section = (Bullet("usage fell"),)
    asked: list[Callable[[], object]] = [
        lambda: next(NotionCSMAdapter(notion, page).read(Bookmark())),
        lambda: next(NotionFeatureUsage(notion, page).read(Bookmark())),
        lambda: NotionCSMAdapter(notion, page).write(page, values),
        lambda: NotionHealthRecords(notion, page).find("k"),
        lambda: NotionHealthRecords(notion, page).create(record()),
        lambda: NotionQbrPages(notion, page).find("k"),
        lambda: next(NotionExpansionRecords(notion, page).answers(date(2024, 9, 30))),
        lambda: NotionAdoptionSections(notion).write(page, "Adoption", section),
    ]
    for ask in asked:
        # WHEN anything is asked of it  THEN that may be tried again later
        with pytest.raises(Unavailable):
            ask()


def test_one_row_that_cannot_be_read_hides_no_other() -> None:
    # GIVEN a list of three rows, of which the second is as no row of Notion's is
    def listed(number: int, properties: object) -> dict[str, object]:
        return {"object": "page", "id": f"row-{number}", "created_time": "2026-01-01", "properties": properties}

    def named(number: int) -> dict[str, object]:
        texts = {name: f"{name} {number}" for name in ("Feature", "Account", "Handoff ID")}
        return {name: {"type": "rich_text", "rich_text": [{"plain_text": text}]} for name, text in texts.items()} | {
            "Sales Status": {"type": "select", "select": {"name": "Won"}}
        }

    rows = [listed(1, named(1)), listed(2, {"Feature": 7, "Handoff ID": 7}), listed(3, named(3))]
    body = {"object": "list", "results": rows, "has_more": False, "next_cursor": None}
    source = {"object": "data_source", "id": "s", "data_sources": [{"id": "s"}], "properties": schema_of_offers()}

    def answer(request: httpx.Request) -> httpx.Response:
        database = {**source, "object": "database"}
        shown = body if request.url.path.endswith("/query") else source
        return httpx.Response(200, json=database if "/databases/" in request.url.path else shown)

    notion = NotionClient(notion_secret(), Waiting().retry_policy, transport=httpx.MockTransport(answer))

    # WHEN it is read as feature usage  THEN the row is rejected by name, and the others are there
    [page] = NotionFeatureUsage(notion, "s").read(Bookmark())
    assert [usage.feature for usage in page.rows] == ["Feature 1", "Feature 3"]
    assert [note for note in page.rejected if "row-2" in note]

    # WHEN it is read for what Sales answered  THEN the others' answers are heard
    [answers] = NotionExpansionRecords(notion, "s").answers(date(2026, 1, 1))
    assert [note.handoff_id for note in answers] == ["Handoff ID 1", "Handoff ID 3"]


def schema_of_offers() -> dict[str, object]:
    return {"Handoff ID": {"type": "rich_text"}, "Sales Status": {"type": "select"}}


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ([("unknown_code_of_next_year", 400), ("unknown_code_of_next_year", 403)], Misconfigured),
        ([("invalid_json", 400), ("invalid_request", 400), ("missing_version", 400)], Misconfigured),
        ([("unauthorized", 401), ("restricted_resource", 403), ("object_not_found", 404)], Misconfigured),
        ([("validation_error", 400)], NotTaken),
        ([("conflict_error", 409), ("rate_limited", 429), ("service_overload", 529)], Unavailable),
        ([("internal_server_error", 500), ("bad_gateway", 502), ("service_unavailable", 503)], Unavailable),
        ([("database_connection_unavailable", 503), ("gateway_timeout", 504), ("new_one", 599)], Unavailable),
    ],
)
def test_only_what_is_known_to_be_the_messages_own_fault_is_not_taken(
    answers: list[tuple[str, int]], error: type[Exception]
) -> None:
    for code, status in answers:
        # GIVEN an error of Notion's own  WHEN something is written
        own = {"object": "error", "status": status, "code": code, "message": "Something is wrong."}
        with pytest.raises(error, match=r"Something is wrong\.") as raised:
            answering(status, json.dumps(own))[0].call(lambda sdk: sdk.pages.update("p", icon=None), about="the page")
        # THEN it is acknowledged in no case
        assert isinstance(raised.value, NotTaken) or not isinstance(raised.value, Refused)


@pytest.mark.parametrize(
    ("own", "status"),
    [
        *((False, status) for status in (400, 403, 408, 409, 429, 500, 502, 503, 504, 529)),
        *((True, status) for status in (408, 409, 429, 500, 502, 503, 504, 529)),
    ],
)
def test_a_pause_is_heard_with_every_status_and_never_longer_than_a_quarter_of_an_hour(status: int, own: bool) -> None:
    # GIVEN a Notion, or a gateway, that asks for a pause of 57 years
    body = json.dumps({"object": "error", "code": "", "message": "no"}) if own else "<html>"
    waiting = Waiting(seconds_left=10_000)
    transport = httpx.MockTransport(lambda _: httpx.Response(status, text=body, headers={"Retry-After": "1800000000"}))
    notion = NotionClient(notion_secret(), waiting.retry_policy, transport=transport)

    # WHEN it is asked  THEN all functions wait, for fifteen minutes
    with pytest.raises(Unavailable) as raised:
        notion.call(lambda sdk: sdk.users.me(), about="the book")
    assert raised.value.retry_after == LONGEST_PAUSE == 900.0
    assert set(waiting.rate_limiter.pauses) == {900.0}
    assert waiting.slept == []


def test_a_pause_of_no_length_does_not_make_calls_follow_upon_each_other() -> None:
    # GIVEN a Notion that is down and says "now"  WHEN it is asked  THEN it is given its pauses all the same
    waiting = Waiting()
    down = httpx.MockTransport(lambda _: httpx.Response(503, headers={"Retry-After": "0"}))
    with pytest.raises(Unavailable):
        NotionClient(notion_secret(), waiting.retry_policy, transport=down).call(lambda sdk: sdk.users.me(), about="it")
    assert waiting.slept == [0.5, 1.0, 2.0]
    assert waiting.rate_limiter.pauses == []


@pytest.mark.parametrize(("kind", "status"), [("echo", 400), ("echo", 403), ("echo", 500), ("echo_page", 502)])
@pytest.mark.parametrize("vendor", ["notion", "slack", "chat", "gmail"])
def test_a_vendor_that_sends_back_what_it_was_sent_floods_no_log(
    sandbox: Sandbox, vendor: str, kind: str, status: int
) -> None:
    # GIVEN a vendor that answers with the whole request, in which 10,000 characters stand
    account, secret = service_account_of(sandbox), "the notes of the account " * 400
    break_next(sandbox, vendor, kind, status=status, times=None)
    message = ChatMessage("k", "Acme", tuple(Line(secret[:2_000]) for _ in range(5)))
    retry_policy = Waiting().retry_policy
    calls: dict[str, Callable[[], object]] = {
        "notion": lambda: notion_client(sandbox, Waiting()).call(
            lambda sdk: sdk.pages.create(parent={"page_id": ROOT_PAGE}, properties={"title": secret}), about="the page"
        ),
        "slack": lambda: SlackChat(slack_secret(), "C0TEAM", retry_policy, base_url=sandbox.url("slack")).post(message),
        "chat": lambda: GoogleChat(
            google_secret(account), "spaces/TEAM", retry_policy, base_url=sandbox.url("chat")
        ).post(message),
        "gmail": lambda: GmailDrafts(google_secret(account), retry_policy, base_url=sandbox.url("gmail")).create(
            MailDraft("k", "ada@example.com", None, "A word", (secret,))
        ),
    }
    # WHEN something is written  THEN the error holds no more than a glimpse of it
    with pytest.raises((Misconfigured, Refused, Unavailable)) as raised:
        calls[vendor]()
    assert len(str(raised.value)) < 1_100
    assert "\n" not in str(raised.value)


def test_an_id_that_cannot_be_one_is_reported(sandbox: Sandbox) -> None:
    # GIVEN an id that would lead elsewhere  WHEN it is used  THEN nothing is asked
    with pytest.raises(Misconfigured, match="the page: this cannot be an id"):
        notion_client(sandbox, Waiting()).call(lambda notion: notion.pages.retrieve("../me"), about="the page")
    assert requests_to(sandbox, "notion") == {}


@pytest.fixture
def records(sandbox: Sandbox) -> NotionHealthRecords:
    source = load_book(sandbox, []).data_source_id
    schema = records_schema(RecordNames(), accounts_source_id=source)
    made = sandbox.load(Book(title="Records", properties=schema, key="Alert ID", rows=[]))
    return NotionHealthRecords(notion_client(sandbox, Waiting()), made.database_id)


def record() -> HealthRecord:
    lines = (Line("usage fell"),)
    return HealthRecord("k1", "Acme", ROOT_PAGE, date(2024, 9, 30), 30.0, "RED", "high", "both", None, lines)


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "malformed", "status"])
def test_a_create_without_a_known_outcome_is_unclear_and_never_repeated(
    sandbox: Sandbox, records: NotionHealthRecords, kind: str
) -> None:
    # GIVEN a record whose page is created, or not, before the connection breaks
    records.find("k1")
    break_next(sandbox, "notion", kind, status=502, method="POST", match="/pages")

    # WHEN it is created  THEN it is unclear what became of it, and it was asked for once
    with pytest.raises(Unclear):
        records.create(record())
    assert requests_to(sandbox, "notion")[CREATE] == 1

    # AND a look-up finds out
    done = kind in ("drop_after", "malformed")
    assert (records.find("k1") is not None) is done


@pytest.mark.parametrize("status", [409, 429])
def test_a_create_that_was_surely_not_carried_out_is_tried_again(
    sandbox: Sandbox, records: NotionHealthRecords, status: int
) -> None:
    # GIVEN a Notion that turns the create away  WHEN it is created  THEN it is tried again, and made once
    break_next(sandbox, "notion", "status", status=status, method="POST", match="/pages")
    page_id = records.create(record())
    assert records.find("k1") == page_id
    assert requests_to(sandbox, "notion")[CREATE] == 2


def test_a_create_that_never_left_is_unavailable_not_unclear(tmp_path: Path) -> None:
    # GIVEN a Notion that cannot be reached at all
    with Sandbox(tmp_path).start() as removed:
        url = removed.url("notion")
    client = NotionClient(notion_secret(), Waiting().retry_policy, base_url=url)

    # WHEN something is created  THEN it surely was not
    with pytest.raises(Unavailable, match="ConnectError") as raised:
        client.call(lambda notion: notion.pages.create(parent={}), about="the record", repeatable=False)
    assert not isinstance(raised.value, Unclear)


def test_clients_add_no_log_handlers() -> None:
    # GIVEN the handlers of the SDK's logger  WHEN clients are made  THEN there are no more of them
    before = list(logging.getLogger("notion_client").handlers)
    for _ in range(3):
        NotionClient(notion_secret(), Waiting().retry_policy)
    assert logging.getLogger("notion_client").handlers == before


def test_pauses_grow_and_scatter() -> None:
    # GIVEN a vendor that is down
    def down() -> None:
        raise Unavailable("down")

    # WHEN two processes try that differ by chance
    def pauses(chance: float) -> list[float]:
        slept: list[float] = []
        with pytest.raises(Unavailable):
            RetryPolicy(CountingRateLimiter(), lambda: 60.0, slept.append, lambda: chance).call(down, repeatable=False)
        return slept

    # THEN each waits longer from try to try, but not as long as the other
    assert pauses(0.0) == [0.25, 0.5, 1.0]
    assert pauses(1.0) == [0.5, 1.0, 2.0]
