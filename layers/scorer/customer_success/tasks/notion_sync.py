"""Writes to account pages what the last scan found, where it differs from what was last written."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from customer_success.errors import Refused
from customer_success.judgement import PAGE_REFRESH, same_but_for_the_scan_date
from customer_success.messages import PagesChanged
from customer_success.news import PageValues
from customer_success.ports import AccountPages, AccountRows, WrittenPages

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NotionSync:
    """The job: the row's present values count, however old the message is."""

    rows: AccountRows
    written: WrittenPages
    pages: AccountPages

    def __call__(self, message: PagesChanged) -> int:
        """Write the pages of the message's accounts and return how many were written.

        A page that refuses is told in the log and left; `Unavailable` ends the work, and what is written is kept.
        """
        rows = self.rows.get_many(message.account_ids)
        before = self.written.get_many(message.account_ids)
        done: dict[str, PageValues] = {}
        try:
            for account_id, row in rows.items():
                page = row.day.page
                if page is None or _shows(before.get(account_id), page):
                    continue
                try:
                    self.pages.write(row.account.page_id, page)
                except Refused as error:
                    logger.warning("the page of account %s was not written: %s", account_id, error)
                else:
                    done[account_id] = page
        finally:
            self.written.put_many(done)
        return len(done)


def _shows(written: PageValues | None, page: PageValues) -> bool:
    """True if the page shows these values, and a scan date that is not older than a week."""
    if written is None or not same_but_for_the_scan_date(page, written):
        return False
    return page.last_scan - written.last_scan < PAGE_REFRESH
