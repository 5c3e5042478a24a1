"""The account book and the accounts' pages in Notion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from connectors.notion.account_page import account_of, fields_on
from connectors.notion.answers import wanted
from connectors.notion.faults import NotFound
from connectors.notion.names import PropertyNames
from connectors.notion.owners import without_strangers
from connectors.notion.source import DataSource
from customer_success.accounts.ports import BookPage
from customer_success.addresses import ANYBODY, OwnerDomains
from customer_success.errors import NotTaken, Removed

if TYPE_CHECKING:
    from connectors.notion.client import NotionClient
    from connectors.notion.values import Value
    from customer_success.accounts.account import Account
    from customer_success.accounts.row import PageValues
    from customer_success.paging import Bookmark


class NotionCSMAdapter:
    """The team's accounts in one Notion data source: the ports `AccountBook` and `AccountPages`.

    `accounts_id` is the id of the data source or of its database; `source_name` chooses among several of
    a database. Colleagues outside `owner_domains` own nothing. Moments become days in the `timezone`.
    """

    def __init__(
        self,
        client: NotionClient,
        accounts_id: str,
        *,
        source_name: str | None = None,
        names: PropertyNames | None = None,
        owner_domains: OwnerDomains = ANYBODY,
        timezone: str = "UTC",
    ) -> None:
        self._client = client
        self._source = DataSource(client, accounts_id, name=source_name, parameter="NotionAccounts")
        self._names = names or PropertyNames()
        self._owner_domains = owner_domains
        self._timezone = timezone

    def read(self, start: Bookmark) -> Iterator[BookPage]:
        """Yield the book from `start` on, one request for each 100 accounts, past Notion's limit of 10,000.

        Accounts repeat where a new window begins in another process, or where Notion forgot the cursor.
        Raises `Misconfigured`, `NotTaken`, `Unavailable`.
        """
        for rows, after in self._source.rows(start):
            # Notion shows all properties of the data source on each page, empty ones too.
            properties = fields_on(rows[0], self._names) if rows else None
            yield BookPage(tuple(map(self._account, rows)), after, properties)

    def _account(self, row: Mapping[str, Any]) -> Account:
        return without_strangers(account_of(row, self._names, self._timezone), self._owner_domains, self._names)

    def write(self, page_id: str, values: PageValues) -> None:
        """Set the values on an account's page, as far as its data source has properties for them.

        Raises `Removed` for a page that is in the trash or not there, `NotTaken` if Notion does not take the values,
        `Misconfigured`, `Unavailable`.
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
                names.sources: values.sources,
            },
        )

    def write_mute(self, page_id: str, quiet_until: date | None, verdict: str | None) -> None:
        """Set what people wish for an account, each only if it is given and the data source has a property for it.

        Raises as `write`.
        """
        values: dict[str, Value] = {self._names.quiet_until: quiet_until, self._names.verdict: verdict}
        self._set(page_id, {name: value for name, value in values.items() if value is not None})

    def _set(self, page_id: str, values: Mapping[str, Value]) -> None:
        try:
            self._source.write(lambda: values, lambda properties: self._update(page_id, properties))
        except NotFound as missing:
            # Notion gives the same answer for a removed page and for a database that is no longer shared.
            self._source.look_again()
            _ = self._source.schema
            raise Removed(f"the page {page_id} was removed, or is no longer shared with the integration") from missing
        except NotTaken as refusal:
            if self._in_trash(page_id):
                raise Removed(f"the page {page_id} is in the trash: {refusal}") from refusal
            raise

    def _update(self, page_id: str, properties: Mapping[str, Any]) -> None:
        if properties:
            self._client.call(
                lambda notion: wanted("page", notion.pages.update(page_id, properties=properties)),
                about=f"the page {page_id}",
            )

    def _in_trash(self, page_id: str) -> bool:
        page = self._client.call(
            lambda notion: wanted("page", notion.pages.retrieve(page_id)), about=f"the page {page_id}"
        )
        return bool(page.get("in_trash"))
