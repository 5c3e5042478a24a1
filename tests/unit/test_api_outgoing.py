"""Numbers that the API answers have two decimals, add up as they did, and are numbers."""

from __future__ import annotations

import json
import math
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from customer_success.api.outgoing import as_json, rounded, shares
from customer_success.messages import ExpansionHandedOff, ExpansionHandoff, HealthEvent
from customer_success.schemas import CSMHealthScore
from local.deployment import ROOT
from tests.builders.accounts import AT_RISK, HEALTHY, TODAY, account
from tests.builders.api import Desk
from tests.builders.partly_known import any_score

EVENT: dict[str, Any] = json.loads((ROOT / "events/agent_health.json").read_text("utf-8"))["detail"]
HANDED_OFF: dict[str, Any] = json.loads((ROOT / "events/expansion_handed_off.json").read_text("utf-8"))["detail"]
ODD_SHARE = 0.123456789
LONG = re.compile(r"\d+\.\d{3,}|\d+[eE]-")


@pytest.fixture
def desk() -> Desk:
    """A book in which nothing is a round number."""
    desk = Desk()
    desk.world.accounts = [
        account(
            1, {**AT_RISK, "feature_adoption_rate": ODD_SHARE, "nps_score": None, "tam_health_rag": "AMBER"}, arr=1.005
        ),
        account(2, {**HEALTHY, "feature_adoption_rate": 1 / 3, "collections_risk": "RED"}, arr=100.456789),
        *desk.world.accounts[2:],
    ]
    desk.world.scan_to_the_end(TODAY.replace(day=TODAY.day + 1))
    return desk


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/accounts/A-0001/health", None),
        ("GET", "/accounts/A-0002/health", None),
        ("GET", "/accounts/A-0001/history", None),
        ("GET", "/portfolio", None),
        ("POST", "/tasks", {"type": "health_scan", "account_id": "A-0001"}),
        (
            "POST",
            "/tasks",
            {"type": "health_scan", "account_id": "A-0001", "signals": {"feature_adoption_rate": 1 / 7}},
        ),
    ],
)
def test_no_answer_has_more_than_two_decimals(desk: Desk, method: str, path: str, body: Any) -> None:
    answer = desk.ask(method, path, body)
    assert answer.status == 200
    assert list(_numbers(answer.json)), "nothing to look at"
    assert [number for number in _numbers(answer.json) if LONG.search(repr(number))] == []


def test_drivers_caps_and_changes_still_add_up(desk: Desk) -> None:
    for account_id in ("A-0001", "A-0002"):
        health = desk.ask("GET", f"/accounts/{account_id}/health").json
        lost = {driver["signal"]: driver["points_lost"] for driver in health["drivers"]}
        assert round(sum(lost.values()) + health["exact_score"], 6) == 100
        assert {cap["signal"]: cap["points_lost"] for cap in health["caps"]}.items() <= lost.items()
        change = health["change"]
        assert round(sum(delta["delta"] for delta in change["made_by"]), 6) == change["delta"]


def test_what_would_be_adds_up_too(desk: Desk) -> None:
    asked = {"type": "health_scan", "account_id": "A-0001", "signals": {"feature_adoption_rate": 1 / 7}}
    health = desk.ask("POST", "/tasks", asked).json["health"]
    assert round(sum(driver["points_lost"] for driver in health["drivers"]) + health["score"], 6) == 100


@given(any_score())
def test_every_score_that_there_is_adds_up_after_rounding(score: CSMHealthScore) -> None:
    answer = json.loads(as_json(score.model_dump(mode="json")))
    lost = [driver["points_lost"] for driver in answer["drivers"]]
    assert round(sum(lost) + answer["score"], 6) == 100
    assert min(lost) >= 0
    assert not any(LONG.search(repr(number)) for number in _numbers(answer))
    for driver, exact in zip(answer["drivers"], score.drivers, strict=True):
        assert driver["points_lost"] == pytest.approx(exact.points_lost, abs=0.011)
        assert exact.points_lost or not driver["points_lost"], "a signal that costs nothing costs nothing"
    # AND it is a score still
    CSMHealthScore.model_validate_json(json.dumps(answer))


@given(st.lists(st.floats(-100, 100, allow_nan=False), min_size=1, max_size=14))
def test_shares_add_up_and_stay_near(parts: list[float]) -> None:
    whole = round(math.fsum(parts), 2)
    found = shares(parts, whole)
    assert round(sum(found), 6) == whole
    assert all(abs(share - part) <= 0.0101 for share, part in zip(found, parts, strict=True))


def test_what_a_task_brought_is_cut_too(desk: Desk) -> None:
    # GIVEN a task whose result was stored with every decimal, and a number that is none
    asked = desk.ask("POST", "/tasks", {"type": "generate_qbr", "account_id": "A-0001"}).json
    desk.records.mark(asked["task_id"], "done", result={"adoption_rate": 3.5999999999999996, "seats": math.nan})
    # WHEN it is asked for  THEN it is shown as all else is
    assert desk.ask("GET", asked["href"]).json["result"] == {"adoption_rate": 3.6, "seats": None}


@pytest.mark.parametrize(
    "detail",
    [
        HealthEvent(**EVENT | {"score": 3.5999999999999996, "arr": 0.1 + 0.2}),
        ExpansionHandedOff(**HANDED_OFF | {"estimated_arr_impact": 1234.5678}),
    ],
)
def test_what_other_systems_read_off_the_bus_has_two_decimals(detail: BaseModel) -> None:
    assert [number for number in _numbers(json.loads(detail.model_dump_json())) if LONG.search(repr(number))] == []


def test_an_offer_on_the_queue_of_sales_has_two_decimals() -> None:
    sample = json.loads((ROOT / "events/expansion_handoff.json").read_text("utf-8"))
    offer = ExpansionHandoff.model_validate(sample | {"estimated_arr_impact": 0.1 + 0.2})
    assert json.loads(offer.model_dump_json())["estimated_arr_impact"] == 0.3


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_null(value: float) -> None:
    assert json.loads(as_json({"a": [value, {"b": value}]})) == {"a": [None, {"b": None}]}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (3.5999999999999996, "3.6"),
        (-0.0, "0.0"),
        (-0.001, "0.0"),
        (1e-9, "0.0"),
        (5, "5"),
        (True, "true"),
        (1e20, "1e+20"),
    ],
)
def test_a_number_is_written_short(given: Any, expected: str) -> None:
    assert as_json(given) == expected


def test_words_stay_as_they_are() -> None:
    assert rounded({"words": "3.5999999999999996", "drivers": "none", "made_by": [], "delta": 1.239}) == {
        "words": "3.5999999999999996",
        "drivers": "none",
        "made_by": [],
        "delta": 1.24,
    }


def _numbers(value: Any) -> Any:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _numbers(part)
    elif isinstance(value, float):
        yield value


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (date(2026, 3, 2), "2026-03-02"),
        (Decimal("3.599999"), 3.6),
        (frozenset({"b", "a"}), ["a", "b"]),
        ({("a", 1): 1}, {"('a', 1)": 1}),
        (b"x", "b'x'"),
    ],
)
def test_a_value_that_is_none_of_jsons_does_not_cost_the_answer(given: Any, expected: Any) -> None:
    assert json.loads(as_json({"odd": given, "read": 3})) == {"odd": expected, "read": 3}
