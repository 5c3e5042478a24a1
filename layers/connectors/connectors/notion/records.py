"""Records of alerts: one page each, beside the account."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

from connectors.notion.client import NotionClient
from connectors.notion.names import RecordNames
from connectors.notion.source import DataSource
from connectors.notion.values import Related, rich_text
from connectors.text import clean, one_line
from customer_success.errors import Misconfigured, Unavailable
from customer_success.news import HealthRecord, Line

logger = logging.getLogger(__name__)

Block = dict[str, Any]

MOST_BLOCKS = 100
MOST_BYTES = 400_000
"""Notion takes 500 KB a request; the rest is for the properties."""


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
        self._client = client
        self._source = DataSource(client, records_id, name=source_name)
        self._names = names or RecordNames()

    def find(self, key: str) -> str | None:
        """The id of the record's page, or None. Raises `Misconfigured`, `Refused`, `Unavailable`."""
        self._require_key()
        found = self._source.query(
            filter={"property": self._names.key, "rich_text": {"equals": clean(key)}}, page_size=1
        )["results"]
        return str(found[0]["id"]) if found else None

    def create(self, record: HealthRecord) -> str:
        """Create the record's page and return its id.

        Raises `Unclear` when the page may have been created, else `Misconfigured`, `Refused`, `Unavailable`.
        """
        self._require_key()
        first, *others = _batches(record.lines) or [[]]
        page = self._client.call(
            lambda notion: notion.pages.create(
                parent={"type": "data_source_id", "data_source_id": self._source.id},
                properties=self._properties(record),
                children=first,
            ),
            about=f"the record {record.key} in {self._source.about}",
            repeatable=False,
        )
        page_id = str(page["id"])
        try:
            for blocks in others:
                self._append(page_id, blocks)
        except Unavailable as fault:
            # The record stands; raising would not bring the lines back, as a repeat finds the page and stops.
            logger.warning("the record %s stays without its last lines: %s", page_id, fault)
        return page_id

    def _append(self, page_id: str, blocks: list[Block]) -> None:
        self._client.call(
            lambda notion: notion.blocks.children.append(page_id, children=blocks),
            about=f"the page {page_id}",
            repeatable=False,
        )

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

    def _require_key(self) -> None:
        kind = self._source.schema.get(self._names.key)
        if kind != "rich_text":
            raise Misconfigured(
                f"{self._source.about} needs a text property {self._names.key!r}, by which records are found "
                f"again; it is {'missing' if kind is None else f'of type {kind}'}"
            )


def _batches(lines: tuple[Line, ...]) -> list[list[Block]]:
    """The lines as blocks, in batches that Notion takes in one request."""
    batches: list[list[Block]] = []
    room = 0
    for block, weight in _blocks(lines):
        if not batches or len(batches[-1]) == MOST_BLOCKS or weight > room:
            batches.append([])
            room = MOST_BYTES
        batches[-1].append(block)
        room -= weight
    return batches


def _blocks(lines: tuple[Line, ...]) -> Iterator[tuple[Block, int]]:
    for line in lines:
        kind = "bulleted_list_item" if line.bullet else "paragraph"
        content = {"rich_text": rich_text(line.text, url=line.url, strong=line.strong)}
        block = {"object": "block", "type": kind, kind: content}
        yield block, len(json.dumps(block))
