"""The API on the embedded stack: signed calls are answered, tasks put on their queues, unsigned calls refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from customer_success.aws.dynamodb.accounts import DynamoAccountRows
from customer_success.aws.dynamodb.alerts import DynamoAlertLog
from local.deployment import LocalDeployment
from tests.builders.accounts import TODAY
from tests.builders.pages import at_risk_page, critical_page, day, page
from tests.builders.sandbox import calls, pages
from tests.builders.signed import api
from tests.builders.warm_stack import WarmStack
from tests.e2e.conftest import Enter

TOMORROW = TODAY + timedelta(days=1)
SCANNED = "scanned"
MANY = 50
"""Calls at the same moment: more than the gateway takes, on however slow a machine."""
ALERT = f"A-0001:{TODAY}:critical"


@pytest.fixture
def scanned(warm_stack: WarmStack) -> LocalDeployment:
    """A book with a critical account, one at risk and three healthy ones, scanned once."""
    if not warm_stack.remembers(SCANNED):
        deployment = warm_stack.return_to()
        deployment.load([critical_page(1), at_risk_page(2), page(3), page(4), page(5)])
        deployment.tick(TODAY)
        assert deployment.drain() == {}
        warm_stack.remember(SCANNED)
    return warm_stack.return_to(SCANNED)


def test_reads_answer_from_the_table_and_never_ask_notion(scanned: LocalDeployment) -> None:
    deployment = scanned
    before = calls(deployment, "notion")
    # WHEN a system asks for an account, its past, and the book
    health = api(deployment, "GET", "/accounts/A-0001/health")
    history = api(deployment, "GET", f"/accounts/A-0001/history?from={TODAY}&to={TODAY}")
    first = api(deployment, "GET", "/portfolio?limit=2")
    # THEN each is answered, and explained
    assert (health.status_code, health.json()["rag"]) == (200, "RED")
    assert sum(driver["points_lost"] for driver in health.json()["drivers"]) == pytest.approx(
        100 - health.json()["exact_score"], abs=0.01
    )
    assert (history.status_code, len(history.json()["points"])) == (200, 1)
    assert first.status_code == 200
    # AND the pages of the book add up to its totals
    lines: list[dict[str, Any]] = list(first.json()["accounts"])
    answer = first.json()
    while answer["next"]:
        answer = api(deployment, "GET", f"/portfolio?limit=2&cursor={answer['next']}").json()
        lines += answer["accounts"]
    assert len(lines) == first.json()["totals"]["accounts"] == 5
    assert sum(line["arr"] for line in lines) == first.json()["totals"]["arr"]
    assert calls(deployment, "notion") == before


def test_calls_that_are_not_signed_or_not_meant_for_us_are_refused(scanned: LocalDeployment) -> None:
    deployment = scanned
    # WHEN the call is unsigned
    unsigned = api(deployment, "GET", "/portfolio", signed=False)
    # THEN it is refused
    assert unsigned.status_code == 403
    # AND an id is read as it was escaped
    odd = api(deployment, "GET", "/accounts/A%201%20%C3%BC%3A%E2%9C%93/health")
    assert (odd.status_code, "'A 1 ü:✓'" in odd.json()["detail"]) == (404, True), odd.text
    # AND another tenant, an unknown account and nonsense are distinguished
    other = api(deployment, "GET", "/accounts/A-0001/health?tenant_id=other")
    no_one = api(deployment, "GET", "/accounts/A-9999/health")
    nonsense = api(deployment, "POST", "/tasks", "{")
    unknown = api(deployment, "POST", "/tasks", {"type": "dance"})
    assert [answer.status_code for answer in (other, no_one, nonsense, unknown)] == [403, 404, 400, 400]
    for answer in (other, no_one, nonsense, unknown):
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        assert answer.json()["request_id"]
    assert "A-9999" in no_one.json()["detail"]
    assert unknown.json()["detail"].startswith("Unknown task type: 'dance'. Supported: ")


def test_a_task_is_queued_done_and_answered_again_under_its_key(scanned: LocalDeployment) -> None:
    deployment = scanned
    # WHEN a review is asked for
    task = {"task_type": "generate_qbr", "account_id": "A-0003", "tenant_id": "demo", "context": {}, "priority": "high"}
    asked = api(deployment, "POST", "/tasks", task, Idempotency_Key="review-of-A-0003")
    assert (asked.status_code, asked.json()["state"]) == (202, "queued")
    assert deployment.drain() == {}
    # THEN it is written, and the task says so
    shown = api(deployment, "GET", asked.headers["Location"]).json()
    assert shown["state"] in ("done", "partial")
    assert shown["result"]["status"] in ("written", "partial")
    # WHEN it is asked for again under the same key
    again = api(deployment, "POST", "/tasks", task, Idempotency_Key="review-of-A-0003")
    assert deployment.drain() == {}
    # THEN it is the same task, and there is still one review
    assert (again.status_code, again.headers["Location"]) == (202, asked.headers["Location"])
    assert len(pages(deployment, "QBR")) == 1
    # AND a health scan with other signals is answered at once, and changes nothing
    what_if = {"type": "health_scan", "account_id": "A-0003", "signals": {"usage_trend": "inactive"}}
    assert api(deployment, "POST", "/tasks", what_if).status_code == 200
    assert api(deployment, "GET", "/accounts/A-0003/health").json()["rag"] == "GREEN"


def test_a_health_scan_without_an_account_scans_the_book(deployment: LocalDeployment) -> None:
    # GIVEN a book that was never scanned, with an account that is critical today
    soon, later = (day(datetime.now(UTC).date() + timedelta(days=days)) for days in (30, 200))
    healthy = [page(number, Contract_End_Date=later) for number in (2, 3)]
    deployment.load([critical_page(1, Contract_End_Date=soon), *healthy])
    # WHEN a system asks for a health scan and names no account
    asked = api(deployment, "POST", "/tasks", {"type": "health_scan"}, Idempotency_Key="first-scan")
    assert (asked.status_code, asked.json()["state"]) == (202, "queued"), asked.text
    assert asked.json()["account_id"] is None
    # THEN the whole book is scanned, and the task has what the scan counted
    assert deployment.drain() == {}
    shown = api(deployment, "GET", asked.headers["Location"]).json()
    assert (shown["state"], shown["error"]) == ("done", None)
    result = shown["result"]
    assert (result["task_type"], result["status"], result["attempt"]) == ("health_scan", "finished", 1)
    assert (result["read"], result["scored"], result["rejected"]) == (3, 3, {})
    assert api(deployment, "GET", "/accounts/A-0001/health").json()["rag"] == "RED"
    assert len(pages(deployment, "Health-Records")) == 1
    # WHEN another request asks for it on the same day THEN it gets that scan's result, and no alert goes out again
    again = api(deployment, "POST", "/tasks", {"type": "health_scan"})
    assert deployment.drain() == {}
    assert api(deployment, "GET", again.headers["Location"]).json()["result"] == result
    # WHEN a new scan is asked for THEN there is one
    anew = api(deployment, "POST", "/tasks", {"type": "health_scan", "refresh": True})
    assert deployment.drain() == {}
    assert api(deployment, "GET", anew.headers["Location"]).json()["result"]["attempt"] == 2
    assert len(pages(deployment, "Health-Records")) == 1


def test_an_acknowledgement_reaches_notion_and_the_next_scan_obeys(scanned: LocalDeployment) -> None:
    deployment = scanned
    # WHEN a person takes care of an alert and asks for quiet
    until = datetime.now(UTC).date() + timedelta(days=30)
    wish = {"by": "ada@example.com", "note": "they are moving offices", "quiet_until": f"{until}"}
    answer = api(deployment, "POST", f"/alerts/{ALERT}/acknowledge", wish)
    # THEN the answer says so, and the account's page has it
    assert answer.status_code == 200, answer.text
    assert deployment.drain() == {}
    account = next(text for name, text in pages(deployment, "Accounts").items() if name.startswith("Account-1-"))
    assert f"**CSM Quiet Until**: {until}" in account
    entry = DynamoAlertLog(deployment.table).get(ALERT)
    assert entry is not None
    assert entry.acknowledged is not None
    assert entry.acknowledged.by == "ada@example.com"
    # AND the next day no alert is sent again
    deployment.tick(TOMORROW)
    assert deployment.drain() == {}
    assert [e.alert_id for e in DynamoAlertLog(deployment.table).on(TOMORROW)] == []


def test_what_the_gateway_answers_by_itself_is_read_by_a_machine_too(enter: Enter) -> None:
    # GIVEN an API that takes two calls a second
    deployment = enter({"ApiRequestsPerSecond": "2"})
    # WHEN a call is not signed, goes nowhere, is too large, or is one too many
    unsigned = api(deployment, "GET", "/portfolio", signed=False)
    nowhere = api(deployment, "GET", "/nowhere")
    large = api(deployment, "POST", "/tasks", f'{{"type": "{"x" * 10 * 1024 * 1024}"}}')
    with ThreadPoolExecutor(MANY) as people:
        crowd = list(people.map(lambda _: api(deployment, "GET", "/shadow"), range(MANY)))
    throttled = next(answer for answer in crowd if answer.status_code == 429)
    # THEN each answer is a problem that says the number of its status
    _assert_reported(unsigned, 403, "missing-authentication-token")
    _assert_reported(nowhere, 403, "missing-authentication-token")
    assert "no such path" in nowhere.json()["detail"]
    _assert_reported(large, 413, "request-too-large")
    _assert_reported(throttled, 429, "throttled")
    assert throttled.headers["Retry-After"] == "1"


def test_a_signature_that_does_not_fit_is_reported_as_a_problem(deployment: LocalDeployment) -> None:
    # WHEN a call is signed with another user's key, or with something that is no signature
    credentials = deployment.aws.session.get_credentials()
    assert credentials is not None
    answers = [
        api(deployment, "GET", "/portfolio", signed=False, Authorization='Bearer "quoted" \\ token'),
        api(deployment, "GET", "/portfolio", signed=False, Authorization="AWS4-HMAC-SHA256 Credential=nobody"),
    ]
    # THEN the answer is JSON for every request
    for answer in answers:
        assert answer.status_code == 403
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["type"].startswith("urn:problem:gateway:")


def test_an_answer_that_takes_too_long_is_reported_as_a_problem(enter_anew: Enter) -> None:
    # GIVEN a gateway that waits for the function as short as it can
    deployment = enter_anew({})
    gateway = deployment.aws.session.client("apigateway", endpoint_url=deployment.aws.endpoint)
    api_id = deployment.stack.outputs["ApiId"]
    (portfolio,) = [each for each in gateway.get_resources(restApiId=api_id)["items"] if each["path"] == "/portfolio"]
    gateway.update_integration(
        restApiId=api_id,
        resourceId=portfolio["id"],
        httpMethod="GET",
        patchOperations=[{"op": "replace", "path": "/timeoutInMillis", "value": "50"}],
    )
    # WHEN the function has to start first
    late = api(deployment, "GET", "/portfolio")
    # THEN the answer is a problem too
    _assert_reported(late, 504, "integration-timeout")


def _assert_reported(answer: Any, status: int, kind: str) -> None:
    problem = answer.json()
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.status_code, problem["status"]) == (status, status)
    assert problem["type"] == f"urn:problem:gateway:{kind}"
    assert problem["title"]
    assert problem["detail"]
    assert "$" not in problem["request_id"]


def test_what_a_feed_observes_is_taken_line_by_line(scanned: LocalDeployment) -> None:
    deployment = scanned
    # WHEN a feed delivers a ticket of an account, one of an unknown account, and a wrong one
    lines = [
        {"account": "A-0003", "id": "1", "opened": str(TODAY - timedelta(days=1))},
        {"account": "org-404", "id": "2", "opened": str(TODAY - timedelta(days=1))},
        {"account": "A-0003", "id": "3", "opened": "yesterday"},
    ]
    asked = {"kind": "tickets", "source": "zendesk", "lines": lines}
    first = api(deployment, "POST", "/observations", asked, Idempotency_Key="tickets-of-the-day")
    # THEN each line is answered, also whether the book knows its account, and a repeat under the key answers the same
    assert first.status_code == 200, first.text
    assert [line["status"] for line in first.json()["lines"]] == ["accepted", "accepted", "refused"]
    assert [line.get("joined") for line in first.json()["lines"]] == [True, False, None]
    again = api(deployment, "POST", "/observations", asked, Idempotency_Key="tickets-of-the-day")
    assert (again.status_code, again.json()) == (200, first.json())
    # AND outcomes go by their own path
    outcome = {"account": "A-0003", "outcome": "renewed", "at": str(TODAY)}
    assert (
        api(deployment, "POST", "/observations", {**asked, "kind": "outcomes", "lines": [outcome]}).status_code == 422
    )
    taken = api(deployment, "POST", "/observations/outcomes", {"source": "crm", "lines": [outcome]})
    assert taken.json()["accepted"] == 1, taken.text
    # WHEN the next scan comes  THEN it scores by them
    deployment.tick(TOMORROW)
    assert deployment.drain() == {}
    rows = {row.account_id: row.account for row in DynamoAccountRows(deployment.table).every()}
    assert rows["A-0003"].observed["open_ticket_count"].source == "zendesk"
