"""The account book and the accounts' pages in Notion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from connectors.notion.account_page import account_of
from connectors.notion.client import NotionClient
from connectors.notion.faults import NotFound
from connectors.notion.names import PropertyNames
from connectors.notion.owners import without_strangers
from connectors.notion.source import DataSource
from connectors.notion.values import Value
from customer_success.account import Account
from customer_success.addresses import ANYBODY, OwnerDomains
from customer_success.errors import Refused
from customer_success.news import PageValues
from customer_success.ports import Bookmark, BookPage


class NotionCSMAdapter:
    """The team's accounts in one Notion data source: the ports `AccountBook` and `AccountPages`.

    `accounts_id` is the id of the data source or of its database; `source_name` chooses among several of
    a database. Colleagues outside `owner_domains` own nothing.
    """

    def __init__(
        self,
        client: NotionClient,
        accounts_id: str,
        *,
        source_name: str | None = None,
        names: PropertyNames | None = None,
        owner_domains: OwnerDomains = ANYBODY,
    ) -> None:
        self._client = client
        self._source = DataSource(client, accounts_id, name=source_name, parameter="NotionAccounts")
        self._names = names or PropertyNames()
        self._owner_domains = owner_domains

    def read(self, start: Bookmark) -> Iterator[BookPage]:
        """Yield the book from `start` on, one request for each 100 accounts, past Notion's limit of 10,000.

        Accounts repeat where a new window begins in another process, or where Notion forgot the cursor.
        Raises `Misconfigured`, `Refused`, `Unavailable`.
        """
        for rows, after in self._source.rows(start):
            yield BookPage(tuple(map(self._account, rows)), after)

    def _account(self, row: Mapping[str, Any]) -> Account:
        return without_strangers(account_of(row, self._names), self._owner_domains, self._names)

    def write(self, page_id: str, values: PageValues) -> None:
        """Set the values on an account's page, as far as its data source has properties for them.

        Raises `Refused` for a page that is in the trash or gone, `Misconfigured`, `Unavailable`.
        """
        names = self._names
        self._set(
            page_id,
            {
                names.health_score: values.score,
                names.health_rag: values.rag,
                names.churn_risk: values.churn_risk,
                names.why: values.why,
                names.since: values.since,
                names.next_step: values.next_step,
                names.last_scan: values.last_scan,
            },
        )

    def write_wishes(self, page_id: str, quiet_until: date | None, verdict: str | None) -> None:
        """Set what people wish for an account, each only if it is given and the data source has a property for it.

        Raises as `write`.
        """
        wishes: dict[str, Value] = {self._names.quiet_until: quiet_until, self._names.verdict: verdict}
        self._set(page_id, {name: wish for name, wish in wishes.items() if wish is not None})

    def _set(self, page_id: str, values: Mapping[str, Value]) -> None:
        properties = self._source.fitting(values)
        if not properties:
            return
        try:
            self._client.call(
                lambda notion: notion.pages.update(page_id, properties=properties),
                about=f"the page {page_id}",
            )
        except NotFound as missing:
            # The schema was read, so the integration has access: it is this one page that is gone.
            raise Refused(f"the page {page_id} is gone, or no longer shared with the integration") from missing
