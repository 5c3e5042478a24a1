"""The five databases of a deployment: what each is called, holds, and is to the deployment."""

from __future__ import annotations

from collections.abc import Callable

from connectors.notion.fit import Definitions, Difference, compare
from connectors.notion.names import ExpansionNames, PropertyNames, QbrNames, RecordNames, UsageNames
from connectors.notion.schema import (
    Schema,
    accounts_schema,
    expansion_schema,
    feature_usage_schema,
    qbr_schema,
    records_schema,
)
from customer_success.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Database:
    """One of them. `parameter` is the deployment's that takes its id.

    `schema` makes its properties, given the id of the accounts' data source. We write the properties `written`; those
    `exact` must have the very type, as without it nothing is written or read. Those of `deliveries` say when something
    was delivered.
    """

    title: str
    parameter: str
    schema: Callable[[str], Schema]
    written: frozenset[str] = frozenset()
    exact: frozenset[str] = frozenset()
    deliveries: frozenset[str] = frozenset()

    def differences(self, found: Definitions, accounts_source_id: str = "") -> tuple[Difference, ...]:
        """How its properties, as Notion shows them, differ from those that it is to have."""
        return compare(
            self.schema(accounts_source_id),
            found,
            written=self.written,
            exact=self.exact,
            deliveries=self.deliveries,
        )


def accounts_database(names: PropertyNames) -> Database:
    """The account book, with its properties called as the team calls them."""
    written = (*names.written, names.verdict)
    # A date that a person asks for is written as given, and read again by the next scan.
    exact = frozenset({names.quiet_until})
    deliveries = frozenset({names.signals_updated, names.last_interaction})
    return Database(
        "Accounts", "NotionAccounts", lambda _: accounts_schema(names), frozenset(written), exact, deliveries
    )


def related_databases() -> tuple[Database, ...]:
    """The four whose pages each belong to an account."""
    records, qbrs, offers, usage = RecordNames(), QbrNames(), ExpansionNames(), UsageNames()
    answers = {offers.sales_status, offers.rejection_reason}
    return (
        Database(
            "Feature Usage", "NotionFeatureUsage", lambda source: feature_usage_schema(usage, accounts_source_id=source)
        ),
        Database(
            "Health Records",
            "NotionHealthRecords",
            lambda source: records_schema(records, accounts_source_id=source),
            frozenset(records_schema(records, accounts_source_id="")),
            frozenset({records.key}),
        ),
        Database(
            "QBR",
            "NotionQbrs",
            lambda source: qbr_schema(qbrs, accounts_source_id=source),
            frozenset(qbr_schema(qbrs, accounts_source_id="")),
            frozenset({qbrs.key, qbrs.state}),
        ),
        Database(
            "Expansion",
            "NotionExpansions",
            lambda source: expansion_schema(offers, accounts_source_id=source),
            frozenset(expansion_schema(offers, accounts_source_id="")) - answers,
            frozenset({offers.key}),
        ),
    )
