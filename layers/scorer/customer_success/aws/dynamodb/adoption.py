"""The feature adoption reports: the latest of each account, beside its history."""

from __future__ import annotations

from customer_success.aws.dynamodb.items import Key
from customer_success.aws.dynamodb.stored import Stored
from customer_success.aws.dynamodb.table import Table
from customer_success.schemas import FeatureAdoptionReport


class DynamoAdoptionReports:
    """`AdoptionReports` in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._reports = Stored(table, FeatureAdoptionReport)

    def get(self, account_id: str) -> FeatureAdoptionReport | None:
        return self._reports.get(self._key(account_id))

    def put(self, report: FeatureAdoptionReport) -> None:
        self._reports.put_many([(self._key(report.account_id), report)])

    def _key(self, account_id: str) -> Key:
        return self._table.key("ACCOUNT", account_id, "ADOPTION")
