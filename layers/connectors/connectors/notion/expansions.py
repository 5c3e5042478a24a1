"""Records of offers: one page each, beside the account, on which Sales answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, cast, get_args

from connectors.notion.faults import NotFound
from connectors.notion.keyed import KeyedPages
from connectors.notion.names import ExpansionNames
from connectors.notion.reading import LONGEST_SHOWN, PropertyReader
from connectors.notion.source import DataSource
from connectors.notion.values import Related, Value
from connectors.text import one_line, shortened
from customer_success.errors import NotTaken
from customer_success.expansion.offer import ExpansionRecord, SalesStatus
from customer_success.expansion.ports import RecordedAnswer
from customer_success.paging import Bookmark

if TYPE_CHECKING:
    from connectors.notion.client import NotionClient

UNANSWERED = "not started"
"""How a property of type status reads before anybody sets it: such a property is never empty."""


class NotionExpansionRecords:
    """The port `ExpansionRecords`, over one Notion data source named by its id or its database's."""

    def __init__(
        self,
        client: NotionClient,
        expansions_id: str,
        *,
        source_name: str | None = None,
        names: ExpansionNames | None = None,
    ) -> None:
        self._source = DataSource(client, expansions_id, name=source_name, parameter="NotionExpansions")
        self._names = names or ExpansionNames()
        self._pages = KeyedPages(client, self._source, self._names.key)

    def find(self, key: str) -> str | None:
        """The id of the record's page, or None. Raises `Misconfigured`, `NotTaken`, `Unavailable`."""
        found = self._pages.find(key)
        return str(found["id"]) if found else None

    def create(self, record: ExpansionRecord) -> str:
        """Create the record's page and return its id.

        Raises `Unclear` when the page may have been created, `NotTaken` if Notion does not take the record, else
        `Misconfigured`, `Unavailable`.
        """
        return self._source.write(
            lambda: self._values(record),
            lambda properties: self._pages.create(f"the offer {record.key}", properties, []),
        )

    def write(self, page_id: str, record: ExpansionRecord) -> None:
        """Make the record read as `record`; what Sales wrote on it stays. Safe to repeat.

        Raises `Removed` if the page is in the trash or not there, `NotTaken` if Notion does not take the record,
        `Misconfigured`, `Unavailable`.
        """
        try:
            self._source.write(
                lambda: self._values(record), lambda properties: self._pages.update(page_id, properties=properties)
            )
        except (NotFound, NotTaken):
            self._pages.present(page_id)
            raise

    def url(self, page_id: str) -> str:
        """Where a person opens the record."""
        return self._pages.url(page_id)

    def answers(self, since: date) -> Iterator[tuple[RecordedAnswer, ...]]:
        """What the records say that were edited on or after `since`, one request for each 100 of them.

        A record without a key of ours is passed over. Raises `Misconfigured`, `NotTaken`, `Unavailable`.
        """
        kinds = ("select", "status", "rich_text")
        self._pages.require(self._names.sales_status, kinds, "in which Sales answers")
        edited = {"timestamp": "last_edited_time", "last_edited_time": {"on_or_after": since.isoformat()}}
        for rows, _ in self._source.rows(Bookmark(), edited):
            yield tuple(answer for row in rows if (answer := self._answer(row)))

    def _answer(self, row: Mapping[str, Any]) -> RecordedAnswer | None:
        read = PropertyReader(row.get("properties") or {})
        handoff_id = read.key(self._names.key)
        if handoff_id is None:
            return None
        known = get_args(SalesStatus)
        status = read.choice(self._names.sales_status, (*known, UNANSWERED))
        reason = read.text(self._names.rejection_reason)
        if status is None or status == UNANSWERED:
            return RecordedAnswer(handoff_id, None, reason)
        if status in known:
            return RecordedAnswer(handoff_id, cast("SalesStatus", status), reason)
        return RecordedAnswer(handoff_id, None, reason, unreadable=shortened(one_line(status), LONGEST_SHOWN))

    def _values(self, record: ExpansionRecord) -> dict[str, Value]:
        # `Sales Status` and `Rejection Reason` are not here, and not even emptied: they are Sales' own, and the next
        # check obeys them. Writing them could undo an answer that was given a moment ago.
        self._pages.require_key()
        names = self._names
        return {
            self._source.title: one_line(record.title),
            names.key: record.key,
            names.account: Related(record.account_page_id),
            names.on: record.on,
            names.state: record.state,
            names.opportunity: record.opportunity_type,
            names.confidence: record.confidence,
            names.estimated_arr: record.estimated_arr_impact,
            names.evidence: "\n".join(record.evidence),
            names.talk_track: record.talk_track,
            names.owner_email: record.owner_email,
            names.sales_email: record.sales_email,
            names.note: record.note,
        }
