"""Which alerts are sent, how and when: pure functions of health status, alert state and calendar.

`decide` decides whether an account raises an alert on the run date, or why it is suppressed; `rank` decides which of
the day's alerts an owner gets as single messages, and which in the digest alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from customer_success.accounts.alert_state import FALL_WINDOW, AlertPhase, AlertState, Episode, Mute, SentAlert
from customer_success.dataclass import dataclass
from customer_success.scoring.health_status import COLOURS, RISKS, HealthStatus

FALSE_ALARM_MUTES_FOR = timedelta(days=28)
FALL_POINTS = 15.0
SINGLES_PER_OWNER_AND_DAY = 5

Delivery = Literal["single", "digest"]


class Reason(StrEnum):
    """Why an account raises an alert. The values are sent and stored."""

    ENTERED = "entered an alerting state"
    RISK_HIGHER = "churn risk is higher than when last told"
    COLOUR_WORSE = "colour is worse than when last told"
    FELL = "fell 15 points or more within 7 days"


class Suppressed(StrEnum):
    """Why an account at risk raises no alert. The values are stored."""

    ALREADY_SENT = "told before, and not worse"
    COOL_DOWN = "came back within 14 days of being told, and not worse"
    MUTED_UNTIL = "asked to be quiet until a date, and not worse"
    FALSE_ALARM = "called a false alarm, and not worse"


class Event(StrEnum):
    """What a scan finds: the strongest change since the last alert, and whether the account is at risk now."""

    UNCHANGED = "unchanged"
    FELL = "fell"
    COLOUR_WORSE = "colour worse"
    RISK_HIGHER = "risk higher"
    AT_RISK = "at risk"
    AT_RISK_AND_FELL = "at risk, fell"
    AT_RISK_AND_COLOUR_WORSE = "at risk, colour worse"
    AT_RISK_AND_RISK_HIGHER = "at risk, risk higher"


@dataclass(frozen=True, slots=True)
class Transition:
    """Where an event leads: the next phase, and the alert that is due or why there is none.

    The next phase `CALM` is `RECOVERING` for the cool-down after an alert.
    """

    next: AlertPhase
    outcome: Reason | Suppressed | None = None


def _out_of_risk(outcome: Reason | None = None) -> Transition:
    return Transition(AlertPhase.CALM, outcome)


def _at_risk(outcome: Reason | Suppressed) -> Transition:
    return Transition(AlertPhase.REPORTED, outcome)


_IN_EVERY_PHASE = {
    Event.UNCHANGED: _out_of_risk(),
    Event.FELL: _out_of_risk(Reason.FELL),
    Event.COLOUR_WORSE: _out_of_risk(Reason.COLOUR_WORSE),
    Event.RISK_HIGHER: _out_of_risk(Reason.RISK_HIGHER),
    Event.AT_RISK_AND_COLOUR_WORSE: _at_risk(Reason.COLOUR_WORSE),
    Event.AT_RISK_AND_RISK_HIGHER: _at_risk(Reason.RISK_HIGHER),
}
"""What is alike in every phase."""

TRANSITIONS: Mapping[AlertPhase, Mapping[Event, Transition]] = MappingProxyType(
    {
        AlertPhase.CALM: {
            **_IN_EVERY_PHASE,
            Event.AT_RISK: _at_risk(Reason.ENTERED),
            Event.AT_RISK_AND_FELL: _at_risk(Reason.ENTERED),
        },
        AlertPhase.RECOVERING: {
            **_IN_EVERY_PHASE,
            Event.AT_RISK: _at_risk(Suppressed.COOL_DOWN),
            Event.AT_RISK_AND_FELL: _at_risk(Reason.FELL),
        },
        AlertPhase.DUE: {
            **_IN_EVERY_PHASE,
            Event.AT_RISK: _at_risk(Reason.ENTERED),
            Event.AT_RISK_AND_FELL: _at_risk(Reason.ENTERED),
        },
        AlertPhase.REPORTED: {
            **_IN_EVERY_PHASE,
            Event.AT_RISK: _at_risk(Suppressed.ALREADY_SENT),
            Event.AT_RISK_AND_FELL: _at_risk(Reason.FELL),
        },
    }
)

WHEN_MUTED: Mapping[AlertPhase, AlertPhase] = MappingProxyType(
    {AlertPhase.REPORTED: AlertPhase.DUE, AlertPhase.CALM: AlertPhase.CALM}
)
"""The next phase when the alert of a transition is muted: of an account at risk it stays due."""


@dataclass(frozen=True, slots=True)
class MuteRequest:
    """The request on the account's page: `CSM Quiet Until`, and whether `CSM Verdict` is "false alarm"."""

    until: date | None = None
    false_alarm: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The alert state after the scan, with the reason for an alert, or why it is suppressed, or neither.

    `false_alarm` names the trigger of the alert that the owner newly called false.
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
    """Decide about one account; `now.run_date` is the run date.

    `alert_state` and `trail` (earlier health statuses, oldest first) are those before the run date, so that a day that
    is scanned again is decided alike. `sent_today` is what an earlier scan of the same day sent.
    """
    trail = tuple(trail)
    state, false_alarm = _with_request(alert_state, mute_request, seen=trail[-1] if trail else now, today=now.run_date)
    event = event_of(now, state, trail, at_risk=should_alert)
    transition = TRANSITIONS[state.phase(now.run_date)][event]
    if isinstance(transition.outcome, Reason):
        transition = _unless_muted(transition, now, state.mute)
    if isinstance(transition.outcome, Reason):
        transition = _unless_sent_today(transition, now, sent_today)
    after = replace(state, episode=_episode(state, transition, now.run_date))
    match transition.outcome:
        case Reason() as reason:
            return Decision(replace(after, sent=SentAlert(now, trigger)), reason, None, false_alarm)
        case suppressed:
            if sent_today:
                after = replace(after, sent=SentAlert(sent_today, state.sent.trigger if state.sent else None))
            return Decision(after, None, suppressed, false_alarm)


