"""The API answers every request with JSON that every reader takes, and never with a fault of its own."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders.api import Desk, proxy_event

JSON_HEADERS = {"Content-Type": "application/json"}
PATHS = [
    "/tasks",
    "/tasks/{}",
    "/accounts/{}/health",
    "/accounts/{}/history",
    "/portfolio",
    "/shadow",
    "/alerts/{}/acknowledge",
    "/{}",
]
PARAMETERS = ["tenant_id", "since", "from", "to", "limit", "cursor", "owner", "colour", "risk", "renewal_within_days"]
ODD = [
    *("\ud83d", "\x00", "a\r\nSet-Cookie: x", "..", "%", "%zz", "%ff", "%ED%A0%BD"),
    *("A" * 3_000, "Ω" * 600, "NaN", "1e999", "-1"),
]
ODD_TEXT = st.text(st.characters(codec=None), max_size=40) | st.sampled_from(ODD)
BODIES = [
    b"\xff\xfe",
    b'{"type": "\xed\xa0\xbd"}',
    '{"type": "\\ud83d"}',
    '{"type": "health_scan", "account_id": "\\ud83d\\ud83d"}',
    '{"type": "health_scan", "account_id": "A-0001", "signals": {"nps_score": 1' + "0" * 5_000 + "}}",
    '{"type": "health_scan", "account_id": "A-0001", "signals": {"nps_score": 1' + "0" * 290 + "}}",
    '{"type": "health_scan", "account_id": "A-0001", "signals": {"feature_adoption_rate": NaN}}',
    '{"type": "health_scan", "account_id": "A-0001", "signals": {"feature_adoption_rate": -Infinity}}',
    '{"type": "health_scan", "account_id": "A-0001", "signals": {"feature_adoption_rate": 1e400}}',
    '{"type": "health_scan", "account_id": "A-0001", "signals": {"days_to_renewal": 1e300}}',
    '{"type": "health_scan", "type": "generate_qbr"}',
    '{"a": ' * 200_000,
    "[" * 100_000,
    '{"a":' * 31 + "1" + "}" * 31,
    "null",
    "[]",
    '"text"',
    "1",
    "",
    " ",
    "{}",
    '{"type": null}',
    '{"type": ["health_scan"], "account_id": "A-0001"}',
    '{"type": "health_scan", "account_id": ""}',
    '{"type": "health_scan", "account_id": {"$ne": 1}}',
    '{"type": "health_scan", "account_id": "' + "A" * 2_000 + '"}',
    '{"type": "health_scan", "account_id": "A-0001", "refresh": "yes"}',
    '{"type": "health_scan", "account_id": "A-0001", "signals": []}',
    '{"type": "health_scan", "account_id": "A-0001", "signals": {"": 1}}',
    '{"task_type": "health_scan", "account_id": "A-0001", "tenant_id": "acme", "context": {"signals": 1}}',
    '{"by": "ada@example.com", "quiet_until": "0000-00-00"}',
    '{"by": "\\u0000", "note": "\\u202e"}',
    '{"by": "ada@example.com", "quiet_until": 1e3}',
    '\ufeff{"type": "health_scan"}',
]


@pytest.mark.parametrize("path", ["/tasks", "/alerts/A-0001:2026-03-02:critical/acknowledge"])
@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_an_odd_body_is_refused_as_a_problem(path: str, body: Any) -> None:
    answer = Desk().ask("POST", path, body)
    assert 400 <= answer.status < 500, answer.body
    _assert_problem(answer)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "BREW", ""]),
    path=st.sampled_from(PATHS),
    name=ODD_TEXT,
    query=st.dictionaries(st.sampled_from(PARAMETERS) | ODD_TEXT, ODD_TEXT, max_size=3),
    headers=st.dictionaries(st.sampled_from(["Idempotency-Key", "Content-Type", "Origin"]), ODD_TEXT, max_size=2),
    body=st.none() | ODD_TEXT | st.sampled_from(BODIES),
)
def test_no_request_breaks_the_api(
    method: str, path: str, name: str, query: dict[str, str], headers: dict[str, str], body: Any
) -> None:
    # GIVEN a request of which every part may be odd
    event = proxy_event(method, path.format(name), body, headers=JSON_HEADERS | headers)
    event["queryStringParameters"] = query or None
    event["multiValueQueryStringParameters"] = {key: [value] for key, value in query.items()} or None
    # WHEN it is sent
    answer = DESK.answer(event)
    # THEN it is answered, not failed, in JSON and in headers that hold no line of their own
    assert answer.status < 500, answer.body
    json.loads(answer.body, parse_constant=_no_constant).keys()
    answer.body.encode()
    for header, value in answer.headers.items():
        assert "\n" not in header + value
        assert "\r" not in header + value
    if answer.status >= 400:
        _assert_problem(answer)


DESK = Desk()


def _assert_problem(answer: Any) -> None:
    problem = json.loads(answer.body, parse_constant=_no_constant)
    assert problem["status"] == answer.status
    assert problem["title"] and problem["detail"] and problem["type"].startswith("urn:problem:")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert len(answer.body) < 6_000


def _no_constant(name: str) -> Any:
    raise AssertionError(f"{name} is no JSON")
