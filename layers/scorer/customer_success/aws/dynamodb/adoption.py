"""The feature adoption reports: the latest of each account, beside its history."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from customer_success.aws.dynamodb.items import Item, Key, text
from customer_success.aws.dynamodb.stored import Stored
from customer_success.schemas import FeatureAdoptionReport

if TYPE_CHECKING:
    from customer_success.aws.dynamodb.table import Table

BESIDE: dict[str, Any] = {"generated_at": True}
"""What the version before this one refuses in a body."""


class DynamoAdoptionReports:
    """`AdoptionReports` in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._reports = Stored(table, FeatureAdoptionReport, beside=BESIDE)

    def get(self, account_id: str) -> FeatureAdoptionReport | None:
        item = self._table.get(self._key(account_id))
        if item is None:
            return None
        made = item.get("generated_at")
        generated_at = datetime.fromisoformat(made["S"]) if made else None
        return self._reports.read(item).model_copy(update={"generated_at": generated_at})

    def put(self, report: FeatureAdoptionReport) -> None:
        made: Item = {"generated_at": text(report.generated_at.isoformat())} if report.generated_at else {}
        self._table.put(self._reports.item(self._key(report.account_id), report, **made))

    def _key(self, account_id: str) -> Key:
        return self._table.key("ACCOUNT", account_id, "ADOPTION")
