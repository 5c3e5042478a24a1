"""The feature usage in Notion: one page per account and feature."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from connectors.notion.names import UsageNames
from connectors.notion.reading import PropertyReader
from connectors.notion.source import DataSource
from connectors.text import one_line, shortened
from customer_success.adoption.feature_usage import FeatureUsage, UsagePage

if TYPE_CHECKING:
    from connectors.notion.client import NotionClient
    from customer_success.accounts.account import Unreadable
    from customer_success.paging import Bookmark

LONGEST_NAME_SHOWN = 60
"""Units of a feature's name that are shown: what is wrong with it has to fit beside it."""
LONGEST_FEATURE = 500
"""Bytes of a feature's name."""


class NotionFeatureUsage:
    """The port `FeatureUsageBook`, over one Notion data source named by its id or its database's.

    `source_name` chooses among several data sources of a database. Moments become days in the `timezone`.
    """

    def __init__(
        self,
        client: NotionClient,
        usage_id: str,
        *,
        source_name: str | None = None,
        names: UsageNames | None = None,
        timezone: str = "UTC",
    ) -> None:
        self._source = DataSource(client, usage_id, name=source_name, parameter="NotionFeatureUsage")
        self._names = names or UsageNames()
        self._timezone = timezone

    def read(self, start: Bookmark) -> Iterator[UsagePage]:
        """Yield the list from `start` on, one request for each 100 rows, past Notion's limit of 10,000.

        Rows repeat where a new window begins in another process, or where Notion forgot the cursor.
        Raises `Misconfigured`, `Refused`, `Unavailable`.
        """
        for rows, after in self._source.rows(start):
            yield self._page(rows, after)

    def _page(self, rows: list[Mapping[str, Any]], after: Bookmark | None) -> UsagePage:
        usages: list[FeatureUsage] = []
        rejected: list[str] = []
        unreadable: list[tuple[str, Unreadable]] = []
        for row in rows:
            read = PropertyReader(row.get("properties") or {}, self._timezone)
            usage = self._usage(read)
            if isinstance(usage, str):
                rejected.append(f"{usage} ({row.get('url') or row['id']})")
            else:
                usages.append(usage)
                unreadable += [(f"{usage.holder}, {usage.feature}", unread) for unread in read.unreadable]
        return UsagePage(tuple(usages), after, tuple(rejected), tuple(unreadable))

    def _usage(self, read: PropertyReader) -> FeatureUsage | str:
        """What a row says, or why it says nothing of any account's feature."""
        names = self._names
        feature = one_line(read.text(names.feature) or read.title() or "")
        if not feature:
            return f"a row names no feature, neither as {names.feature!r} nor as its title"
        shown = shortened(feature, LONGEST_NAME_SHOWN)
        if len(feature.encode()) > LONGEST_FEATURE:
            return f"the name of the feature {shown!r} has more than {LONGEST_FEATURE} bytes"
        holder = read.account(names.account)
        if holder is None:
            unread = [unreadable for unreadable in read.unreadable if unreadable.property == names.account]
            return f"the feature {shown!r} names no account: " + (
                str(unread[0]) if unread else f"{names.account} is empty"
            )
        return FeatureUsage(
            holder=holder,
            feature=feature,
            family=read.text(names.family),
            entitled=read.yes_or_no(names.entitled),
            used=read.count(names.used),
            limit=read.count(names.limit),
            as_of=read.day(names.as_of),
        )
