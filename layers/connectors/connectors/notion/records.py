"""Records of alerts: one page each, beside the account."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from connectors.notion.blocks import batches, line_blocks
from connectors.notion.keyed import KeyedPages
from connectors.notion.names import RecordNames
from connectors.notion.source import DataSource
from connectors.notion.values import Related, Value
from connectors.text import one_line
from customer_success.errors import Misconfigured, Refused, Unavailable

if TYPE_CHECKING:
    from connectors.notion.client import NotionClient
    from customer_success.alerts.records import HealthRecord

logger = logging.getLogger(__name__)


class NotionHealthRecords:
    """The port `HealthRecords`, over one Notion data source named by its id or its database's."""

    def __init__(
        self,
        client: NotionClient,
        records_id: str,
        *,
        source_name: str | None = None,
        names: RecordNames | None = None,
    ) -> None:
        self._source = DataSource(client, records_id, name=source_name, parameter="NotionHealthRecords")
        self._names = names or RecordNames()
        self._pages = KeyedPages(client, self._source, self._names.key)

    def find(self, key: str) -> str | None:
        """The id of the record's page, or None. Raises `Misconfigured`, `NotTaken`, `Unavailable`."""
        found = self._pages.find(key)
        return str(found["id"]) if found else None

    def create(self, record: HealthRecord) -> str:
        """Create the record's page and return its id.

        Raises `Unclear` when the page may have been created, `NotTaken` if Notion does not take the record, else
        `Misconfigured`, `Unavailable`.
        """
        first, *others = batches(line_blocks(record.lines))
        page_id = self._source.write(
            lambda: self._values(record),
            lambda properties: self._pages.create(f"the record {record.key}", properties, first),
        )
        try:
            for blocks in others:
                self._pages.append(page_id, blocks)
        except (Unavailable, Misconfigured, Refused) as fault:
            # The record stands; raising would not bring the lines back, as a repeat finds the page and stops.
            logger.warning("the record %s stays without its last lines: %s", page_id, fault)
        return page_id

    def _values(self, record: HealthRecord) -> dict[str, Value]:
        self._pages.require_key()
        names = self._names
        return {
            self._source.title: one_line(record.title),
            names.key: record.key,
            names.account: Related(record.account_page_id),
            names.on: record.run_date,
            names.score: record.score,
            names.rag: record.rag,
            names.churn_risk: record.churn_risk,
            names.trigger: record.trigger,
            names.owner_email: record.owner_email,
        }
