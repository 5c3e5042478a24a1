"""The health of one account, answered from its row: what it is, or what it would be with other signals."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal

from pydantic import ValidationError

from customer_success.accounts.ports import AccountRows
from customer_success.accounts.readable_signals import ReadableSignals, readable_signals
from customer_success.dataclass import dataclass
from customer_success.errors import Refused
from customer_success.results import JobResult
from customer_success.schemas import ChurnRiskResult, Confidence, CSMHealthScore, CSMHealthSignals, refusals
from customer_success.scoring import words
from customer_success.scoring.scorer import CSMHealthScorer, InsufficientDataError


class CannotBeScored(Refused):
    """Signals from which no score can be made: one is out of its bounds, or too little is known."""


class HealthScanResult(JobResult):
    """The health of one account: what it is, or what it would be with the signals that were given."""

    task_type: Literal["health_scan"] = "health_scan"
    account_id: str
    health: CSMHealthScore
    churn: ChurnRiskResult
    """Its churn risk, with the reasons."""
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class HealthScan:
    """Scores one account. Nothing is stored and no alert is sent."""

    accounts: AccountRows
    scorer: CSMHealthScorer

    def __call__(self, account_id: str, signals: Mapping[str, Any], *, on: date, now: datetime) -> HealthScanResult:
        """Score the account on the day `on`, with `signals` laid over its own.

        A value of the account's own that is out of bounds is unknown. Raises `Refused` for an account that is not known
        and brings no signals, `CannotBeScored` for given signals that are out of bounds or too few to be scored.
        """
        row = self.accounts.get(account_id)
        if row is None and not signals:
            raise Refused(f"account {account_id!r} is not known; it is known once a scan has read it")
        own = readable_signals(row.account, on) if row else ReadableSignals(CSMHealthSignals())
        try:
            laid_over = CSMHealthSignals.model_validate({**own.signals.model_dump(), **signals})
            score = self.scorer.score(laid_over, account_id, now)
        except ValidationError as error:
            reasons = "; ".join(str(refusal) for refusal in refusals(error))
            raise CannotBeScored(f"account {account_id!r}: {reasons}") from error
        except InsufficientDataError as error:
            raise CannotBeScored("; ".join((str(error), *map(str, own.refused)))) from error
        before = row.latest_before(on) if row else None
        explanation = words.explain(score, before.last if before else None, {}, row.latest.since if row else on)
        churn = words.churn_narrative(score, explanation)
        confidence: Confidence = "medium" if any(one.field not in signals for one in own.refused) else "high"
        return HealthScanResult(account_id=account_id, health=score, churn=churn, confidence=confidence)
