"""Scores and alerts, made the way the product makes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from customer_success.accounts.account import Account
from customer_success.accounts.row import AccountRow
from customer_success.messages import ChurnAlert
from customer_success.scan.assessment import ScanContext, Scored, assess
from customer_success.schemas import CSMHealthScore, CSMHealthSignals
from customer_success.scoring.health_status import Point
from customer_success.scoring.scorer import CSMHealthScorer
from tests.builders.accounts import HEALTHY, TODAY, account


def score(**signals: Any) -> CSMHealthScore:
    """The score of a healthy account with other signals laid over."""
    given = {**HEALTHY, "days_to_renewal": 200, **signals}
    return CSMHealthScorer().score(CSMHealthSignals.model_validate(given), "A-0001")


def point(days_ago: int = 1, **signals: Any) -> Point:
    return Point(TODAY - timedelta(days=days_ago), score(**signals))


def scan_context(on: date = TODAY, **facts: Any) -> ScanContext:
    plain: dict[str, Any] = {
        "tenant_id": "acme",
        "run_date": on,
        "run": f"{on}#1",
        "now": datetime.combine(on, time(7), UTC),
        "scorer": CSMHealthScorer(),
        "medians": {},
        "fallback_owner": None,
    }
    return ScanContext(**(plain | facts))


def row(of: Account | None = None, on: date = TODAY) -> AccountRow:
    """The row of an account after its scan."""
    return assess(scan_context(on), of or account(), None, 0).row


def alert(of: Account, before: Account | None = None) -> ChurnAlert:
    """The alert that an account raises, which was as `before` the day before."""
    known = assess(scan_context(TODAY - timedelta(days=1)), before, None, 0).row if before else None
    raised = assess(scan_context(), of, known, 0)
    assert isinstance(raised, Scored), "this account raises no alert"
    assert raised.alert is not None, "this account raises no alert"
    return raised.alert
