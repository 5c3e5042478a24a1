"""Composes what writes account pages."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from connectors.notion.wiring import account_pages
from customer_success.aws.dynamodb.pages import DynamoWrittenPages
from customer_success.aws.function import QueueFunction
from customer_success.scan.page_sync import NotionSync
from customer_success.settings import (
    AccountPagesSettings,
)
from customer_success.shadow.adapters import (
    ShadowPages,
)

if TYPE_CHECKING:
    pass


if TYPE_CHECKING:
    from customer_success.accounts.ports import AccountPages


class SyncNotion(QueueFunction[AccountPagesSettings]):
    """Writes account pages."""

    settings_model = AccountPagesSettings

    @cached_property
    def sync(self) -> NotionSync:
        def live() -> AccountPages:
            return account_pages(self, self.settings)

        pages = self.outward(live, ShadowPages)
        return NotionSync(self.rows, DynamoWrittenPages(self.table), pages, self.alerts)
