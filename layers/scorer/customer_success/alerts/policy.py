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

from customer_success.accounts.memory import FALL_WINDOW, Memory
from customer_success.scoring.standing import COLOURS, RISKS, Standing

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


class Quiet(StrEnum):
    """Why an account in an alerting state raises none."""

    ALREADY_TOLD = "told before, and not worse"
    COOL_DOWN = "came back within 14 days of being told, and not worse"
    QUIET_UNTIL = "asked to be quiet until a date, and not worse"
    FALSE_ALARM = "called a false alarm, and not worse"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What people asked for on the account's page."""

    quiet_until: date | None = None
    false_alarm: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """Today's answer: an alert with its reason, or why it stays quiet, or neither when there is nothing to tell.

    `false_alarm` names the trigger of the alert that a person newly called false.
    """

    memory: Memory
    alert: Reason | None = None
    quiet: Quiet | None = None
    false_alarm: str | None = None


def decide(
    now: Standing,
    *,
    should_alert: bool,
    trigger: str | None,
    memory: Memory,
    trail: Iterable[Standing],
    wishes: Wishes,
    told_today: Standing | None = None,
) -> Decision:
    """Decide about one account; `now.on` is the run date.

    `memory` and `trail` (earlier standings, oldest first) are as they stood before the run date, so that a day which
    is scanned again is decided alike. `told_today` is what an earlier scan of the same day told.
    """
    trail = tuple(trail)
    heeded, false_alarm = _heed(memory, wishes, before=trail[-1] if trail else now, today=now.on)
    reason, quiet, settled = _weigh(now, should_alert, heeded, trail)
    if reason and (hush := hushed(now, heeded)):
        reason, quiet, settled = None, hush, False
    if reason and told_today and told_today.churn_risk != now.churn_risk and not worse(now, told_today):
        reason, quiet, settled = None, Quiet.ALREADY_TOLD, True

    after = replace(
        heeded,
        alerting_since=(heeded.alerting_since or now.on) if should_alert else None,
        settled=settled and should_alert,
    )
    if reason:
        after = replace(after, told=now, told_trigger=trigger)
    elif told_today:
        after = replace(after, told=told_today)
    return Decision(after, reason, quiet, false_alarm)


def worse(now: Standing, before: Standing) -> Reason | None:
    """In what `now` is worse than `before`; None if in nothing."""
    if RISKS.index(now.churn_risk) > RISKS.index(before.churn_risk):
        return Reason.RISK_HIGHER
    if COLOURS.index(now.rag) > COLOURS.index(before.rag):
        return Reason.COLOUR_WORSE
    return None


def _weigh(
    now: Standing, should_alert: bool, memory: Memory, trail: tuple[Standing, ...]
) -> tuple[Reason | None, Quiet | None, bool]:
    """The answer if nobody had asked for quiet: the reason to alert, the reason not to, whether that settles it."""
    told = memory.told
    if told and (reason := worse(now, told)):
        return reason, None, True
    unsettled = should_alert and not (memory.alerting_since and memory.settled)
    came_back = told is not None and not memory.alerting_since and now.on - told.on <= COOL_DOWN
    if unsettled and not came_back:
        return Reason.ENTERED, None, True
    if _fell(now, told, trail):
        return Reason.FELL, None, True
    if not should_alert:
        return None, None, False
    return None, Quiet.COOL_DOWN if unsettled else Quiet.ALREADY_TOLD, True


def _fell(now: Standing, told: Standing | None, trail: tuple[Standing, ...]) -> bool:
    """True if the score fell by `FALL_POINTS` within `FALL_WINDOW`, of which nothing was told yet."""
    start = now.on - FALL_WINDOW
    if told and told.on >= start:
        start = told.on
    return any(past.on >= start and past.score - now.score >= FALL_POINTS for past in trail)


def _heed(memory: Memory, wishes: Wishes, *, before: Standing, today: date) -> tuple[Memory, str | None]:
    """Take note of new wishes: a person asked for them looking at how the account stood before today."""
    asks_quiet = wishes.quiet_until is not None and wishes.quiet_until != memory.quiet_until
    calls_false = wishes.false_alarm and memory.false_alarm_on is None
    told_on = memory.told.on if memory.told else None
    false_alarm = calls_false and told_on not in (None, memory.called_false)
    heeded = replace(
        memory,
        hushed=before if asks_quiet or calls_false else memory.hushed,
        called_false=told_on if false_alarm else memory.called_false,
        quiet_until=wishes.quiet_until,
        false_alarm_on=(memory.false_alarm_on or today) if wishes.false_alarm else None,
    )
    return heeded, (memory.told_trigger or "score") if false_alarm else None


def hushed(now: Standing, memory: Memory) -> Quiet | None:
    """The wish that holds today, unless the account stands worse than when it was asked."""
    if memory.hushed and worse(now, memory.hushed):
        return None
    if memory.quiet_until and now.on < memory.quiet_until:
        return Quiet.QUIET_UNTIL
    if memory.false_alarm_on and now.on < memory.false_alarm_on + FALSE_ALARM_QUIET:
        return Quiet.FALSE_ALARM
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
