"""The agent: routes a task to what does it, and is the boundary at which everything fails open."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from customer_success.errors import Misconfigured, Refused, Unavailable
from customer_success.health_scorer import CSMHealthScorer
from customer_success.periods import run_date
from customer_success.ports import (
    AccountRows,
    AdoptionReports,
    Drafts,
    Ledger,
    Narrator,
    QbrPages,
    Qbrs,
    ScoreHistory,
)
from customer_success.rules_narrator import RulesNarrator
from customer_success.schemas import refusals
from customer_success.tasks.generate_qbr import GenerateQbr, QbrRequest
from customer_success.tasks.health_scan import HealthScan
from customer_success.tasks.track_feature_adoption import TrackFeatureAdoption

SUPPORTED = ("health_scan", "generate_qbr", "check_expansion", "track_feature_adoption")

logger = logging.getLogger(__name__)


class CustomerSuccessAgent:
    """Does one task for one account.

    Every port may be None: what needs it is skipped with a logged warning and told in the result. Without a
    `narrator` reviews are written by rule.
    """

    def __init__(
        self,
        *,
        accounts: AccountRows | None,
        scorer: CSMHealthScorer,
        timezone: str = "UTC",
        history: ScoreHistory | None = None,
        alerts: object | None = None,
        narrator: Narrator | None = None,
        drafts: Drafts | None = None,
        handoff: object | None = None,
        qbrs: Qbrs | None = None,
        qbr_pages: QbrPages | None = None,
        adoption_reports: AdoptionReports | None = None,
        ledger: Ledger | None = None,
        fallback_owner: str | None = None,
    ) -> None:
        self._accounts = accounts
        self._scorer = scorer
        self._timezone = timezone
        self._history, self._alerts, self._narrator = history, alerts, narrator
        self._drafts, self._handoff = drafts, handoff
        self._qbrs, self._qbr_pages, self._adoption_reports = qbrs, qbr_pages, adoption_reports
        self._ledger, self._fallback_owner = ledger, fallback_owner
        self._tasks = {
            "health_scan": self._health_scan,
            "generate_qbr": self._generate_qbr,
            "check_expansion": self._not_configured,
            "track_feature_adoption": self._track_feature_adoption,
        }

    def execute(self, task: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
        """Do `task["type"]` for `task["account_id"]`, with `task["signals"]` laid over the account's own.

        `context["now"]` is the moment of the task, an aware datetime. Raises ValueError for an unknown task type and
        nothing else: what cannot be done answers with `error`, `partial` and `retryable`.
        """
        kind = task.get("type")
        if not isinstance(kind, str) or kind not in self._tasks:
            raise ValueError(f"Unknown task type: {kind!r}. Supported: {', '.join(SUPPORTED)}")
        try:
            return self._tasks[kind](task, context)
        except ValidationError as error:
            reasons = "; ".join(str(refusal) for refusal in refusals(error))
            return _failed(kind, f"account {task.get('account_id')!r}: {reasons}", retryable=False)
        except (Refused, Misconfigured, ValueError) as error:
            return _failed(kind, str(error), retryable=False)
        except Unavailable as error:
            logger.warning("task %s failed open: %s", kind, error)
            return _failed(kind, str(error), retryable=True)
        except Exception as error:  # the fail-open boundary
            logger.exception("task %s failed open", kind)
            return _failed(kind, f"{type(error).__name__}: {error}", retryable=False)

    def _health_scan(self, task: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
        if self._accounts is None:
            return self._without("health_scan", "the port accounts")
        account_id, signals = _account_id(task), task.get("signals") or {}
        if not isinstance(signals, Mapping):
            raise Refused(f"account {account_id!r}: signals: {signals!r} is not an object of signals by their names")
        now = _now(account_id, context)
        scan = HealthScan(self._accounts, self._scorer)
        return scan(account_id, signals, on=run_date(now, self._timezone), now=now)

    def _generate_qbr(self, task: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
        accounts, history, qbrs = self._accounts, self._history, self._qbrs
        reports, ledger = self._adoption_reports, self._ledger
        if accounts is None or history is None or qbrs is None or reports is None or ledger is None:
            ports = {"accounts": accounts, "history": history, "qbrs": qbrs, "adoption_reports": reports}
            missing = [name for name, port in {**ports, "ledger": ledger}.items() if port is None]
            return self._without("generate_qbr", f"the port {', '.join(missing)}")
        account_id = _account_id(task)
        now = _now(account_id, context)
        by_rule = RulesNarrator()
        review = GenerateQbr(
            rows=accounts,
            history=history,
            reports=reports,
            qbrs=qbrs,
            narrator=self._narrator or by_rule,
            by_rule=by_rule,
            pages=self._qbr_pages,
            drafts=self._drafts,
            ledger=ledger,
            fallback_owner=self._fallback_owner,
            count=_not_counted,
        )
        # Nothing delivers this task again, so what only enriches the review is done without at once.
        request = str(context.get("request") or f"{account_id}@{now.isoformat()}")
        return review(QbrRequest(account_id, run_date(now, self._timezone), request, last_try=True))

    def _track_feature_adoption(self, task: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
        if self._accounts is None or self._adoption_reports is None:
            missing = "accounts" if self._accounts is None else "adoption_reports"
            return self._without("track_feature_adoption", f"the port {missing}")
        account_id = _account_id(task)
        now = _now(account_id, context)
        track = TrackFeatureAdoption(self._accounts, self._adoption_reports)
        return track(account_id, on=run_date(now, self._timezone))

    def _not_configured(self, task: Mapping[str, Any], _context: Mapping[str, Any]) -> dict[str, Any]:
        return self._without(str(task["type"]), "what does it")

    def _without(self, kind: str, port: str) -> dict[str, Any]:
        logger.warning("task %s was skipped: %s is not configured", kind, port)
        return _failed(kind, f"{kind} was skipped: {port} is not configured", retryable=False)


def _account_id(task: Mapping[str, Any]) -> str:
    account_id = task.get("account_id")
    if not isinstance(account_id, str) or not account_id:
        raise Refused(f"account_id: {account_id!r} is not the id of an account")
    return account_id


def _now(account_id: str, context: Mapping[str, Any]) -> datetime:
    now = context.get("now")
    if not isinstance(now, datetime) or now.tzinfo is None:
        raise Refused(f"account {account_id!r}: now: {now!r} in the context is not a moment with a time zone")
    return now


def _not_counted(_counts: Mapping[str, float]) -> None:
    """Whoever calls the agent counts by the result."""


def _failed(kind: str, error: str, *, retryable: bool) -> dict[str, Any]:
    return {"task_type": kind, "error": error, "confidence": "low", "partial": True, "retryable": retryable}
