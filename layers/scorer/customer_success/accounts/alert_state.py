"""What is remembered of an account between scans: what was sent, and what its owner asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from pydantic import Field

from customer_success.scoring.health_status import HealthStatus

FALL_WINDOW = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class AlertState:
    """What is remembered of an account from one scan to the next.

    `alerting_since` is the first day of the present episode in an alerting state, and `settled` is true while that
    episode needs no further word. `told` is how the account stood when it was last told, `told_trigger` by which
    trigger. `hushed` is how it stood when a person last asked for quiet; `quiet_until` and `false_alarm_on` (the day
    the verdict was first seen) are what they asked; `called_false` is the day of the alert that was last called false.
    """

    alerting_since: date | None = None
    settled: bool = False
    last_sent: Annotated[HealthStatus | None, Field(alias="told")] = None
    last_trigger: Annotated[str | None, Field(alias="told_trigger")] = None
    status_when_muted: Annotated[HealthStatus | None, Field(alias="hushed")] = None
    false_alarm_sent_on: Annotated[date | None, Field(alias="called_false")] = None
    muted_until: Annotated[date | None, Field(alias="quiet_until")] = None
    false_alarm_since: Annotated[date | None, Field(alias="false_alarm_on")] = None
