"""An alert as it is stored: its message, its delivery, and its outcome on each channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime
from typing import Literal

from customer_success.alerts.policy import Candidate, Delivery
from customer_success.dataclass import dataclass
from customer_success.messages import ChurnAlert
from customer_success.schemas import ChannelOutcome, CSMAlertResult

Channel = Literal["notion", "event_bus", "email_alert", "chat_alert"]
CHANNELS: tuple[Channel, ...] = ("notion", "event_bus", "email_alert", "chat_alert")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an alert on a channel; `reference` is the vendor's id, `reason` why it failed or was skipped."""

    state: Literal["delivered", "failed", "skipped"]
    reference: str | None = None
    reason: str | None = None


Verdict = Literal["true alarm", "false alarm"]


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who has taken care of an alert, when, and what they made of it.

    It is `handed_on` once verdict and mute are on their way to the account's page.
    """

    by: str
    at: datetime
    note: str | None = None
    verdict: Verdict | None = None
    quiet_until: date | None = None
    handed_on: bool = False


@dataclass(frozen=True, slots=True)
class AlertEntry:
    """One alert. `delivery` is None until it is ranked; a `held` one is sent on the next working day."""

    alert: ChurnAlert
    state: Literal["pending", "published"] = "pending"
    delivery: Delivery | None = None
    held: bool = False
    outcomes: Mapping[Channel, Outcome] = field(default_factory=dict)
    acknowledged: Acknowledgement | None = None

    @property
    def alert_id(self) -> str:
        return self.alert.alert_id

    @property
    def result(self) -> CSMAlertResult:
        """What became of the alert, as its caller sees it; `pending` where no outcome is written yet."""
        mail = self.outcomes.get("email_alert")
        return CSMAlertResult(
            alert_id=self.alert_id,
            account_id=self.alert.account_id,
            channels={name: self._state_on(name) for name in CHANNELS},
            draft_id=mail.reference if mail else None,
        )

    def _state_on(self, channel: Channel) -> ChannelOutcome:
        """An alert in the digest alone is not for mail and chat."""
        if outcome := self.outcomes.get(channel):
            return outcome.state
        single = channel in ("notion", "event_bus") or self.delivery == "single" or self.held
        return "pending" if single or self.delivery is None else "skipped"

    @property
    def candidate(self) -> Candidate:
        alert = self.alert
        return Candidate(
            alert.alert_id, alert.account_id, alert.owner_email, alert.churn_risk, alert.arr, self.delivery
        )
