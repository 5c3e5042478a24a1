"""The alert state as it is stored in account rows, under the names of the attribute `memory`."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from customer_success.accounts.alert_state import AlertState, Episode, Mute, SentAlert
from customer_success.dataclass import dataclass
from customer_success.scoring.health_status import HealthStatus

_UNKNOWN = HealthStatus(date.min, 0.0, "RED", "critical")
"""Stands for a status that was not stored: no account is worse, so the mute holds."""


@dataclass(frozen=True, slots=True)
class StoredAlertState:
    """`last_sent` is the status last reported, `status_at_mute` the status when it was muted, `called_false` the day of
    the alert that was called false.
    """

    alerting_since: date | None = None
    settled: bool = False
    last_sent: Annotated[HealthStatus | None, Field(alias="told")] = None
    last_trigger: Annotated[str | None, Field(alias="told_trigger")] = None
    status_at_mute: Annotated[HealthStatus | None, Field(alias="hushed")] = None
    called_false: date | None = None
    quiet_until: date | None = None
    false_alarm_on: date | None = None


@cache
def _stored() -> TypeAdapter[StoredAlertState]:
    return TypeAdapter(StoredAlertState)


def from_stored(value: Any) -> AlertState:
    """The alert state of a row's attribute. Raises `ValueError` for what is none."""
    if isinstance(value, AlertState):
        return value
    stored = _stored().validate_python(value)
    called_false = stored.last_sent is not None and stored.last_sent.run_date == stored.called_false
    muted = stored.quiet_until or stored.false_alarm_on
    return AlertState(
        Episode(stored.alerting_since, stored.settled) if stored.alerting_since else None,
        SentAlert(stored.last_sent, stored.last_trigger, called_false) if stored.last_sent else None,
        Mute(stored.status_at_mute or _UNKNOWN, stored.quiet_until, stored.false_alarm_on) if muted else None,
    )


def to_stored(state: AlertState) -> StoredAlertState:
    """The attribute of a row for an alert state."""
    episode, sent, mute = state.episode, state.sent, state.mute
    return StoredAlertState(
        alerting_since=episode.since if episode else None,
        settled=episode.reported if episode else False,
        last_sent=sent.health_status if sent else None,
        last_trigger=sent.trigger if sent else None,
        status_at_mute=mute.asked_at if mute and mute.asked_at is not _UNKNOWN else None,
        called_false=sent.health_status.run_date if sent and sent.called_false else None,
        quiet_until=mute.until if mute else None,
        false_alarm_on=mute.false_alarm_since if mute else None,
    )
