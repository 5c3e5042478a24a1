"""The task `health_scan`: one account's health from its row or, without an account, the scan of the whole book."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from customer_success.errors import Misconfigured, Refused
from customer_success.tasks import Task, account_id_of, context_of, signals_of

if TYPE_CHECKING:
    from customer_success.results import TaskResult
    from customer_success.scan.one_account import HealthScan


def health_scan_task(account: HealthScan, book: Task | None = None, *, timezone: str = "UTC") -> Task:
    """The task, made of the job for one account and the task `book`, without which the book is scanned elsewhere."""

    def scan_account(task: Mapping[str, Any], context: Mapping[str, Any]) -> TaskResult:
        account_id, signals = account_id_of(task), signals_of(task)
        asked = context_of(f"account {account_id!r}", context, timezone)
        return account(account_id, signals, on=asked.run_date, now=asked.now)

    def scan_book(task: Mapping[str, Any], context: Mapping[str, Any]) -> TaskResult:
        if task.get("signals"):
            raise Refused("signals: they are laid over those of one account; account_id names none")
        if book is None:
            raise Misconfigured("the scan of the whole book was skipped: it is not configured here")
        return book(task, context)

    def scan(task: Mapping[str, Any], context: Mapping[str, Any]) -> TaskResult:
        return scan_account(task, context) if "account_id" in task else scan_book(task, context)

    return scan
