"""The transition table of an account's alerts, walked whole, and the decisions of 100 recorded histories."""

import json
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from customer_success.accounts.alert_state import AlertPhase, AlertState, Episode, Mute, SentAlert
from customer_success.accounts.row import trail_after
from customer_success.accounts.stored_alert_state import from_stored, to_stored
from customer_success.alerts.policy import (
    TRANSITIONS,
    WHEN_MUTED,
    Decision,
    Event,
    MuteRequest,
    Reason,
    Suppressed,
    decide,
    event_of,
)
from customer_success.scoring.health_status import HealthStatus

TODAY = date(2026, 3, 2)
RECORDED = json.loads((Path(__file__).parents[1] / "samples/landed/decisions.json").read_text(encoding="utf-8"))


def status(days_ago: int, rag: str, churn_risk: str, score: float = 50.0) -> HealthStatus:
    return HealthStatus(TODAY - timedelta(days=days_ago), score, rag, churn_risk)


# The status that the last alert reported, today's, and the one of yesterday, for each event.
FOUND: dict[Event, tuple[HealthStatus, HealthStatus, HealthStatus]] = {
    Event.UNCHANGED: (status(0, "AMBER", "medium"), status(0, "AMBER", "medium"), status(1, "AMBER", "medium")),
    Event.FELL: (status(0, "AMBER", "medium"), status(0, "AMBER", "medium"), status(1, "AMBER", "medium", 65.0)),
    Event.COLOUR_WORSE: (status(0, "GREEN", "medium"), status(0, "AMBER", "medium"), status(1, "AMBER", "medium")),
    Event.RISK_HIGHER: (status(0, "AMBER", "low"), status(0, "AMBER", "medium"), status(1, "AMBER", "medium")),
    Event.AT_RISK: (status(0, "AMBER", "high"), status(0, "AMBER", "high"), status(1, "AMBER", "high")),
    Event.AT_RISK_AND_FELL: (status(0, "AMBER", "high"), status(0, "AMBER", "high"), status(1, "AMBER", "high", 65.0)),
    Event.AT_RISK_AND_COLOUR_WORSE: (status(0, "AMBER", "high"), status(0, "RED", "high"), status(1, "RED", "high")),
    Event.AT_RISK_AND_RISK_HIGHER: (status(0, "RED", "high"), status(0, "RED", "critical"), status(1, "RED", "high")),
}

ENTERED, FELL, COLOUR, RISK = Reason.ENTERED, Reason.FELL, Reason.COLOUR_WORSE, Reason.RISK_HIGHER
ALREADY_SENT, COOL_DOWN = Suppressed.ALREADY_SENT, Suppressed.COOL_DOWN

# What comes of each event in each phase, in the order of `Event`.
EXPECTED: dict[AlertPhase, tuple[Reason | Suppressed | None, ...]] = {
    AlertPhase.CALM: (None, FELL, COLOUR, RISK, ENTERED, ENTERED, COLOUR, RISK),
    AlertPhase.RECOVERING: (None, FELL, COLOUR, RISK, COOL_DOWN, FELL, COLOUR, RISK),
    AlertPhase.DUE: (None, FELL, COLOUR, RISK, ENTERED, ENTERED, COLOUR, RISK),
    AlertPhase.REPORTED: (None, FELL, COLOUR, RISK, ALREADY_SENT, FELL, COLOUR, RISK),
}
PAIRS = [(phase, event, outcome) for phase, row in EXPECTED.items() for event, outcome in zip(Event, row, strict=True)]


def state_in(phase: AlertPhase, last: HealthStatus) -> AlertState:
    """An account in a phase, whose last alert reported the status `last`: in `CALM` more than 14 days ago."""
    days_ago = 15 if phase is AlertPhase.CALM else 10
    sent = SentAlert(replace(last, run_date=TODAY - timedelta(days=days_ago)), "both")
    since = TODAY - timedelta(days=12)
    match phase:
        case AlertPhase.DUE | AlertPhase.REPORTED:
            return AlertState(Episode(since, reported=phase is AlertPhase.REPORTED), sent)
    return AlertState(sent=sent)


def played(
    phase: AlertPhase, event: Event, mute: Mute | None = None, sent_today: HealthStatus | None = None
) -> Decision:
    last, now, yesterday = FOUND[event]
    state = replace(state_in(phase, last), mute=mute)
    at_risk = now.rag == "RED" or now.churn_risk in ("high", "critical")
    assert (state.phase(TODAY), event_of(now, state, [yesterday], at_risk=at_risk)) == (phase, event)
    request = MuteRequest(mute.until, mute.false_alarm_since is not None) if mute else MuteRequest()
    return decide(
        now,
        should_alert=at_risk,
        trigger="behavioral",
        alert_state=state,
        trail=[yesterday],
        mute_request=request,
        sent_today=sent_today,
    )


def test_every_phase_knows_every_event() -> None:
    assert {(phase, event) for phase, row in TRANSITIONS.items() for event in row} == set(product(AlertPhase, Event))
    assert {(phase, event) for phase, event, _ in PAIRS} == set(product(AlertPhase, Event))
    assert set(WHEN_MUTED) == {transition.next for row in TRANSITIONS.values() for transition in row.values()}


