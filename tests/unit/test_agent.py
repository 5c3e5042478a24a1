"""The agent: routes what it knows, refuses what it does not, and raises nothing else."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from customer_success.adoption.track_feature_adoption import track_feature_adoption_task
from customer_success.agent import SUPPORTED, CustomerSuccessAgent
from customer_success.errors import Misconfigured, NotTaken, Unavailable
from customer_success.expansion.check_expansion import check_expansion_task
from customer_success.results import Failed
from customer_success.reviews.generate_qbr import generate_qbr_task
from customer_success.scan.health_scan import health_scan_task
from customer_success.scan.one_account import HealthScan
from customer_success.scan.scan import book_scan_task
from customer_success.scoring.scorer import CSMHealthScorer
from tests.builders.accounts import HEALTHY, TODAY, account
from tests.builders.fakes import FakeRows, Writes
from tests.builders.handoffs import Handoffs
from tests.builders.reviews import Reviews
from tests.builders.scans import World
from tests.builders.scores import row
from tests.builders.texts.scoring import NPS_11, above_bound

CONTEXT = {"now": datetime(TODAY.year, TODAY.month, TODAY.day, 9, tzinfo=UTC)}
SPRING = {"now": datetime(2026, 4, 1, 9, tzinfo=UTC)}
SCAN = {"type": "health_scan", "account_id": "A-0001"}
QBR = {"type": "generate_qbr", "account_id": "A-0001"}
EXPANSION = {"type": "check_expansion", "account_id": "A-0001"}
ADOPTION = {"type": "track_feature_adoption", "account_id": "A-0001"}


def agent(accounts: Any = None) -> CustomerSuccessAgent:
    """The agent with the scan of one account alone."""
    known = accounts or FakeRows(Writes(), {"A-0001": row(account(1))})
    return CustomerSuccessAgent({"health_scan": health_scan_task(HealthScan(known, CSMHealthScorer()))})


def reviewing(reviews: Reviews) -> CustomerSuccessAgent:
    """The agent with what a quarter brings."""
    return CustomerSuccessAgent(
        {
            "generate_qbr": generate_qbr_task(reviews.generate_qbr()),
            "track_feature_adoption": track_feature_adoption_task(reviews.track_feature_adoption()),
        }
    )


def offering(handoffs: Handoffs, *without: str) -> CustomerSuccessAgent:
    """The agent with the check for expansion."""
    return CustomerSuccessAgent({"check_expansion": check_expansion_task(handoffs.check_expansion(without))})


def answer(agent: CustomerSuccessAgent, task: dict[str, Any], context: dict[str, Any] = CONTEXT) -> dict[str, Any]:
    """What the agent answers, as it is stored."""
    return agent.execute(task, context).to_fields()


def test_an_unknown_task_type_is_a_value_error_that_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"^Unknown task type: 'dance'\. Supported: health_scan, generate_qbr, "):
        agent().execute({"type": "dance"}, CONTEXT)


@pytest.mark.parametrize("kind", [None, [], {}, 7, ""])
def test_a_task_type_that_is_no_word_is_an_unknown_one(kind: object) -> None:
    with pytest.raises(ValueError, match=r"^Unknown task type: "):
        agent().execute({"type": kind}, CONTEXT)


@pytest.mark.parametrize("kind", SUPPORTED)
def test_a_task_goes_to_what_does_it_and_to_nothing_else(kind: str) -> None:
    # GIVEN an agent of ready tasks, each of which says its own name
    done: list[str] = []

    def ready(name: str) -> Any:
        return lambda task, context: done.append(name) or Failed(name, Unavailable(f"{task} {context}"))

    agent = CustomerSuccessAgent({name: ready(name) for name in SUPPORTED})
    # WHEN one is asked for
    result = agent.execute({"type": kind}, {"now": "then"})
    # THEN that one was done, with the task and the context as they came
    assert done == [kind]
    assert isinstance(result, Failed)
    assert str(result.cause) == f"{{'type': '{kind}'}} {{'now': 'then'}}"


# A health scan


def test_a_health_scan_of_one_account_answers_from_its_row() -> None:
    result = answer(agent(), SCAN)
    assert (result["health"]["rag"], result["churn"]["churn_risk"]) == ("GREEN", "low")


def test_signals_of_a_task_are_laid_over_the_accounts_own() -> None:
    # GIVEN a healthy account
    plain = answer(agent(), SCAN)["health"]["signal_breakdown"]
    # WHEN one signal is given with the task
    other = answer(agent(), {**SCAN, "signals": {"usage_trend": "inactive"}})["health"]["signal_breakdown"]
    # THEN that one differs, and nothing else
    assert {key for key in plain if plain[key] != other[key]} == {"usage_trend"}


def test_a_wrong_signal_fails_open_with_field_value_and_bound() -> None:
    assert answer(agent(), {**SCAN, "signals": {"nps_score": 11}}) == {
        "task_type": "health_scan",
        "error": f"account 'A-0001': {NPS_11}",
        "confidence": "low",
        "partial": True,
        "retryable": False,
    }


def test_an_unknown_account_fails_open() -> None:
    assert "account 'A-9999' is not known" in answer(agent(), {**SCAN, "account_id": "A-9999"})["error"]


@pytest.mark.parametrize("given", [None, "", 7])
def test_an_account_id_that_is_none_fails_open(given: object) -> None:
    assert "account_id" in answer(agent(), {**SCAN, "account_id": given})["error"]


def scanning(world: World) -> CustomerSuccessAgent:
    """The agent with the scan of the whole book."""
    account = HealthScan(world.rows, CSMHealthScorer())
    return CustomerSuccessAgent({"health_scan": health_scan_task(account, book_scan_task(world.scan_run()))})


def test_without_an_account_a_health_scan_is_that_of_the_whole_book() -> None:
    # GIVEN a book that was never scanned
    world = World([account(1), account(2)], today=TODAY)
    # WHEN a health scan without an account is asked for
    result = answer(scanning(world), {"type": "health_scan"})
    # THEN the whole book is scanned, and the accounts are known
    assert (result["run_date"], result["read"], result["status"]) == (TODAY.isoformat(), 2, "finished")
    assert set(world.rows.rows) == {"A-0001", "A-0002"}
    # WHEN it is asked for again THEN the day is not scanned again, but where it is forced
    assert answer(scanning(world), {"type": "health_scan"})["attempt"] == 1
    assert (
        answer(scanning(world), {"type": "health_scan", "force": True}, {**CONTEXT, "request_id": "b"})["attempt"] == 2
    )


def test_a_book_scan_that_failed_answers_with_what_it_counted() -> None:
    # GIVEN a book whose second page cannot be read before a person acts
    world = World([account(number) for number in range(1, 8)], page_size=4, today=TODAY)
    world.book.error, world.book.fails_at, world.book.failures = Misconfigured("share the database"), 4, 1
    # WHEN it is scanned
    result = answer(scanning(world), {"type": "health_scan"})
    # THEN the answer has the cause, and what was read until then
    assert (result["status"], result["read"], result["error"]) == ("failed", 4, "share the database")
    assert (result["partial"], result["confidence"], result["retryable"]) == (True, "low", False)


def test_where_no_book_is_at_hand_a_health_scan_without_an_account_says_so() -> None:
    result = agent().execute({"type": "health_scan"}, CONTEXT)
    assert isinstance(result, Failed)
    assert isinstance(result.cause, Misconfigured)
    assert "the whole book was skipped" in result.error


def test_signals_of_no_account_are_refused() -> None:
    result = answer(scanning(World([account(1)], today=TODAY)), {"type": "health_scan", "signals": {"nps_score": 3}})
    assert "account_id names none" in result["error"]


# What breaks


class Down:
    def __init__(self, fault: Exception) -> None:
        self.fault = fault

    def get(self, _account_id: str) -> Any:
        raise self.fault


@pytest.mark.parametrize(("fault", "retryable"), [(Unavailable("throttled"), True), (KeyError("bug"), False)])
def test_what_breaks_behind_it_fails_open_and_says_whether_to_try_again(
    fault: Exception, retryable: bool, caplog: pytest.LogCaptureFixture
) -> None:
    result = agent(Down(fault)).execute(SCAN, CONTEXT)
    assert isinstance(result, Failed)
    assert (result.cause, result.retryable) == (fault, retryable)
    assert f"task health_scan failed open: {result.error}" in caplog.text


@pytest.mark.parametrize("kind", ["generate_qbr", "check_expansion", "track_feature_adoption"])
def test_a_task_that_is_not_configured_is_skipped_and_says_so(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    result = answer(agent(), {"type": kind, "account_id": "A-0001"})
    assert (result["task_type"], result["error"]) == (kind, f"{kind} was skipped: it is not configured here")
    assert f"{kind} was skipped" in caplog.text


@pytest.mark.parametrize("signals", [5, "healthy", [1]])
def test_signals_that_are_no_object_are_named(signals: object) -> None:
    error = answer(agent(), {**SCAN, "signals": signals})["error"]
    assert error == f"account 'A-0001': signals: {signals!r} is not an object of signals by their names"


@pytest.mark.parametrize(
    ("context", "problem"),
    [
        ({}, "is not a moment with a time zone"),
        ({"now": "today"}, "is not a moment with a time zone"),
        ({"now": datetime(2026, 3, 2)}, "is not a moment with a time zone"),  # noqa: DTZ001
        ({**CONTEXT, "run_date": "2026-03-02"}, "run_date: '2026-03-02' in the context is not a day"),
        ({**CONTEXT, "last_try": "no"}, "last_try: 'no' in the context is neither true nor false"),
    ],
)
def test_a_context_that_says_no_moment_is_named(context: dict[str, object], problem: str) -> None:
    assert problem in answer(agent(), SCAN, context)["error"]


# Reviews and feature adoption


def test_a_review_is_written_for_one_account_on_request() -> None:
    # GIVEN an account with history
    reviews = Reviews()
    reviews.account(1)
    # WHEN its review is asked for
    result = answer(reviewing(reviews), QBR, SPRING)
    # THEN it is there, with its page and its draft, and says what called for it
    assert (result["trigger"], result["status"], result["qbr_page_id"]) == ("requested", "written", "page-1")
    assert list(reviews.drafts.drafts) == [result["draft_id"]]
    assert result["qbr"]["trigger"] == "requested"


@pytest.mark.parametrize(
    ("fault", "retryable"),
    [(Unavailable("Notion is down"), True), (NotTaken("too long"), False), (Misconfigured("share it"), False)],
)
def test_a_review_whose_page_fails_keeps_its_text(fault: Exception, retryable: bool) -> None:
    # GIVEN pages that cannot be written
    reviews = Reviews()
    reviews.account(1)
    reviews.pages.errors = [fault]
    # WHEN a review is asked for
    result = reviewing(reviews).execute(QBR, SPRING)
    # THEN the failure has its cause, and the text that was written
    assert isinstance(result, Failed)
    assert result.cause is fault
    fields = result.to_fields()
    assert (fields["error"], fields["partial"], fields["confidence"]) == (str(fault), True, "low")
    assert fields["retryable"] is retryable
    assert (fields["status"], fields["written_by"]) == ("failed", "some-model")
    assert fields["qbr"]["account_health_summary"]


def test_a_review_whose_draft_has_to_wait_keeps_its_page() -> None:
    # GIVEN a mailbox that is down, and a queue that may deliver the request again
    reviews = Reviews()
    reviews.account(1)
    reviews.drafts.errors = [Unavailable("Gmail is down")]
    # WHEN a review is asked for
    result = answer(reviewing(reviews), QBR, {**SPRING, "request_id": "a", "last_try": False})
    # THEN it may be tried again, and says where its page is
    assert (result["retryable"], result["qbr_page_id"]) == (True, "page-1")
    # WHEN it is tried again, for the last time, and the mailbox is still down THEN the review is done without
    reviews.drafts.errors = [Unavailable("Gmail is down")]
    result = answer(reviewing(reviews), QBR, {**SPRING, "request_id": "a", "last_try": True})
    assert (result["status"], result["error"]) == ("partial", "no invitation was drafted: Gmail is down")


def test_a_review_that_fails_before_its_text_has_nothing_to_keep() -> None:
    result = reviewing(Reviews()).execute(QBR, SPRING)
    assert isinstance(result, Failed)
    assert result.finished is None
    assert set(result.to_fields()) == {"task_type", "error", "confidence", "partial", "retryable"}


def test_feature_adoption_is_computed_and_stored() -> None:
    # GIVEN an account of which the adoption rate is known, and nothing feature by feature
    reviews = Reviews()
    reviews.account(1)
    # WHEN its adoption is asked for
    report = answer(reviewing(reviews), ADOPTION, SPRING)["report"]
    # THEN the report has the rate, says what it leaves out and when it was made, and is stored
    assert report["adoption_rate"] == 0.9
    assert report["benchmark_comparison"]["withheld_because"]
    assert report["generated_at"] == "2026-04-01T09:00:00Z"
    assert reviews.reports.reports["A-0001"].as_of == date(2026, 4, 1)


def test_a_report_whose_section_fails_is_in_the_failure() -> None:
    # GIVEN a page that does not take a section
    reviews = Reviews()
    reviews.account(1)
    reviews.sections.errors = [NotTaken("too many blocks")]
    # WHEN adoption is asked for
    result = reviewing(reviews).execute(ADOPTION, SPRING)
    # THEN the failure has the report
    assert isinstance(result, Failed)
    assert isinstance(result.cause, NotTaken)
    assert result.to_fields()["report"]["adoption_rate"] == 0.9
    assert result.to_fields()["section"] is None


def test_a_rate_that_is_none_is_refused_with_its_bound() -> None:
    reviews = Reviews()
    reviews.account(1, signals={"feature_adoption_rate": 1.35})
    result = answer(reviewing(reviews), ADOPTION, SPRING)
    assert result["error"] == f"account 'A-0001': {above_bound('feature_adoption_rate', 1.35, 1.0)}"
    assert not reviews.reports.reports


def test_a_mail_on_adoption_is_drafted_only_on_request() -> None:
    reviews = Reviews()
    reviews.account(1)
    assert answer(reviewing(reviews), ADOPTION, SPRING)["draft_id"] is None
    assert not reviews.drafts.drafts
    assert answer(reviewing(reviews), {**ADOPTION, "draft": True}, SPRING)["draft_id"] == "draft-1"


# Expansion


def test_an_offer_is_found_recorded_and_dispatched_on_request() -> None:
    # GIVEN an account that needs seats, a seller, and a handoff
    handoffs = Handoffs()
    handoffs.account(1)
    # WHEN it is asked what it could buy more
    result = answer(offering(handoffs), EXPANSION)
    # THEN the offer is recorded and on its way, and says when it was found
    assert (result["outcome"], result["dispatched"]) == ("offered", ["A-0001:seats:Q1 2026"])
    assert result["opportunities"][0]["made_at"] == CONTEXT["now"].isoformat().replace("+00:00", "Z")
    assert len(handoffs.records.records) == len(handoffs.sent) == 1
    # WHEN it is asked again, at the same moment and later
    repeated = answer(offering(handoffs), EXPANSION)
    later = answer(offering(handoffs), EXPANSION, {"now": CONTEXT["now"] + timedelta(hours=1)})
    # THEN the answer is the same, and nothing more goes out
    assert repeated == {**later, "written_by": repeated["written_by"]}
    assert len(handoffs.records.records) == len(handoffs.sent) == 1


def test_without_a_handoff_an_offer_is_recorded_and_the_result_says_why_it_goes_nowhere() -> None:
    handoffs = Handoffs()
    handoffs.account(1)
    result = answer(offering(handoffs, "handoff"), EXPANSION)
    assert (result["outcome"], result["dispatched"]) == ("recorded", [])
    assert "queue" in result["not_dispatched"][0]["reason"]
    assert len(handoffs.records.records) == 1


def test_without_anybody_in_sales_an_offer_is_recorded_and_the_result_says_so() -> None:
    handoffs = Handoffs()
    handoffs.account(1, sales_email=None)
    result = answer(offering(handoffs, "sales_owner"), EXPANSION)
    assert (result["outcome"], handoffs.sent) == ("recorded", [])
    assert "sales owner" in result["not_dispatched"][0]["reason"]


@pytest.mark.parametrize("fault", [Unavailable("the queue is down"), Misconfigured("no such queue")])
def test_offers_that_could_not_be_handed_over_are_in_the_failure(fault: Exception) -> None:
    # GIVEN an account that needs seats, and a queue to Sales that takes nothing
    handoffs = Handoffs()
    handoffs.account(1)
    handoffs.weather.faults["queue"] = [fault]
    # WHEN it is checked
    result = offering(handoffs).execute(EXPANSION, CONTEXT)
    # THEN the failure has its cause, and the offer that was found
    assert isinstance(result, Failed)
    assert result.cause is fault
    fields = result.to_fields()
    assert (fields["outcome"], fields["dispatched"], fields["error"]) == ("failed", [], str(fault))
    assert [found["opportunity_type"] for found in fields["opportunities"]] == ["seats"]
    assert fields["not_dispatched"] == [{"handoff_id": "A-0001:seats:Q1 2026", "reason": str(fault)}]


def test_what_if_signals_offer_nothing_for_real() -> None:
    # GIVEN an account that uses few of its seats
    handoffs = Handoffs()
    handoffs.account(1, signals={"seats_utilization_rate": 0.5})
    # WHEN it is asked what would be if it used nearly all
    result = answer(offering(handoffs), {**EXPANSION, "signals": {**HEALTHY, "seats_utilization_rate": 0.98}})
    # THEN the answer shows the offer, and nothing is stored or sent
    assert [found["opportunity_type"] for found in result["opportunities"]] == ["seats"]
    assert (handoffs.offers.of_account("A-0001"), handoffs.sent) == ([], [])
