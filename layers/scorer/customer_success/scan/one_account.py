"""The health of one account, answered from its row: what it is, or what it would be with other signals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from customer_success.accounts.ports import AccountRows
from customer_success.errors import Refused
from customer_success.schemas import CSMHealthSignals
from customer_success.scoring import words
from customer_success.scoring.scorer import CSMHealthScorer


@dataclass(frozen=True, slots=True)
class HealthScan:
    """Scores one account. Nothing is stored and nobody is told."""

    accounts: AccountRows
    scorer: CSMHealthScorer

    def __call__(self, account_id: str, signals: Mapping[str, Any], *, on: date, now: datetime) -> dict[str, Any]:
        """Score the account on the day `on`, with `signals` laid over its own.

        Raises `Refused` for an account that is not known and brings no signals, `ValueError` for signals that cannot
        be scored.
        """
        row = self.accounts.get(account_id)
        if row is None and not signals:
            raise Refused(f"account {account_id!r} is not known; it is known once a scan has read it")
        known = row.account.signals_on(on) if row else {}
        score = self.scorer.score(CSMHealthSignals.model_validate({**known, **signals}), account_id, now)
        before = row.latest_before(on) if row else None
        said = words.explain(score, before.last if before else None, {}, row.latest.since if row else on)
        return {
            "task_type": "health_scan",
            "account_id": account_id,
            "health": score.model_dump(mode="json"),
            "churn": words.churn_narrative(score, said).model_dump(mode="json"),
            "confidence": "high",
        }