@pytest.mark.parametrize(("phase", "event", "outcome"), PAIRS)
def test_an_event_leads_where_the_table_says(
    phase: AlertPhase, event: Event, outcome: Reason | Suppressed | None
) -> None:
    # GIVEN an account in a phase  WHEN a scan finds the event
    decision = played(phase, event)
    # THEN the alert is sent, or not, for the reason in the table
    assert (decision.alert or decision.suppressed) == outcome
    # AND the account is reported while it is at risk, or else recovers from the last alert
    sent_lately = isinstance(outcome, Reason) or phase is not AlertPhase.CALM
    out_of_risk = AlertPhase.RECOVERING if sent_lately else AlertPhase.CALM
    assert decision.alert_state.phase(TODAY) is (AlertPhase.REPORTED if event.startswith("at risk") else out_of_risk)
    # AND the state remembers the alert that was sent last
    last = decision.alert_state.last_sent
    assert last is not None
    assert (last.run_date == TODAY) == isinstance(outcome, Reason)


@pytest.mark.parametrize(("phase", "event", "outcome"), PAIRS)
@pytest.mark.parametrize("until", [True, False])
def test_a_muted_alert_is_not_sent_and_stays_due_while_the_account_is_at_risk(
    phase: AlertPhase, event: Event, outcome: Reason | Suppressed | None, until: bool
) -> None:
    # GIVEN the same, and an owner who muted the account as it is now
    asked_at = FOUND[event][1]
    mute = Mute(asked_at, until=TODAY + timedelta(days=1)) if until else Mute(asked_at, false_alarm_since=TODAY)
    # WHEN the scan finds the event
    decision = played(phase, event, mute)
    # THEN what would be sent is muted
    expected: Reason | Suppressed | None = outcome
    if isinstance(outcome, Reason):
        expected = Suppressed.MUTED_UNTIL if until else Suppressed.FALSE_ALARM
    assert (decision.alert, decision.suppressed) == (None, expected)
    # AND of an account at risk it stays due
    if event.startswith("at risk"):
        due = AlertPhase.DUE if isinstance(outcome, Reason) else AlertPhase.REPORTED
        assert decision.alert_state.phase(TODAY) is due


@pytest.mark.parametrize(("phase", "event", "outcome"), PAIRS)
def test_a_second_alert_of_a_day_is_sent_only_if_the_account_is_worse(
    phase: AlertPhase, event: Event, outcome: Reason | Suppressed | None
) -> None:
    # GIVEN an earlier scan of the day that sent a higher risk
    earlier = status(0, "RED", "critical")
    decision = played(phase, event, sent_today=earlier)
    now = FOUND[event][1]
    if now.churn_risk == earlier.churn_risk:
        # THEN the very same alert is sent again under its id
        assert decision.alert is outcome
    else:
        expected = Suppressed.ALREADY_SENT if isinstance(outcome, Reason) else outcome
        assert (decision.alert, decision.suppressed) == (None, expected)
        assert decision.alert_state.last_sent == earlier


def day_of(number: int | None) -> date | None:
    return None if number is None else TODAY + timedelta(days=number)


def recorded_state(memory: dict[str, Any]) -> AlertState:
    """The alert state that a recorded history ends with."""
    statuses = {
        name: value and {"on": day_of(value[0]), "rag": value[1], "churn_risk": value[2], "score": value[3]}
        for name, value in memory.items()
        if name in ("told", "hushed")
    }
    days = {name: day_of(memory[name]) for name in ("alerting_since", "called_false", "quiet_until", "false_alarm_on")}
    return from_stored({**memory, **statuses, **days})


@pytest.mark.parametrize("history", RECORDED, ids=lambda history: f"{len(history['steps'])}-scans")
def test_decisions_are_those_that_were_recorded(history: dict[str, Any]) -> None:
    """A step: scan, again (the day once more) or left (inactive); day; colour, risk, score; at risk; trigger; muted
    until; false alarm. Then what was decided: the alert, why it was suppressed, the alert newly called false.
    """
    state = before = AlertState()
    trail: tuple[HealthStatus, ...] = ()
    seen: HealthStatus | None = None
    for kind, day, *rest in history["steps"]:
        if kind != "again" and seen:
            trail = trail_after(trail, seen)
        if kind == "left":
            state, trail, seen = AlertState(sent=state.sent), (), None
            continue
        rag, risk, score, at_risk, trigger, until, false_alarm, *expected = rest
        run_date = TODAY + timedelta(days=day)
        before = before if kind == "again" else state
        sent_today = state.last_sent if kind == "again" and state.last_sent else None
        seen = HealthStatus(run_date, score, rag, risk)
        decision = decide(
            seen,
            should_alert=at_risk,
            trigger=trigger,
            alert_state=before,
            trail=trail,
            mute_request=MuteRequest(day_of(until), false_alarm),
            sent_today=sent_today if sent_today and sent_today.run_date == run_date else None,
        )
        names = {"ALREADY_TOLD": "ALREADY_SENT", "QUIET_UNTIL": "MUTED_UNTIL"}
        outcome = [
            decision.alert and decision.alert.name,
            decision.suppressed and decision.suppressed.name,
            decision.false_alarm,
        ]
        assert outcome == [expected[0], names.get(expected[1], expected[1]), expected[2]]
        state = decision.alert_state
    assert state == recorded_state(history["memory"])
    assert from_stored(to_stored_json(state)) == state


def to_stored_json(state: AlertState) -> dict[str, Any]:
    from pydantic import TypeAdapter

    from customer_success.accounts.stored_alert_state import StoredAlertState

    adapter = TypeAdapter(StoredAlertState)
    return adapter.dump_python(to_stored(state), mode="json", by_alias=True)  # type: ignore[no-any-return]
