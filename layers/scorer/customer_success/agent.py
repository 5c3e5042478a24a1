"""The agent: routes a task to what does it, and is the boundary at which everything fails open."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from customer_success.accounts.ports import AccountRows, ScoreHistory
from customer_success.adoption.ports import AdoptionPeers, AdoptionReports, AdoptionSections, FeatureUsages
from customer_success.adoption.track_feature_adoption import AdoptionRequest, TrackFeatureAdoption
from customer_success.errors import Misconfigured, Refused, Unavailable
from customer_success.expansion.check_expansion import CheckExpansion, ExpansionRequest
from customer_success.expansion.ports import ExpansionRecords, Offers
from customer_success.expansion.price_list import PriceList
from customer_success.expansion.rules_writer import OffersByRule
from customer_success.metrics import Metric
from customer_success.narration.ports import Narrator
from customer_success.periods import run_date
from customer_success.ports import Drafts, Ledger, Outbox
from customer_success.reviews.generate_qbr import GenerateQbr, QbrRequest
from customer_success.reviews.ports import QbrPages, Qbrs
from customer_success.reviews.rules_writer import ReviewByRule
from customer_success.scan.one_account import HealthScan
from customer_success.schemas import refusals
from customer_success.scoring.scorer import CSMHealthScorer

SUPPORTED = ("health_scan", "generate_qbr", "check_expansion", "track_feature_adoption")

logger = logging.getLogger(__name__)


class CustomerSuccessAgent:
    """Does one task for one account.

    Every port may be None: what needs it is skipped with a logged warning and told in the result. Without a
    `narrator` the rules write; without a `handoff` or anybody in Sales an offer is found and recorded, not dispatched.
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
        handoff: Outbox | None = None,
        qbrs: Qbrs | None = None,
        qbr_pages: QbrPages | None = None,
        adoption_reports: AdoptionReports | None = None,
        adoption_sections: AdoptionSections | None = None,
        adoption_peers: AdoptionPeers | None = None,
        feature_usages: FeatureUsages | None = None,
        offers: Offers | None = None,
        expansion_records: ExpansionRecords | None = None,
        ledger: Ledger | None = None,
        tenant_id: str = "",
        prices: PriceList | None = None,
        sales_owner: str | None = None,
        fallback_owner: str | None = None,
    ) -> None:
        self._accounts = accounts
        self._scorer = scorer
        self._timezone = timezone
        self._history, self._alerts, self._narrator = history, alerts, narrator
        self._drafts, self._handoff = drafts, handoff
        self._qbrs, self._qbr_pages = qbrs, qbr_pages
        self._adoption_reports, self._adoption_sections = adoption_reports, adoption_sections
        self._adoption_peers, self._feature_usages = adoption_peers, feature_usages
        self._offers, self._expansion_records = offers, expansion_records
        self._ledger, self._tenant_id = ledger, tenant_id
        self._prices, self._sales_owner = prices or PriceList(), sales_owner
        self._fallback_owner = fallback_owner
        self._tasks = {
            "health_scan": self._health_scan,
            "generate_qbr": self._generate_qbr,
            "check_expansion": self._check_expansion,
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
            return self._without("health_scan", accounts=None)
        account_id = _account_id(task)
        signals, now = _signals(account_id, task), _now(account_id, context)
        scan = HealthScan(self._accounts, self._scorer)
        return scan(account_id, signals, on=run_date(now, self._timezone), now=now)

    def _generate_qbr(self, task: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
        accounts, history, qbrs, ledger = self._accounts, self._history, self._qbrs, self._ledger
        usages, peers = self._feature_usages, self._adoption_peers
        if not (accounts and history and qbrs and ledger and usages and peers):
            return self._without(
                "generate_qbr",
                accounts=accounts,
                history=history,
                qbrs=qbrs,
                ledger=ledger,
                feature_usages=usages,
                adoption_peers=peers,
            )
        account_id = _account_id(task)
        now = _now(account_id, context)
        by_rule = ReviewByRule()
        review = GenerateQbr(
            rows=accounts,
            history=history,
            usages=usages,
            peers=peers,
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
        on, request = run_date(now, self._timezone), _request(account_id, context, now)
        return review(QbrRequest(account_id, on, request, last_try=True))

    def _check_expansion(self, task: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
        accounts, usages, offers, ledger = self._accounts, self._feature_usages, self._offers, self._ledger
        if not (accounts and usages and offers and ledger):
            return self._without(
                "check_expansion", accounts=accounts, feature_usages=usages, offers=offers, ledger=ledger
            )
        account_id = _account_id(task)
        signals, now = _signals(account_id, task), _now(account_id, context)
        by_rule = OffersByRule()
        check = CheckExpansion(
            tenant_id=self._tenant_id,
            rows=accounts,
            usages=usages,
            offers=offers,
            records=self._expansion_records,
            handoff=self._handoff,
            narrator=self._narrator or by_rule,
            by_rule=by_rule,
            ledger=ledger,
            log=None,
            scorer=self._scorer,
            prices=self._prices,
            sales_owner=self._sales_owner,
            count=_not_counted,
        )
        on, request = run_date(now, self._timezone), _request(account_id, context, now)
        return check(ExpansionRequest(account_id, on, request, signals, last_try=True))

    def _track_feature_adoption(self, task: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
        accounts, reports, ledger = self._accounts, self._adoption_reports, self._ledger
        usages, peers = self._feature_usages, self._adoption_peers
        if not (accounts and reports and ledger and usages and peers):
            return self._without(
                "track_feature_adoption",
                accounts=accounts,
                adoption_reports=reports,
                ledger=ledger,
                feature_usages=usages,
                adoption_peers=peers,
            )
        account_id = _account_id(task)
        signals, now = _signals(account_id, task), _now(account_id, context)
        track = TrackFeatureAdoption(
            rows=accounts,
            usages=usages,
            peers=peers,
            reports=reports,
            sections=self._adoption_sections,
            drafts=self._drafts,
            ledger=ledger,
            fallback_owner=self._fallback_owner,
            count=_not_counted,
        )
        on, request = run_date(now, self._timezone), _request(account_id, context, now)
        draft = task.get("draft") is True
        return track(AdoptionRequest(account_id, on, request, draft=draft, signals=signals, last_try=True))

    def _without(self, kind: str, **ports: object) -> dict[str, Any]:
        missing = ", ".join(name for name, port in ports.items() if port is None)
        logger.warning("task %s was skipped: the port %s is not configured", kind, missing)
        return _failed(kind, f"{kind} was skipped: the port {missing} is not configured", retryable=False)


def _account_id(task: Mapping[str, Any]) -> str:
    account_id = task.get("account_id")
    if not isinstance(account_id, str) or not account_id:
        raise Refused(f"account_id: {account_id!r} is not the id of an account")
    return account_id


def _signals(account_id: str, task: Mapping[str, Any]) -> Mapping[str, Any]:
    """The signals that the task lays over the account's own."""
    signals = task.get("signals") or {}
    if not isinstance(signals, Mapping):
        raise Refused(f"account {account_id!r}: signals: {signals!r} is not an object of signals by their names")
    return signals


def _request(account_id: str, context: Mapping[str, Any], now: datetime) -> str:
    """The name by which the task is recognised when it is asked for again."""
    return str(context.get("request") or f"{account_id}@{now.isoformat()}")


def _now(account_id: str, context: Mapping[str, Any]) -> datetime:
    now = context.get("now")
    if not isinstance(now, datetime) or now.tzinfo is None:
        raise Refused(f"account {account_id!r}: now: {now!r} in the context is not a moment with a time zone")
    return now


def _not_counted(_counts: Mapping[Metric, float]) -> None:
    """Whoever calls the agent counts by the result."""


def _failed(kind: str, error: str, *, retryable: bool) -> dict[str, Any]:
    return {"task_type": kind, "error": error, "confidence": "low", "partial": True, "retryable": retryable}
