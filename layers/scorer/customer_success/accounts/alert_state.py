"""Alert state: which alert of an account was sent last, whether one is due, and what its owner asked for."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from customer_success.dataclass import dataclass
from customer_success.scoring.health_status import HealthStatus

FALL_WINDOW = timedelta(days=7)
COOL_DOWN = timedelta(days=14)


class AlertPhase(StrEnum):
    """Where an account is between calm and reported."""

    CALM = "calm"
    """Not at risk, and no alert was sent within `COOL_DOWN`."""
    RECOVERING = "recovering"
    """Not at risk, and an alert was sent within `COOL_DOWN`."""
    DUE = "due"
    """At risk, and its alert is still to be sent: it was muted when the account became at risk."""
    REPORTED = "reported"
    """At risk, and needs no further alert while it gets no worse."""


@dataclass(frozen=True, slots=True)
class Episode:
    """A time at risk, from its first day on. Its phase is `REPORTED` or `DUE`."""

    since: date
    reported: bool


@dataclass(frozen=True, slots=True)
class SentAlert:
    """The health status that the last alert reported, and the alert's trigger.

    `called_false` is true once the owner called that alert a false alarm.
    """

    health_status: HealthStatus
    trigger: str | None = None
    called_false: bool = False


@dataclass(frozen=True, slots=True)
class Mute:
    """What the owner asked for: no alert `until` a day, or "false alarm", first seen on `false_alarm_since`, or both.

    Neither holds once the account is worse than `asked_at`, the health status that the owner saw.
    """

    asked_at: HealthStatus
    until: date | None = None
    false_alarm_since: date | None = None


@dataclass(frozen=True, slots=True)
class AlertState:
    """What one scan hands to the next about an account's alerts. `episode` is None while the account is not at risk."""

    episode: Episode | None = None
    sent: SentAlert | None = None
    mute: Mute | None = None

    def phase(self, run_date: date) -> AlertPhase:
        """The phase before the scan of the run date."""
        if self.episode:
            return AlertPhase.REPORTED if self.episode.reported else AlertPhase.DUE
        if self.sent and run_date - self.sent.health_status.run_date <= COOL_DOWN:
            return AlertPhase.RECOVERING
        return AlertPhase.CALM

    @property
    def alerting_since(self) -> date | None:
        """The first day of the present time at risk."""
        return self.episode.since if self.episode else None

    @property
    def last_sent(self) -> HealthStatus | None:
        """The health status that the last alert reported."""
        return self.sent.health_status if self.sent else None
