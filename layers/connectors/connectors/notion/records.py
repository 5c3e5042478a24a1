"""Records of alerts: one page each, beside the account."""

from __future__ import annotations

import logging
from typing import Any

from connectors.notion.blocks import batches, line_blocks
from connectors.notion.client import NotionClient
from connectors.notion.keyed import KeyedPages
from connectors.notion.names import RecordNames
from connectors.notion.source import DataSource
from connectors.notion.values import Related
from connectors.text import one_line
from customer_success.errors import Unavailable
from customer_success.news import HealthRecord

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
        """The id of the record's page, or None. Raises `Misconfigured`, `Refused`, `Unavailable`."""
        found = self._pages.find(key)
        return str(found["id"]) if found else None

    def create(self, record: HealthRecord) -> str:
        """Create the record's page and return its id.

        Raises `Unclear` when the page may have been created, else `Misconfigured`, `Refused`, `Unavailable`.
        """
        self._pages.require_key()
        first, *others = batches(line_blocks(record.lines))
        page_id = self._pages.create(f"the record {record.key}", self._properties(record), first)
        try:
            for blocks in others:
                self._pages.append(page_id, blocks)
        except Unavailable as fault:
            # The record stands; raising would not bring the lines back, as a repeat finds the page and stops.
            logger.warning("the record %s stays without its last lines: %s", page_id, fault)
        return page_id

    def _properties(self, record: HealthRecord) -> dict[str, Any]:
        names = self._names
        return self._source.fitting(
            {
                self._source.title: one_line(record.title),
                names.key: record.key,
                names.account: Related(record.account_page_id),
                names.on: record.on,
                names.score: record.score,
                names.rag: record.rag,
                names.churn_risk: record.churn_risk,
                names.trigger: record.trigger,
                names.owner_email: record.owner_email,
            }
        )
