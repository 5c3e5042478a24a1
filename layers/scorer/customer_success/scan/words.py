"""Texts about an account that a scan could not score."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from customer_success.accounts.carried import LastKnown
from customer_success.schemas import CSMHealthScore
from customer_success.scoring.health_status import HealthStatus
from customer_success.scoring.words import last_known_mark

INACTIVE = "Inactive: not scanned."


_STEP_TO_SCORE = {
    "insufficient_data": "Fill in the signals that are named as missing.",
    "stale_signals": "Bring the signals on this page up to date, and the day of Signals Updated with them.",
    "onboarding": "Nothing yet: it is judged once its signals arrive.",
    "duplicate_account_id": "Give one of the two pages its own Account ID.",
    "unexpected": "Look for an odd value on this page. If there is none, report the log line that names this account.",
}


def too_old(updated: date, limit: int) -> str:
    """Why signals of that day do not count, for a page and the digest; a day's passing alone changes no word."""
    days = "1 day" if limit == 1 else f"{limit} days"
    return f"signals last updated on {updated}, more than {days} ago, so they count as unknown"


def step_to_score(reason: str) -> str:
    """What has to happen before an account rejected for `reason` can be scored."""
    return _STEP_TO_SCORE.get(reason, _STEP_TO_SCORE["unexpected"])


def mark_of(shown: HealthStatus, score: CSMHealthScore, since: date, missed: Mapping[str, LastKnown]) -> str:
    """That a colour is the last known one, in words; empty where the score alone comes to the same.

    `since` is the first day of the colour.
    """
    same = (shown.rag, shown.churn_risk, round(shown.score, 1)) == (score.rag, score.churn_risk, round(score.score, 1))
    if same or not missed:
        return ""
    as_of, on = min(one.as_of for one in missed.values()), min(one.known_on for one in missed.values())
    return last_known_mark(shown.rag, since, as_of, on, sorted(missed))
