"""Writes account pages: what the last scan found, where it differs from what was last written, and what people wish."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from customer_success.errors import Refused
from customer_success.judgement import PAGE_REFRESH, same_but_for_the_scan_date
from customer_success.messages import AlertAcknowledged, PagesChanged
from customer_success.news import PageValues
from customer_success.ports import AccountPages, AccountRows, AlertLog, WrittenPages

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NotionSync:
    """The job: what the row, or the alert, says now counts, however old the message is."""

    rows: AccountRows
    written: WrittenPages
    pages: AccountPages
    alerts: AlertLog

    def __call__(self, message: PagesChanged | AlertAcknowledged) -> int:
        """Write the pages that the message is about and return how many were written.

        A page that refuses is told in the log and left; `Unavailable` ends the work, and what is written is kept.
        """
        if isinstance(message, AlertAcknowledged):
            return self._write_wishes(message)
        return self._write_values(message)

    def _write_values(self, message: PagesChanged) -> int:
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

    def _write_wishes(self, message: AlertAcknowledged) -> int:
        """A queue keeps no order: what was acknowledged last counts, and the message where that wishes nothing."""
        entry = self.alerts.get(message.alert_id)
        latest = entry.acknowledged if entry else None
        quiet_until = (latest and latest.quiet_until) or message.quiet_until
        verdict = (latest and latest.verdict) or message.verdict
        try:
            self.pages.write_wishes(message.page_id, quiet_until, verdict)
        except Refused as error:
            logger.warning(
                "the page of account %s does not show what alert %s was acknowledged with: %s",
                message.account_id,
                message.alert_id,
                error,
            )
            return 0
        return 1


def _shows(written: PageValues | None, page: PageValues) -> bool:
    """True if the page shows these values, and a scan date that is not older than a week."""
    if written is None or not same_but_for_the_scan_date(page, written):
        return False
    return page.last_scan - written.last_scan < PAGE_REFRESH
