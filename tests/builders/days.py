"""Plays an account through days of scans, remembering what the policy remembers."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from customer_success.accounts.memory import Memory
from customer_success.accounts.row import trail_after
from customer_success.alerts.policy import Decision, Wishes, decide
from customer_success.scoring.standing import Standing

FIRST_DAY = date(2026, 3, 2)

NOWHERE_NEAR = {"rag": "GREEN", "churn_risk": "low", "score": 85.0}
AT_RISK = {"rag": "AMBER", "churn_risk": "high", "score": 55.0}
IN_DANGER = {"rag": "RED", "churn_risk": "critical", "score": 30.0}
RED_ONLY = {"rag": "RED", "churn_risk": "medium", "score": 38.0}


@dataclass
class Days:
    """One account, scanned on days counted from `FIRST_DAY`."""

    memory: Memory = field(default_factory=Memory)
    trail: tuple[Standing, ...] = ()

    def scan(
        self,
        day: int,
        standing: dict[str, object],
        *,
        wishes: Wishes | None = None,
        told_today: Standing | None = None,
        remember: bool = True,
    ) -> Decision:
        now = Standing(on=FIRST_DAY + timedelta(days=day), **standing)  # type: ignore[arg-type]
        decision = decide(
            now,
            should_alert=now.rag == "RED" or now.churn_risk in ("high", "critical"),
            trigger="both" if now.churn_risk == "critical" else None,
            memory=self.memory,
            trail=self.trail,
            wishes=wishes or Wishes(),
            told_today=told_today,
        )
        if remember:
            self.memory, self.trail = decision.memory, trail_after(self.trail, now)
        return decision