def event_of(now: HealthStatus, state: AlertState, trail: Iterable[HealthStatus], *, at_risk: bool) -> Event:
    """The strongest change since the last alert: a higher risk, a worse colour, a fall of points."""
    change: Reason | None = worse(now, state.last_sent) if state.last_sent else None
    if change is None and _fell(now, state.last_sent, trail):
        change = Reason.FELL
    match change:
        case Reason.RISK_HIGHER:
            return Event.AT_RISK_AND_RISK_HIGHER if at_risk else Event.RISK_HIGHER
        case Reason.COLOUR_WORSE:
            return Event.AT_RISK_AND_COLOUR_WORSE if at_risk else Event.COLOUR_WORSE
        case Reason.FELL:
            return Event.AT_RISK_AND_FELL if at_risk else Event.FELL
    return Event.AT_RISK if at_risk else Event.UNCHANGED


def worse(now: HealthStatus, before: HealthStatus) -> Literal[Reason.RISK_HIGHER, Reason.COLOUR_WORSE] | None:
    """In what `now` is worse than `before`; None if in nothing."""
    if RISKS.index(now.churn_risk) > RISKS.index(before.churn_risk):
        return Reason.RISK_HIGHER
    if COLOURS.index(now.rag) > COLOURS.index(before.rag):
        return Reason.COLOUR_WORSE
    return None


def muted(now: HealthStatus, mute: Mute | None) -> Suppressed | None:
    """The mute that holds on the run date; none if the account is worse than when it was asked for."""
    if mute is None or worse(now, mute.asked_at):
        return None
    if mute.until and now.run_date < mute.until:
        return Suppressed.MUTED_UNTIL
    if mute.false_alarm_since and now.run_date < mute.false_alarm_since + FALSE_ALARM_MUTES_FOR:
        return Suppressed.FALSE_ALARM
    return None


def _unless_muted(transition: Transition, now: HealthStatus, mute: Mute | None) -> Transition:
    suppressed = muted(now, mute)
    return Transition(WHEN_MUTED[transition.next], suppressed) if suppressed else transition


def _unless_sent_today(transition: Transition, now: HealthStatus, sent_today: HealthStatus | None) -> Transition:
    """A second alert of a day is sent only if the account is worse than in the first."""
    if sent_today and sent_today.churn_risk != now.churn_risk and not worse(now, sent_today):
        return replace(transition, outcome=Suppressed.ALREADY_SENT)
    return transition


def _episode(state: AlertState, transition: Transition, today: date) -> Episode | None:
    if transition.next is AlertPhase.CALM:
        return None
    return Episode(state.alerting_since or today, reported=transition.next is AlertPhase.REPORTED)


def _fell(now: HealthStatus, sent: HealthStatus | None, trail: Iterable[HealthStatus]) -> bool:
    """True if the score fell by `FALL_POINTS` within `FALL_WINDOW`, and since the last alert."""
    start = now.run_date - FALL_WINDOW
    if sent and sent.run_date >= start:
        start = sent.run_date
    return any(past.run_date >= start and past.score - now.score >= FALL_POINTS for past in trail)


def _with_request(
    state: AlertState, request: MuteRequest, *, seen: HealthStatus, today: date
) -> tuple[AlertState, str | None]:
    """The state with what the owner asked for, having `seen` a health status, and the trigger of an alert newly called
    false.
    """
    mute, sent = state.mute, state.sent
    false_alarm_since = mute.false_alarm_since if mute else None
    newly_until = request.until is not None and request.until != (mute.until if mute else None)
    newly_false = request.false_alarm and false_alarm_since is None
    if request.until or request.false_alarm:
        asked_at = mute.asked_at if mute and not (newly_until or newly_false) else seen
        since = (false_alarm_since or today) if request.false_alarm else None
        state = replace(state, mute=Mute(asked_at, request.until, since))
    else:
        state = replace(state, mute=None)
    if sent and newly_false and not sent.called_false:
        return replace(state, sent=replace(sent, called_false=True)), sent.trigger or "score"
    return state, None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An alert that waits to be sent; `delivery` is None until it is ranked."""

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
    ranked before stays in its place and counts against the owner's share.
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
