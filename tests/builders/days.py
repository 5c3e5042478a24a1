"""Plays an account through days of scans, remembering what the policy remembers."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from customer_success.accounts.alert_state import AlertState
from customer_success.accounts.row import trail_after
from customer_success.alerts.policy import Decision, MuteRequest, decide
from customer_success.scoring.health_status import HealthStatus

FIRST_DAY = date(2026, 3, 2)

NOWHERE_NEAR = {"rag": "GREEN", "churn_risk": "low", "score": 85.0}
AT_RISK = {"rag": "AMBER", "churn_risk": "high", "score": 55.0}
IN_DANGER = {"rag": "RED", "churn_risk": "critical", "score": 30.0}
RED_ONLY = {"rag": "RED", "churn_risk": "medium", "score": 38.0}


@dataclass
class Days:
    """One account, scanned on days counted from `FIRST_DAY`."""

    memory: AlertState = field(default_factory=AlertState)
    trail: tuple[HealthStatus, ...] = ()

    def scan(
        self,
        day: int,
        status: dict[str, object],
        *,
        mute_request: MuteRequest | None = None,
        sent_today: HealthStatus | None = None,
        remember: bool = True,
    ) -> Decision:
        now = HealthStatus(run_date=FIRST_DAY + timedelta(days=day), **status)  # type: ignore[arg-type]
        decision = decide(
            now,
            should_alert=now.rag == "RED" or now.churn_risk in ("high", "critical"),
            trigger="both" if now.churn_risk == "critical" else None,
            alert_state=self.memory,
            trail=self.trail,
            mute_request=mute_request or MuteRequest(),
            sent_today=sent_today,
        )
        if remember:
            self.memory, self.trail = decision.alert_state, trail_after(self.trail, now)
        return decision
