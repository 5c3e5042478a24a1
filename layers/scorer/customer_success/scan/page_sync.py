"""Writes account pages: the last scan's values where they differ from those last written, and mutes."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING

from customer_success.accounts.row import PageValues, same_values
from customer_success.alerts.digest import failed_digest
from customer_success.dataclass import dataclass
from customer_success.errors import Misconfigured, NotTaken, OutOfTime, Refused, Unavailable
from customer_success.isolation import cause, recorded
from customer_success.messages import AlertAcknowledged, PagesChanged
from customer_success.scan.assessment import PAGE_REFRESH

if TYPE_CHECKING:
    from customer_success.accounts.ports import AccountPages, AccountRows, WrittenPages
    from customer_success.alerts.ports import AlertLog
    from customer_success.alerts.publisher import AlertPublisher

logger = logging.getLogger(__name__)

KIND = "notion_sync"
OTHERS = "Others of the day that fail are not told one by one: they wait in the dead-letter queue of notion-updates."

MOST_IN_A_ROW = 5
"""Pages that fail one after the other: by then it is not the pages that something is wrong with."""
MOST_NAMED = 3
"""Pages that are named, with what went wrong, where several could not be written."""


@dataclass(frozen=True, slots=True)
class NotionSync:
    """The job. The present row, or alert, counts, however old the message is."""

    rows: AccountRows
    written: WrittenPages
    pages: AccountPages
    alerts: AlertLog
    publisher: AlertPublisher

    def __call__(self, message: PagesChanged | AlertAcknowledged, *, on: date, last_try: bool = False) -> int:
        """Write the pages that the message is about and return how many were written.

        A page that a person deleted is logged and left. Any other fault of a page costs the
        others nothing: they are written, and noted, before it is raised. Raises `Unavailable`, `Misconfigured`,
        `NotTaken`, or what was not expected, and of several the first of these. On the `last_try` it is reported, as of
        the day `on`.
        """
        return recorded(
            "the writing of account pages",
            lambda: self._write(message),
            lambda error: self._report_failure(on, error),
            last_try=last_try,
        )

    def _report_failure(self, on: date, error: Exception) -> None:
        title = f"Account pages, {on}: some do not show what is known now"
        self.publisher.post(failed_digest(KIND, on, title, cause(error), OTHERS))

    def _write(self, message: PagesChanged | AlertAcknowledged) -> int:
        if isinstance(message, AlertAcknowledged):
            return self._write_mute(message)
        return self._write_values(message)

    def _write_values(self, message: PagesChanged) -> int:
        rows = self.rows.get_many(message.account_ids)
        before = self.written.get_many(message.account_ids)
        due = {
            account_id: (row.account.page_id, page)
            for account_id, row in rows.items()
            if (page := row.latest.page) is not None and not _shows(before.get(account_id), page)
        }
        done: dict[str, PageValues] = {}
        faults: dict[str, Exception] = {}
        in_a_row = 0
        try:
            for account_id, (page_id, page) in due.items():
                try:
                    self.pages.write(page_id, page)
                except Exception as fault:  # noqa: BLE001 - it is raised once the others are written
                    logger.warning("the page of account %s was not written: %s", account_id, fault)
                    if _is_left(fault):
                        continue
                    faults[account_id] = fault
                    in_a_row += isinstance(fault, Unavailable | Misconfigured)
                    if _asks_for_a_pause(fault) or in_a_row == MOST_IN_A_ROW:
                        break
                else:
                    done[account_id] = page
                    in_a_row = 0
        finally:
            self.written.put_many(done)
        if faults:
            raise _all_of(faults, len(due) - len(done))
        return len(done)

    def _write_mute(self, message: AlertAcknowledged) -> int:
        """A queue keeps no order: the last acknowledgement counts, and the message where that asks for nothing."""
        entry = self.alerts.get(message.alert_id)
        latest = entry.acknowledged if entry else None
        quiet_until = (latest and latest.quiet_until) or message.quiet_until
        verdict = (latest and latest.verdict) or message.verdict
        try:
            self.pages.write_mute(message.page_id, quiet_until, verdict)
        except Refused as error:
            if not _is_left(error):
                raise
            logger.warning(
                "the page of account %s does not show what alert %s was acknowledged with: %s",
                message.account_id,
                message.alert_id,
                error,
            )
            return 0
        return 1


def _shows(written: PageValues | None, page: PageValues) -> bool:
    """True if the page shows these values, and a scan date that is neither older than a week nor yet to come."""
    if written is None or not same_values(page, written):
        return False
    return timedelta(0) <= page.last_scan - written.last_scan < PAGE_REFRESH


def _is_left(fault: Exception) -> bool:
    """True where nothing is to be done about it: a person threw the page away."""
    return isinstance(fault, Refused) and not isinstance(fault, NotTaken)


def _asks_for_a_pause(fault: Exception) -> bool:
    """True where no other page can be written either for now: the time is up, or Notion wants to be left alone."""
    return isinstance(fault, OutOfTime) or (isinstance(fault, Unavailable) and fault.retry_after is not None)


def _all_of(faults: Mapping[str, Exception], left: int) -> Exception:
    """What is raised for all that went wrong: what may pass comes before what a person has to look at."""
    passing = [fault for fault in faults.values() if isinstance(fault, Unavailable)]
    unexpected = [fault for fault in faults.values() if not isinstance(fault, Unavailable | Misconfigured | Refused)]
    named = "; ".join(f"{account_id}: {fault}" for account_id, fault in list(faults.items())[:MOST_NAMED])
    text = f"{left} of the pages could not be written: {named}" + ("; …" if left > MOST_NAMED else "")
    if passing:
        asked = [fault.retry_after for fault in passing if fault.retry_after is not None]
        return Unavailable(text, retry_after=max(asked, default=None))
    if any(isinstance(fault, Misconfigured) for fault in faults.values()):
        return Misconfigured(text)
    return unexpected[0] if unexpected else NotTaken(text)
