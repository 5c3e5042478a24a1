"""Who is told, how and when: pure functions of what is known now, what was told before, and the calendar.

The rules are those of "Who is told" in the architecture. `decide` says whether an account raises an alert today, or
why it stays quiet; `rank` says which of the day's alerts a person gets one by one, and which in the digest alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal

from customer_success.accounts.alert_state import FALL_WINDOW, AlertState
from customer_success.scoring.health_status import COLOURS, RISKS, HealthStatus

COOL_DOWN = timedelta(days=14)
FALSE_ALARM_QUIET = timedelta(days=28)
FALL_POINTS = 15.0
SINGLES_PER_OWNER_AND_DAY = 5

Delivery = Literal["single", "digest"]


class Reason(StrEnum):
    """Why an account raises an alert."""

    ENTERED = "entered an alerting state"
    RISK_HIGHER = "churn risk is higher than when last told"
    COLOUR_WORSE = "colour is worse than when last told"
    FELL = "fell 15 points or more within 7 days"


class Suppressed(StrEnum):
    """Why an account in an alerting state raises none."""

    ALREADY_SENT = "told before, and not worse"
    COOL_DOWN = "came back within 14 days of being told, and not worse"
    MUTED_UNTIL = "asked to be quiet until a date, and not worse"
    FALSE_ALARM = "called a false alarm, and not worse"


@dataclass(frozen=True, slots=True)
class MuteRequest:
    """What people asked for on the account's page."""

    until: date | None = None
    false_alarm: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """Today's answer: an alert with its reason, or why it stays quiet, or neither when there is nothing to tell.

    `false_alarm` names the trigger of the alert that a person newly called false.
    """

    alert_state: AlertState
    alert: Reason | None = None
    suppressed: Suppressed | None = None
    false_alarm: str | None = None


def decide(
    now: HealthStatus,
    *,
    should_alert: bool,
    trigger: str | None,
    alert_state: AlertState,
    trail: Iterable[HealthStatus],
    mute_request: MuteRequest,
    sent_today: HealthStatus | None = None,
) -> Decision:
    """Decide about one account; `now.on` is the run date.

    `memory` and `trail` (earlier standings, oldest first) are as they stood before the run date, so that a day which
    is scanned again is decided alike. `sent_today` is what an earlier scan of the same day told.
    """
    trail = tuple(trail)
    heeded, false_alarm = _heed(alert_state, mute_request, before=trail[-1] if trail else now, today=now.run_date)
    reason, quiet, settled = _weigh(now, should_alert, heeded, trail)
    if reason and (hush := muted(now, heeded)):
        reason, quiet, settled = None, hush, False
    if reason and sent_today and sent_today.churn_risk != now.churn_risk and not worse(now, sent_today):
        reason, quiet, settled = None, Suppressed.ALREADY_SENT, True

    after = replace(
        heeded,
        alerting_since=(heeded.alerting_since or now.run_date) if should_alert else None,
        settled=settled and should_alert,
    )
    if reason:
        after = replace(after, last_sent=now, last_trigger=trigger)
    elif sent_today:
        after = replace(after, last_sent=sent_today)
    return Decision(after, reason, quiet, false_alarm)


def worse(now: HealthStatus, before: HealthStatus) -> Reason | None:
    """In what `now` is worse than `before`; None if in nothing."""
    if RISKS.index(now.churn_risk) > RISKS.index(before.churn_risk):
        return Reason.RISK_HIGHER
    if COLOURS.index(now.rag) > COLOURS.index(before.rag):
        return Reason.COLOUR_WORSE
    return None


