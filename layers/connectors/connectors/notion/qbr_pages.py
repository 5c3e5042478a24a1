"""Pages of quarterly reviews: one each, beside the account."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from connectors.notion.blocks import Block, batches, page_blocks
from connectors.notion.keyed import KeyedPages
from connectors.notion.names import QbrNames
from connectors.notion.source import DataSource
from connectors.notion.values import Related, Value
from connectors.text import one_line
from customer_success.errors import Misconfigured, Refused, Unavailable, Unclear
from customer_success.reviews.ports import FoundPage

if TYPE_CHECKING:
    from connectors.notion.client import NotionClient
    from customer_success.reviews.qbr import QbrPage

WRITING = "Writing"
"""The state of a page that is not whole yet, or stayed so because writing it broke off."""


class NotionQbrPages:
    """The port `QbrPages`, over one Notion data source named by its id or its database's."""

    def __init__(
        self,
        client: NotionClient,
        qbrs_id: str,
        *,
        source_name: str | None = None,
        names: QbrNames | None = None,
    ) -> None:
        self._client = client
        self._source = DataSource(client, qbrs_id, name=source_name, parameter="NotionQbrs")
        self._names = names or QbrNames()
        self._pages = KeyedPages(client, self._source, self._names.key)

    def find(self, key: str) -> FoundPage | None:
        """The page with this key, or None. Raises `Misconfigured`, `NotTaken`, `Unavailable`."""
        self._require_properties()
        found = self._pages.find(key)
        if found is None:
            return None
        shown = (found.get("properties") or {}).get(self._names.state) or {}
        state = shown.get("select") or {}
        return FoundPage(str(found["id"]), complete=state.get("name") != WRITING)

    def create(self, page: QbrPage) -> str:
        """Create the page and return its id; one that fits into a request is whole at once.

        Raises `Unclear` when the page may have been created, be it whole or not; `NotTaken` if Notion does not take
        the review, else `Misconfigured`, `Unavailable`.
        """
        first, *others = batches(page_blocks(page.blocks))
        state = WRITING if others else _written(page)
        page_id = self._source.write(
            lambda: self._values(page, state),
            lambda properties: self._pages.create(f"the review {page.key}", properties, first),
        )
        if others:
            try:
                self._finish(page_id, page, others)
            except (Misconfigured, Refused, Unavailable) as fault:
                # The page exists by now, after any error: a repeat must find it instead of creating another.
                raise Unclear(f"the review {page.key} stays unfinished on the page {page_id}: {fault}") from fault
        return page_id

    def replace(self, page_id: str, page: QbrPage) -> bool:
        """Make the page read as `page`; False, and nothing is changed, if a person edited it last.

        Safe to repeat: it begins with an empty page each time. Raises `Removed` if it is in the trash or not there,
        `NotTaken` if Notion does not take the review, `Misconfigured`, `Unavailable`.
        """
        self._require_properties()
        found = self._pages.present(page_id)
        if (found.get("last_edited_by") or {}).get("id") != self._client.own_id:
            return False
        self._source.write(
            lambda: self._values(page, WRITING),
            lambda properties: self._pages.update(page_id, properties=properties, erase_content=True),
        )
        self._finish(page_id, page, filter(None, batches(page_blocks(page.blocks))))
        return True

    def url(self, page_id: str) -> str:
        """Where a person opens the page."""
        return self._pages.url(page_id)

    def _finish(self, page_id: str, page: QbrPage, parts: Iterable[list[Block]]) -> None:
        for blocks in parts:
            self._pages.append(page_id, blocks)
        self._source.write(
            lambda: self._state(_written(page)),
            lambda properties: self._pages.update(page_id, properties=properties),
        )

    def _state(self, state: str) -> dict[str, Value]:
        """The state, without which a page that is not whole would pass for one that is."""
        self._require_properties()
        return {self._names.state: state}

    def _values(self, page: QbrPage, state: str) -> dict[str, Value]:
        names = self._names
        return {
            **self._state(state),
            self._source.title: one_line(page.title),
            names.key: page.key,
            names.account: Related(page.account_page_id),
            names.period: page.period,
            names.reviewed_period: page.reviewed_period,
            names.on: page.on,
            names.owner_email: page.owner_email,
            names.trigger: page.trigger,
        }

    def _require_properties(self) -> None:
        self._pages.require_key()
        self._pages.require(self._names.state, ("select",), "by which a page that is not whole is known")


def _written(page: QbrPage) -> str:
    return "Partial" if page.partial else "Written"
