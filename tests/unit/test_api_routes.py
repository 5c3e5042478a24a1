"""Requests as API Gateway hands them on, and their answers, for good requests and bad ones."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from customer_success.api.requests import DEEPEST_BODY, LARGEST_BODY
from customer_success.errors import Refused, Unavailable
from customer_success.messages import QbrRequested, ScanRequested
from tests.builders.accounts import TODAY
from tests.builders.api import CONTEXT, ODD, REQUEST_ID, Answered, Desk, proxy_event
from tests.builders.tasks import queued

EVENTS = Path(__file__).parents[2] / "events"
ALERT = f"A-0001:{TODAY}:critical"
ODD_IN_A_PATH = "A%2F0004%3A%20Gr%C3%B6%C3%9Fe%20%26%20S%C3%B6hne%3F"
PATHS = {
    "/tasks": "POST",
    "/tasks/task-1": "GET",
    "/accounts/A-0001/health": "GET",
    "/accounts/A-0001/history": "GET",
    "/portfolio": "GET",
    "/shadow": "GET",
    f"/alerts/{ALERT}/acknowledge": "POST",
    "/observations": "POST",
    "/observations/outcomes": "POST",
}
SCAN = {"type": "health_scan", "account_id": "A-0001"}
REVIEW = {"type": "generate_qbr", "account_id": "A-0001"}
BODIES: dict[str, Any] = {
    "/tasks": SCAN,
    f"/alerts/{ALERT}/acknowledge": {"by": "ada@example.com"},
    "/observations": {"kind": "usage", "source": "product", "lines": []},
    "/observations/outcomes": {"source": "crm", "lines": []},
}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def refused(answer: Answered, status: int, *words: str, field: str | None = None) -> dict[str, Any]:
    """The problem document, which has one form."""
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json"), answer
    problem: dict[str, Any] = answer.json
    assert problem["status"] == status
    assert problem["type"].startswith("urn:problem:") and problem["title"]
    assert problem["request_id"] == REQUEST_ID
    assert problem["field"] == field, problem
    for word in words:
        assert word in problem["detail"], problem
    return problem


# --- what is asked ---


@pytest.mark.parametrize("path", sorted(EVENTS.glob("api_*.json")), ids=lambda path: path.stem)
def test_the_samples_of_events_are_answered(desk: Desk, path: Path) -> None:
    # GIVEN a task that was asked for
    event = json.loads(path.read_text("utf-8"))
    accepted = desk.ask("POST", "/tasks", REVIEW).json
    event["path"] = event["path"].replace("6f1f9f7e-6f0c-4c52-9a58-0d7b8f2f7a10", accepted["task_id"])
    # WHEN API Gateway hands a request on THEN it is answered
    answer = desk.answer(event)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json"), answer


def test_a_health_scan_is_answered_at_once(desk: Desk) -> None:
    answer = desk.ask("POST", "/tasks", SCAN)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert (answer.json["account_id"], answer.json["health"]["rag"]) == ("A-0001", "RED")


def test_a_slow_task_is_accepted_and_says_where_to_ask(desk: Desk) -> None:
    # WHEN a review is asked for
    answer = desk.ask("POST", "/tasks", REVIEW)
    # THEN the answer says where to ask how far it is
    assert (answer.status, answer.json["state"]) == (202, "queued")
    assert answer.headers["Location"] == answer.json["href"] == f"/tasks/{answer.json['task_id']}"
    # AND there it is
    shown = desk.ask("GET", answer.headers["Location"])
    assert (shown.status, shown.json["state"], shown.json["task_type"]) == (200, "queued", "generate_qbr")
    assert [type(message) for message in desk.queue.sent] == [QbrRequested]


def test_both_forms_of_a_task_are_taken(desk: Desk) -> None:
    asked = {"task_type": "health_scan", "account_id": "A-0001", "tenant_id": "acme", "context": {"refresh": True}}
    assert desk.ask("POST", "/tasks", asked).status == 202
    assert [type(message) for message in desk.queue.sent] == [ScanRequested]


def test_a_repeat_under_a_key_is_answered_the_same(desk: Desk) -> None:
    # GIVEN a task under a key WHEN it is asked for again, the header in other letters
    first = desk.ask("POST", "/tasks", REVIEW, Idempotency_Key="monday")
    again = desk.ask("POST", "/tasks", REVIEW, idempotency_key="monday")
    # THEN it is the same task, and without a key another one
    assert (again.status, again.json["task_id"]) == (202, first.json["task_id"])
    assert desk.ask("POST", "/tasks", REVIEW).json["task_id"] != first.json["task_id"]
    # AND another task under the key contradicts it
    refused(desk.ask("POST", "/tasks", SCAN, Idempotency_Key="monday"), 409, "monday", field="Idempotency-Key")


@pytest.mark.parametrize("key", ["", "ä", "a b", "x" * 256])
def test_a_key_has_its_bounds(desk: Desk, key: str) -> None:
    refused(desk.ask("POST", "/tasks", SCAN, Idempotency_Key=key), 422, field="idempotency-key")


def test_the_day_of_the_comparison_is_handed_on(desk: Desk) -> None:
    yesterday = TODAY - timedelta(days=1)
    against = desk.ask("GET", "/accounts/A-0001/health", query=f"since={yesterday}").json["change"]["against"]
    assert against["on"] == yesterday.isoformat()
    same_day = desk.ask("GET", "/accounts/A-0001/health", query=f"since={TODAY}").json["change"]["against"]
    assert same_day["on"] == TODAY.isoformat()


def test_a_history_is_paged_from_day_to_day(desk: Desk) -> None:
    yesterday = TODAY - timedelta(days=1)
    whole = desk.ask("GET", "/accounts/A-0001/history", query=f"from={yesterday}&to={TODAY}").json
    assert [point["on"] for point in whole["points"]] == [yesterday.isoformat(), TODAY.isoformat()]
    assert [p["on"] for p in desk.ask("GET", "/accounts/A-0001/history", query=f"from={TODAY}").json["points"]] == [
        TODAY.isoformat()
    ]
    assert desk.ask("GET", "/accounts/A-0001/history", query=f"to={yesterday}").json["last"] == yesterday.isoformat()
    # WHEN it is read one by one
    first = desk.ask("GET", "/accounts/A-0001/history", query="limit=1").json
    second = desk.ask("GET", "/accounts/A-0001/history", query=f"limit=1&cursor={first['next']}").json
    # THEN it is the same
    assert first["points"] + second["points"] == whole["points"]
    assert second["next"] is None


def test_the_portfolio_is_filtered_and_paged(desk: Desk) -> None:
    def ids(query: str) -> list[str]:
        answer = desk.ask("GET", "/portfolio", query=query)
        assert answer.status == 200, answer
        return [account["account_id"] for account in answer.json["accounts"]]

    everything = ids("")
    assert len(everything) == 5
    assert ids("colour=RED") == ["A-0003", "A-0001"]
    assert ids("risk=high") == ["A-0002"]
    assert ids("renewal_within_days=30") == ["A-0003", "A-0001"]
    assert ids("owner=ADA%40example.com&colour=GREEN") == [ODD]
    assert ids("owner=nobody%40example.com") == []
    # WHEN it is read page by page THEN no account is left out
    first = desk.ask("GET", "/portfolio", query="limit=3").json
    assert [a["account_id"] for a in first["accounts"]] + ids(f"limit=3&cursor={first['next']}") == everything


def test_an_alert_is_acknowledged(desk: Desk) -> None:
    asked = {"by": "ada@example.com", "verdict": "false alarm", "quiet_until": str(TODAY + timedelta(days=9))}
    answer = desk.ask("POST", f"/alerts/{ALERT.replace(':', '%3A')}/acknowledge", asked)
    assert (answer.status, answer.json["alert_id"]) == (200, ALERT)
    noted = desk.world.alerts.entries[ALERT].acknowledged
    assert noted is not None and (noted.by, noted.at) == ("ada@example.com", desk.now())


# --- ids in paths ---


def test_an_id_is_read_once_from_what_the_path_escapes(desk: Desk) -> None:
    # GIVEN an account whose id holds a slash, a colon, a space, an umlaut and a question mark
    answer = desk.ask("GET", f"/accounts/{ODD_IN_A_PATH}/health")
    assert (answer.status, answer.json["account_id"]) == (200, ODD)
    # WHEN it is escaped twice THEN it is another id
    twice = desk.ask("GET", f"/accounts/{ODD_IN_A_PATH.replace('%', '%25')}/health")
    refused(twice, 404, ODD_IN_A_PATH)


@pytest.mark.parametrize(
    ("escaped", "shown"),
    [
        ("..%2F..%2Fetc%2Fpasswd", "../../etc/passwd"),
        ("'%20OR%201%3D1%20--", "' OR 1=1 --"),
        ("A-0001%2Fhealth", "A-0001/health"),
        ("%E6%9D%B1%E4%BA%AC", "東京"),
        ("100%25", "100%"),
        ("a+b", "a+b"),
    ],
)
def test_an_unknown_id_is_quoted_as_it_was_meant(desk: Desk, escaped: str, shown: str) -> None:
    refused(desk.ask("GET", f"/accounts/{escaped}/health"), 404, shown)
    refused(desk.ask("GET", f"/accounts/{escaped}/history"), 404, shown)
    refused(desk.ask("GET", f"/tasks/{escaped}"), 404, shown)
    refused(desk.ask("POST", f"/alerts/{escaped}/acknowledge", {"by": "ada"}), 404, shown)


@pytest.mark.parametrize(
    ("escaped", "status", "reason"),
    [
        ("%ff", 422, "must be UTF-8"),
        ("%ED%A0%80", 422, "must be UTF-8"),
        ("%00", 422, "'\\x00' is refused"),
        ("a%0Ab", 422, "is refused"),
        ("a%7Fb", 422, "is refused"),
        ("x" * 501, 422, "at most 500 characters"),
        ("%C3%BC" * 251, 404, "502 bytes; one has up to 500"),
    ],
)
def test_an_impossible_id_is_refused(desk: Desk, escaped: str, status: int, reason: str) -> None:
    field = "account_id" if status == 422 else None
    refused(desk.ask("GET", f"/accounts/{escaped}/health"), status, reason, field=field)


def test_the_longest_id_is_taken(desk: Desk) -> None:
    refused(desk.ask("GET", f"/accounts/{'%C3%BC' * 250}/health"), 404, "is not known")


# --- paths, methods, parameters ---


@pytest.mark.parametrize("path", ['/accounts/✓ "ü"/health', "/accounts/%E2%9C%93%20%22%C3%BC%22/health"])
def test_an_id_is_read_alike_whether_the_gateway_decoded_it_or_not(desk: Desk, path: str) -> None:
    refused(desk.ask("GET", path), 404, "✓", "ü", "is not known")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        "/nothing",
        "/accounts//health",
        "/accounts/A-0001",
        "/accounts/A-0001/health/more",
        "/accounts/a/b/health",
        "/tasks/a/../b",
        "/portfolio%2F",
    ],
)
def test_a_path_at_which_nothing_is_answers_404(desk: Desk, path: str) -> None:
    refused(desk.ask("GET", path), 404, "there is nothing at")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY"])
def test_a_method_that_a_path_is_not_for_answers_405(desk: Desk, path: str, method: str) -> None:
    if method != PATHS[path]:
        answer = desk.ask(method, path)
        refused(answer, 405, method, PATHS[path])
        assert answer.headers["Allow"] == PATHS[path]


def test_where_an_id_is_empty_no_method_is_any_better(desk: Desk) -> None:
    refused(desk.ask("PUT", "/accounts//health"), 404, "there is nothing at")


def test_a_slash_at_the_end_makes_no_other_path(desk: Desk) -> None:
    assert desk.ask("GET", "/portfolio/").status == 200


@pytest.mark.parametrize("path", PATHS)
def test_a_parameter_that_is_not_known_is_refused(desk: Desk, path: str) -> None:
    answer = desk.ask(PATHS[path], path, BODIES.get(path), query="colour=RED&color=RED&x")
    refused(answer, 422, "no such parameter", "tenant_id", field="color")


@pytest.mark.parametrize("without", ["queryStringParameters", "multiValueQueryStringParameters"])
def test_a_parameter_counts_in_every_way_it_is_handed_on(desk: Desk, without: str) -> None:
    refused(desk.answer({**proxy_event("GET", "/portfolio", query="color=RED"), without: None}), 422, field="color")
    refused(desk.answer({**proxy_event("GET", "/portfolio", query="limit=0"), without: None}), 422, field="limit")


@pytest.mark.parametrize(
    ("path", "query", "field", "reason"),
    [
        ("/accounts/A-0001/health", "since=2026-13-01", "since", "'2026-13-01' is refused"),
        ("/accounts/A-0001/health", "since=20260301", "since", "'20260301' is refused: it must be a day as in"),
        ("/accounts/A-0001/health", "since=1772442900", "since", "must be a day as in"),
        ("/accounts/A-0001/health", "since=2026-W10-1", "since", "must be a day as in"),
        ("/accounts/A-0001/health", "since=", "since", "must be a day as in"),
        ("/accounts/A-0001/health", "since=9999-12-31", "since", "in the future"),
        ("/accounts/A-0001/history", "from=2026-03-02&to=2026-03-01", "from", "lies after"),
        ("/accounts/A-0001/history", "from=x", "from", "must be a day as in"),
        ("/accounts/A-0001/history", "to=x", "to", "must be a day as in"),
        ("/accounts/A-0001/history", "limit=0", "limit", "below the bound 1"),
        ("/accounts/A-0001/history", "limit=401", "limit", "above the bound 400"),
        ("/accounts/A-0001/history", "limit=1.0", "limit", "whole number"),
        ("/accounts/A-0001/history", "limit=1_0", "limit", "whole number"),
        ("/accounts/A-0001/history", "limit=%D9%A1", "limit", "whole number"),
        ("/accounts/A-0001/history", "limit=1&limit=2", "limit", "an integer"),
        ("/accounts/A-0001/history", f"cursor={'x' * 2049}", "cursor", "at most 2048 characters"),
        ("/portfolio", "limit=201", "limit", "above the bound 200"),
        ("/portfolio", "colour=red", "colour", "'red' is not one of GREEN, AMBER, RED, UNKNOWN"),
        ("/portfolio", "risk=none", "risk", "not one of low, medium, high, critical, UNKNOWN"),
        ("/portfolio", "renewal_within_days=-1", "renewal_within_days", "below the bound 0"),
        ("/portfolio", "renewal_within_days=3651", "renewal_within_days", "above the bound 3650"),
        ("/portfolio", "owner=%20", "owner", "' ' is refused"),
        ("/portfolio", f"owner={'x' * 255}", "owner", "at most 254 characters"),
        ("/portfolio", "tenant_id=", "tenant_id", "at least 1 character"),
    ],
)
def test_a_value_out_of_its_bounds_is_refused_by_its_name(
    desk: Desk, path: str, query: str, field: str, reason: str
) -> None:
    refused(desk.ask("GET", path, query=query), 422, field, reason, field=field)


def test_all_that_is_wrong_is_reported_at_once(desk: Desk) -> None:
    problem = refused(
        desk.ask("GET", "/portfolio", query="limit=x&colour=x&risk=x"), 422, "colour", "risk", "limit", field="colour"
    )
    assert "None" not in problem["detail"]


@pytest.mark.parametrize("path", ["/accounts/A-0001/history", "/portfolio"])
def test_a_forged_cursor_is_refused(desk: Desk, path: str) -> None:
    given = desk.ask("GET", path, query="limit=1").json["next"]
    for wrong in (given[:-1], given.swapcase(), "x", "..", "ä"):
        refused(desk.ask("GET", path, query=f"cursor={wrong}"), 400, "cursor", field="cursor")


# --- tenants ---


@pytest.mark.parametrize("path", PATHS)
def test_another_tenant_is_not_served(desk: Desk, path: str) -> None:
    method, body = PATHS[path], BODIES.get(path)
    refused(desk.ask(method, path, body, query="tenant_id=globex"), 403, "'globex' is not 'acme'", field="tenant_id")
    if body:
        asked = {**body, "tenant_id": "globex"}
        refused(desk.ask(method, path, asked), 403, "'globex' is not 'acme'", field="tenant_id")
    assert desk.queue.sent == [] and desk.world.alerts.entries[ALERT].acknowledged is None
    # BUT the one that is served may be named
    desk.records.add(queued("task-1"))
    assert desk.ask(method, path, body, query="tenant_id=acme").status == 200


def test_a_cursor_of_another_tenant_is_not_ours(desk: Desk) -> None:
    theirs = Desk(tenant_id="globex").ask("GET", "/portfolio", query="limit=1").json["next"]
    refused(desk.ask("GET", "/portfolio", query=f"cursor={theirs}"), 400, "cursor", field="cursor")


# --- bodies ---


@pytest.fixture(params=list(BODIES))
def path(request: pytest.FixtureRequest) -> str:
    """The paths that take a body."""
    return str(request.param)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("{", "not JSON: Expecting property name"),
        ("{'a': 1}", "line 1, column 2"),
        ('{"a": 1} {"b": 2}', "not JSON: Extra data"),
        ('{"a": NaN}', "NaN is not a finite number"),
        ('{"a": -Infinity}', "-Infinity is not a finite number"),
        ('{"a": 1e999}', "1e999 is not a finite number"),
        (f'{{"a": {"1" * 5000}}}', "not JSON"),
        ('{"type": "x", "type": "y"}', "'type' stands twice"),
        ('{"a": {"b": 1, "b": 1}}', "'b' stands twice"),
        ('{"a": "\\ud800"}', "surrogate"),
        ('{"\\udfff": 1}', "surrogate"),
        ('{"a": "\ud800"}', "not text in UTF-8"),
        (b'{"a": "\xff"}', "not text in UTF-8"),
        ('{"a":' * DEEPEST_BODY + "{}" + "}" * DEEPEST_BODY, "nested deeper than 32"),
        (f'{{"a": {"[" * DEEPEST_BODY}{"]" * DEEPEST_BODY}}}', "nested deeper than 32"),
        ("[" * 100_000, "nested deeper than 32"),
        ("", "body is missing"),
        (" \n", "body is missing"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_body_that_cannot_be_read_answers_400(desk: Desk, path: str, body: str | bytes, reason: str) -> None:
    refused(desk.ask("POST", path, body), 400, reason, field="body")


def test_no_body_answers_400(desk: Desk, path: str) -> None:
    event = proxy_event("POST", path, None, headers={"content-type": "application/json"})
    refused(desk.answer(event), 400, "body is missing", field="body")


@pytest.mark.parametrize("body", ["null", "[]", '[{"by": "ada", "type": "health_scan"}]', '"text"', "1", "true"])
def test_a_body_that_is_no_object_answers_422(desk: Desk, path: str, body: str) -> None:
    refused(desk.ask("POST", path, body), 422, "is not an object", field="body")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp", "json", ""]
)
def test_another_content_type_answers_415(desk: Desk, path: str, kind: str) -> None:
    answer = desk.ask("POST", path, BODIES[path], content_type=kind)
    refused(answer, 415, f"{kind!r} is not application/json", field="Content-Type")


def test_no_content_type_answers_415(desk: Desk, path: str) -> None:
    event = proxy_event("POST", path, json.dumps(BODIES[path]))
    refused(desk.answer(event), 415, field="Content-Type")
    refused(desk.answer({**event, "headers": None, "multiValueHeaders": None}), 415, field="Content-Type")


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON", " application/json ;x"])
def test_json_is_taken_in_every_spelling_of_its_name(desk: Desk, path: str, kind: str) -> None:
    assert desk.ask("POST", path, BODIES[path], CONTENT_TYPE=kind).status == 200


def test_a_body_has_256_kilobytes_at_most(desk: Desk, path: str) -> None:
    # Bytes count, not characters.
    body = json.dumps({"x": "ü" * (LARGEST_BODY // 2)}, ensure_ascii=False)
    refused(desk.ask("POST", path, body), 413, str(LARGEST_BODY), field="body")
    exactly = json.dumps({"x": "a" * (LARGEST_BODY - len('{"x": ""}'))})
    assert desk.ask("POST", path, exactly).status == 422


def test_a_megabyte_is_refused_unread(desk: Desk, path: str) -> None:
    refused(desk.ask("POST", path, "[" * 1_000_000), 413, field="body")


def test_a_body_in_base64_is_read(desk: Desk, path: str) -> None:
    assert desk.ask("POST", path, json.dumps(BODIES[path]).encode()).status == 200
    broken = {**proxy_event("POST", path, b"{}", headers={"Content-Type": "application/json"}), "body": "%%%"}
    refused(desk.answer(broken), 400, "not text in UTF-8", field="body")


def test_a_whole_number_is_whole_in_every_spelling(desk: Desk) -> None:
    def scan(tickets: str) -> Answered:
        signals = f'{{"open_ticket_count": {tickets}}}'
        return desk.ask("POST", "/tasks", f'{{"type": "health_scan", "account_id": "A-0001", "signals": {signals}}}')

    assert scan("4.0").json == scan("4").json == scan("0.4e1").json
    refused(scan("4.5"), 422, "4.5", field="signals.open_ticket_count")
    refused(scan("1e300"), 422, field="signals.open_ticket_count")


def test_as_deep_as_may_be_is_read(desk: Desk) -> None:
    context: dict[str, Any] = {}
    for _ in range(DEEPEST_BODY - 2):
        context = {"in": context}
    asked = {"task_type": "health_scan", "account_id": "A-0001", "tenant_id": "acme", "context": context}
    assert desk.ask("POST", "/tasks", asked).status == 200
    refused(desk.ask("POST", "/tasks", {**asked, "context": {"in": context}}), 400, "nested", field="body")


def test_a_field_that_is_not_known_is_likened_to_one_that_is(desk: Desk) -> None:
    asked = {"by": "ada@example.com", "quiet_untill": "2026-03-20"}
    refused(
        desk.ask("POST", f"/alerts/{ALERT}/acknowledge", asked), 422, "did you mean quiet_until", field="quiet_untill"
    )


def test_a_field_out_of_its_bounds_is_named(desk: Desk) -> None:
    path = f"/alerts/{ALERT}/acknowledge"
    refused(desk.ask("POST", path, {}), 422, "by: is missing", field="by")
    refused(desk.ask("POST", path, {"by": "x" * 201}), 422, "at most 200 characters", field="by")
    refused(desk.ask("POST", path, {"by": "ada", "quiet_until": "soon"}), 422, "must be a day", field="quiet_until")
    refused(desk.ask("POST", path, {"by": "ada", "verdict": "no"}), 422, "true alarm, false alarm", field="verdict")


def test_of_many_errors_the_first_ten_are_listed(desk: Desk) -> None:
    asked = {"by": "ada", **{f"x{number:02d}": 1 for number in range(30)}}
    problem = refused(desk.ask("POST", f"/alerts/{ALERT}/acknowledge", asked), 422, "and 20 more", field="x00")
    assert "x09" in problem["detail"] and "x10" not in problem["detail"]


def test_an_unknown_type_of_task_answers_400_in_the_agents_words(desk: Desk) -> None:
    detail = refused(desk.ask("POST", "/tasks", {"type": "sell"}), 400, field="type")["detail"]
    assert detail == (
        "Unknown task type: 'sell'. Supported: health_scan, generate_qbr, check_expansion, track_feature_adoption"
    )


# --- what goes wrong here ---


@pytest.mark.parametrize(("given", "expected"), [(None, "5"), (0.2, "1"), (12.1, "13")])
def test_what_is_away_answers_503_and_when_to_ask_again(desk: Desk, given: float | None, expected: str) -> None:
    desk.records.error = Unavailable("table secrets-of-acme: throttled", retry_after=given)
    answer = desk.ask("GET", "/tasks/task-1")
    problem = refused(answer, 503)
    assert answer.headers["Retry-After"] == expected
    assert "secrets-of-acme" not in problem["detail"]


def test_bad_input_that_is_found_late_answers_422(desk: Desk) -> None:
    desk.records.error = Refused("task 'task-1': nobody can do that")
    refused(desk.ask("POST", "/tasks", REVIEW), 422, "nobody can do that")


@pytest.mark.parametrize("error", [RuntimeError("secrets of acme"), KeyError("secrets"), ValueError("secrets")])
def test_any_other_error_answers_500_without_a_trace_and_is_logged(
    desk: Desk, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    desk.records.error = error
    with caplog.at_level(logging.ERROR, "customer_success"):
        answer = desk.ask("GET", "/tasks/task-1")
    problem = refused(answer, 500, REQUEST_ID)
    assert "secrets" not in answer.body and "Traceback" not in answer.body
    assert problem["title"] == "Internal error"
    # AND the log has the cause, once, under the same id
    (record,) = caplog.records
    assert REQUEST_ID in record.getMessage() and record.exc_info and record.exc_info[1] is error


def test_an_event_that_is_none_of_api_gateways_is_answered_all_the_same(desk: Desk) -> None:
    reported = desk.resolver.resolve({}, CONTEXT)
    assert reported["statusCode"] == 404
    assert json.loads(reported["body"])["request_id"] == CONTEXT.aws_request_id


def test_requests_leave_nothing_behind_for_the_next(desk: Desk) -> None:
    refused(desk.ask("POST", "/tasks", "{"), 400, field="body")
    assert desk.ask("GET", "/accounts/A-0002/health").json["account_id"] == "A-0002"
    refused(desk.ask("GET", "/portfolio", query="limit=0"), 422, field="limit")
    assert desk.ask("GET", "/portfolio").status == 200


# --- other pages ---


def test_no_other_page_may_call_unless_one_is_named(desk: Desk) -> None:
    answer = desk.ask("GET", "/portfolio", Origin="https://example.com")
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_the_page_that_is_named_may_call_and_read_what_goes_wrong() -> None:
    desk = Desk(cors_origin="https://example.com")
    for query, status in (("", 200), ("limit=0", 422), ("x=1", 422)):
        answer = desk.ask("GET", "/portfolio", query=query, Origin="https://example.com")
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (status, "https://example.com")
        assert "Location" in answer.headers["Access-Control-Expose-Headers"]
    other = desk.ask("GET", "/portfolio", query="x=1", Origin="https://example.org")
    assert "Access-Control-Allow-Origin" not in other.headers


def test_a_page_that_may_call_is_allowed_before_it_calls_and_no_other_is(desk: Desk) -> None:
    # WHEN a browser asks whether its page may call
    reported = Desk(cors_origin="https://example.com").ask("OPTIONS", "/portfolio", Origin="https://example.com")
    # THEN it may
    assert (reported.status, reported.headers["Access-Control-Allow-Origin"]) == (204, "https://example.com")
    assert "Idempotency-Key" in reported.headers["Access-Control-Allow-Headers"]
    # AND where no page may call, the question is refused
    refused = desk.ask("OPTIONS", "/portfolio", Origin="https://example.com")
    assert refused.status == 405
    assert "Access-Control-Allow-Origin" not in refused.headers


def test_a_number_of_more_digits_than_anybody_needs_is_refused_in_words(desk: Desk) -> None:
    body = '{"type": "health_scan", "account_id": "A-0001", "signals": {"nps_score": ' + "9" * 5000 + "}}"
    refused(desk.ask("POST", "/tasks", body), 400, "a number has 5000 digits; it may have up to 300", field="body")


def test_shadowed_outputs_are_paged_through(desk: Desk) -> None:
    first = desk.ask("GET", "/shadow", query="limit=3")
    assert (first.status, first.json["shadow"], first.json["on"]) == (200, True, "2026-03-02")
    assert first.json["withheld"][0]["kind"] == "digest"
    rest = desk.ask("GET", "/shadow", query=f"limit=50&cursor={first.json['next']}").json
    assert (rest["counts"], rest["next"], len(rest["withheld"])) == (None, None, 5)
    assert desk.ask("GET", "/shadow", query="date=2026-03-01").json["counts"] == {"digest": 1}
    refused(desk.ask("GET", "/shadow", query="date=yesterday"), 422, field="date")
