"""What the table keeps: rows, points, alerts, runs, digests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from customer_success.accounts.account import Unreadable
from customer_success.accounts.alert_state import AlertState, Episode, Mute, SentAlert
from customer_success.accounts.row import AccountRow, AssessmentRecord, PageValues
from customer_success.alerts.digest import Digest, Section
from customer_success.alerts.entry import AlertEntry
from customer_success.documents import Line
from customer_success.messages import AlertId, ChurnAlert, Explanation
from customer_success.scan.run import Run
from customer_success.scan.tally import Tally
from customer_success.scoring.health_status import Point
from customer_success.scoring.scorer import CSMHealthScorer
from tests.builders.accounts import TODAY, account, dying
from tests.builders.signals import healthy

NASTY_ID = "ACME/EU:42:№ 7 #é 🚀"
"""An account id that has every separator in it, and more than ASCII."""


def point(on: date = TODAY, **signals: Any) -> Point:
    """The point of a healthy account, with `signals` laid over."""
    scored_at = datetime.combine(on, time(7), UTC)
    return Point(on, CSMHealthScorer().score(healthy(**signals), account_id="A-0001", now=scored_at))


def page(**values: Any) -> PageValues:
    """What the page of a healthy account shows."""
    plain = PageValues(98.0, "GREEN", "low", "Feature adoption 0.9 costs 2.0", TODAY, "Nothing to do", TODAY)
    return replace(plain, **values)


def row(number: int = 1, **facts: Any) -> AccountRow:
    """The row of an account alerted yesterday, with every field that a row can have."""
    yesterday, today = point(TODAY - timedelta(days=1), nps_score=5), point()
    memory = AlertState(
        Episode(TODAY, reported=True),
        SentAlert(yesterday.health_status, "both"),
        Mute(yesterday.health_status, until=TODAY),
    )
    before = AssessmentRecord(
        yesterday.run_date,
        "scored",
        yesterday.run_date,
        yesterday,
        trail=(yesterday.health_status,),
        alert_state=memory,
        page=page(),
    )
    day = replace(
        before, run_date=TODAY, last=today, trail=(yesterday.health_status, today.health_status), page_queued=TODAY
    )
    unreadable = (Unreadable("ARR", "many", "a number"),)
    known = account(number, **{"roi": {"Hours Saved": 12.5}, "unreadable": unreadable, **facts})
    return AccountRow(known, day, before, f"{TODAY}#1", chunk=0)


def alert(account_id: str = "A-0001", *, on: date = TODAY, **facts: Any) -> ChurnAlert:
    """A critical alert about a dying account."""
    endangered = dying(1, account_id=account_id)
    plain = ChurnAlert(
        tenant_id="acme",
        alert_id=str(AlertId(account_id, on, "critical")),
        account_id=account_id,
        account_name=endangered.name,
        run_date=on,
        delivery="single",
        score=8.0,
        rag="RED",
        churn_risk="critical",
        churn_trigger="both",
        reason="entered an alerting state",
        explanation=Explanation(
            headline="Account 1 is RED", what_changed=("Usage",), coverage=1.0, since=on, next_step="Call"
        ),
        owner_email=endangered.owner_email,
        arr=endangered.arr,
        contract_end=endangered.contract_end,
        page_id=endangered.page_id,
        page_url=endangered.page_url,
    )
    return plain.model_copy(update=facts)


def entry(account_id: str = "A-0001", *, on: date = TODAY, **facts: Any) -> AlertEntry:
    """A pending alert, not ranked yet."""
    return replace(AlertEntry(alert(account_id, on=on)), **facts)


def scored(run: Run, accounts: int = 1) -> Run:
    """The run, having scored some accounts."""
    return replace(run, tally=Tally(read=accounts, scored=accounts, lost={"support": {"3.0": accounts}}))


def finished(run: Run) -> Run:
    """The run at its end."""
    return replace(run, status="finished", finished_at=datetime.combine(run.run_date, time(7, 30), UTC))


def digest(*sections: Section, digest_id: str = f"health_scan:{TODAY}") -> Digest:
    """A digest with these sections."""
    return Digest(digest_id, "health_scan", TODAY, "Health scan", sections)


def section(title: str, lines: int, *, characters: int = 20) -> Section:
    """A section of numbered lines."""
    return Section(title, tuple(Line(f"{n:06d} ".ljust(characters, "é"), bullet=True) for n in range(lines)))
