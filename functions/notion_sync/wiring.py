"""Composes what writes account pages."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from connectors.notion.wiring import account_pages
from customer_success.aws.function import QueueFunction
from customer_success.scan.page_sync import NotionSync
from customer_success.settings import AccountPagesSettings, Text

if TYPE_CHECKING:
    from customer_success.accounts.ports import AccountPages


class NotionSyncSettings(AccountPagesSettings):
    """Account pages, and where failed page writes are recorded."""

    churn_topic_arn: Text


class SyncNotion(QueueFunction[NotionSyncSettings]):
    """Writes account pages."""

    settings_model = NotionSyncSettings

    @cached_property
    def sync(self) -> NotionSync:
        def live() -> AccountPages:
            return account_pages(self, self.settings)

        pages = self.outward(live, lambda shadow: shadow.pages())
        publisher = self.publisher(self.settings.churn_topic_arn)
        return NotionSync(self.rows, self.store.written_pages, pages, self.store.alerts, publisher)
