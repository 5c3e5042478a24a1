"""The assessment of one account: scored, rejected with a reason, or inactive; and the id of its alert."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_success.accounts.account import Account
from customer_success.messages import AlertId
from customer_success.scan.assessment import Inactive, Rejected, Scored, assess
from tests.builders.accounts import HEALTHY, TODAY, account, dying
from tests.builders.scores import scan_context


def test_an_account_with_signals_is_scored() -> None:
    assessment = assess(scan_context(), dying(1), None, 0)
    assert isinstance(assessment, Scored)
    assert (assessment.score.rag, assessment.row.latest.status, assessment.again) == ("RED", "scored", False)
    assert assessment.alert is not None
    assert AlertId.parse(assessment.alert.alert_id) == AlertId("A-0001", TODAY, "critical")


def test_an_account_that_left_is_inactive_and_raises_no_alert() -> None:
    known = assess(scan_context(TODAY - timedelta(days=1)), dying(1), None, 0).row
    assessment = assess(scan_context(), dying(1, status="Churned"), known, 0)
    assert isinstance(assessment, Inactive)
    assert (assessment.row.latest.status, assessment.page_changed) == ("skipped", True)
    assert assessment.row.latest.alert_state.episode is None


@pytest.mark.parametrize(
    ("given_account", "reason"),
    [
        (account(1, {}, contract_end=None), "insufficient_data"),
        (account(1, signals_updated=TODAY - timedelta(days=40)), "stale_signals"),
        (account(1, {}, onboarding_until=TODAY + timedelta(days=1)), "onboarding"),
    ],
)
def test_an_account_that_cannot_be_scored_is_rejected_with_the_reason(given_account: Account, reason: str) -> None:
    assessment = assess(scan_context(), given_account, None, 0)
    assert isinstance(assessment, Rejected)
    assert (assessment.reason, assessment.row.latest.reason) == (reason, reason)
    assert assessment.detail == assessment.row.latest.detail
    assert assessment.signals is not None


def test_a_value_out_of_bounds_costs_its_signal_and_the_account_is_scored_by_the_rest() -> None:
    # GIVEN two accounts that differ in one value: out of bounds, and not known
    out, unknown = account(1, {**HEALTHY, "nps_score": 11}), account(1, {**HEALTHY, "nps_score": None})
    # WHEN they are assessed  THEN their scores are the same, and the value is named with its bound
    assessed, other = (assess(scan_context(), each, None, 0) for each in (out, unknown))
    assert isinstance(assessed, Scored)
    assert isinstance(other, Scored)
    assert assessed.score == other.score
    assert "nps_score" in assessed.score.unknown
    assert list(map(str, assessed.row.account.unreadable)) == ["nps_score: '11' could not be read, expected at most 10"]


def test_where_too_little_is_left_the_refused_values_are_named() -> None:
    assessed = assess(scan_context(), account(1, {"nps_score": 11}, contract_end=None), None, 0)
    assert isinstance(assessed, Rejected)
    assert assessed.reason == "insufficient_data"
    assert assessed.detail.endswith("; nps_score: '11' could not be read, expected at most 10")


def test_a_touch_that_lies_ahead_is_no_touch() -> None:
    # GIVEN an account whose last interaction is tomorrow
    ahead = account(1, last_interaction=TODAY + timedelta(days=1))
    # WHEN it is assessed
    assessed = assess(scan_context(), ahead, None, 0)
    # THEN the signal is unknown and named, and today's touch counts
    assert isinstance(assessed, Scored)
    assert "days_since_last_interaction" in assessed.score.unknown
    assert list(map(str, assessed.row.account.unreadable)) == [
        f"last_interaction: '{TODAY + timedelta(days=1)}' could not be read, expected a day up to {TODAY}"
    ]
    today = assess(scan_context(), account(1, last_interaction=TODAY), None, 0)
    assert isinstance(today, Scored)
    assert "days_since_last_interaction" not in today.score.unknown


@given(st.text(min_size=1), st.dates(date(1970, 1, 1), date(2199, 12, 31)), st.sampled_from(["low", "critical"]))
def test_an_alert_id_carries_its_parts(account_id: str, run_date: date, churn_risk: str) -> None:
    assert AlertId.parse(str(AlertId(account_id, run_date, churn_risk))) == AlertId(account_id, run_date, churn_risk)


@pytest.mark.parametrize("text", ["", "A-1", "A-1:2026-03-02", "A-1:yesterday:high", "2026-03-02:high:A-1"])
def test_what_is_no_alert_id_is_refused_with_what_is_expected(text: Any) -> None:
    with pytest.raises(ValueError, match="account:run date:churn risk is expected"):
        AlertId.parse(text)