def _weigh(
    now: HealthStatus, should_alert: bool, memory: AlertState, trail: tuple[HealthStatus, ...]
) -> tuple[Reason | None, Suppressed | None, bool]:
    """The answer if nobody had asked for quiet: the reason to alert, the reason not to, whether that settles it."""
    told = memory.last_sent
    if told and (reason := worse(now, told)):
        return reason, None, True
    unsettled = should_alert and not (memory.alerting_since and memory.settled)
    came_back = told is not None and not memory.alerting_since and now.run_date - told.run_date <= COOL_DOWN
    if unsettled and not came_back:
        return Reason.ENTERED, None, True
    if _fell(now, told, trail):
        return Reason.FELL, None, True
    if not should_alert:
        return None, None, False
    return None, Suppressed.COOL_DOWN if unsettled else Suppressed.ALREADY_SENT, True


def _fell(now: HealthStatus, told: HealthStatus | None, trail: tuple[HealthStatus, ...]) -> bool:
    """True if the score fell by `FALL_POINTS` within `FALL_WINDOW`, of which nothing was told yet."""
    start = now.run_date - FALL_WINDOW
    if told and told.run_date >= start:
        start = told.run_date
    return any(past.run_date >= start and past.score - now.score >= FALL_POINTS for past in trail)


def _heed(
    memory: AlertState, wishes: MuteRequest, *, before: HealthStatus, today: date
) -> tuple[AlertState, str | None]:
    """Take note of new wishes: a person asked for them looking at how the account stood before today."""
    asks_quiet = wishes.until is not None and wishes.until != memory.muted_until
    calls_false = wishes.false_alarm and memory.false_alarm_since is None
    told_on = memory.last_sent.run_date if memory.last_sent else None
    false_alarm = calls_false and told_on not in (None, memory.false_alarm_sent_on)
    heeded = replace(
        memory,
        status_when_muted=before if asks_quiet or calls_false else memory.status_when_muted,
        false_alarm_sent_on=told_on if false_alarm else memory.false_alarm_sent_on,
        muted_until=wishes.until,
        false_alarm_since=(memory.false_alarm_since or today) if wishes.false_alarm else None,
    )
    return heeded, (memory.last_trigger or "score") if false_alarm else None


def muted(now: HealthStatus, memory: AlertState) -> Suppressed | None:
    """The wish that holds today, unless the account stands worse than when it was asked."""
    if memory.status_when_muted and worse(now, memory.status_when_muted):
        return None
    if memory.muted_until and now.run_date < memory.muted_until:
        return Suppressed.MUTED_UNTIL
    if memory.false_alarm_since and now.run_date < memory.false_alarm_since + FALSE_ALARM_QUIET:
        return Suppressed.FALSE_ALARM
    return None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An alert that waits to be told; `delivery` is None until it is ranked."""

    alert_id: str
    account_id: str
    owner_email: str | None
    churn_risk: str
    arr: float | None
    delivery: Delivery | None = None


def rank(candidates: Iterable[Candidate], *, first_scan: bool, working_day: bool) -> dict[str, Delivery]:
    """The delivery of each alert by its id.

    Critical ones are always single. Of the others each owner gets `SINGLES_PER_OWNER_AND_DAY`, by risk, then ARR;
    none on a deployment's first scan, and none on a day off, when they wait for the next working day. What was
    ranked before keeps its place and counts against the owner's share.
    """
    ranked = sorted(candidates, key=lambda c: (-RISKS.index(c.churn_risk), -(c.arr or 0.0), c.alert_id))
    left = Counter(dict.fromkeys((c.owner_email for c in ranked), SINGLES_PER_OWNER_AND_DAY))
    left.subtract(c.owner_email for c in ranked if c.delivery == "single" and c.churn_risk != "critical")
    deliveries: dict[str, Delivery] = {}
    for candidate in ranked:
        if candidate.delivery:
            deliveries[candidate.alert_id] = candidate.delivery
        elif candidate.churn_risk == "critical":
            deliveries[candidate.alert_id] = "single"
        elif first_scan or not working_day or left[candidate.owner_email] <= 0:
            deliveries[candidate.alert_id] = "digest"
        else:
            left[candidate.owner_email] -= 1
            deliveries[candidate.alert_id] = "single"
    return deliveries
