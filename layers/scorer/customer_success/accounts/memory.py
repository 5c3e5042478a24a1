"""What is remembered of an account between scans: what was sent, and what its owner asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from customer_success.scoring.standing import Standing

FALL_WINDOW = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of an account from one scan to the next.

    `alerting_since` is the first day of the present episode in an alerting state, and `settled` is true while that
    episode needs no further word. `told` is how the account stood when it was last told, `told_trigger` by which
    trigger. `hushed` is how it stood when a person last asked for quiet; `quiet_until` and `false_alarm_on` (the day
    the verdict was first seen) are what they asked; `called_false` is the day of the alert that was last called false.
    """

    alerting_since: date | None = None
    settled: bool = False
    told: Standing | None = None
    told_trigger: str | None = None
    hushed: Standing | None = None
    called_false: date | None = None
    quiet_until: date | None = None
    false_alarm_on: date | None = None
