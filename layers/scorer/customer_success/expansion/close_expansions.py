"""Informs the owners of what a day brought for expansion, when all that was planned has come to an end."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Literal

from customer_success.alerts.digest import failed_digest
from customer_success.alerts.publisher import AlertPublisher
from customer_success.dataclass import dataclass
from customer_success.expansion.entry import Outcome
from customer_success.expansion.ports import ExpansionLog
from customer_success.expansion.text import owner_digests
from customer_success.isolation import cause, recorded
from customer_success.messages import ExpansionsQueued
from customer_success.ports import Outbox
from customer_success.results import JobResult

CLOSING: Literal["close_expansions"] = "close_expansions"


class ExpansionCounts(JobResult):
    """The entries of a day by their outcome."""

    task_type: Literal["close_expansions"] = CLOSING
    planned: int
    offered: int
    recorded: int
    held_back: int
    nothing: int
    failed: int
    answered: int


@dataclass(frozen=True, slots=True)
class CloseExpansions:
    """The job: looks again and again until every account is checked, then posts each owner's digest."""

    log: ExpansionLog
    publisher: AlertPublisher
    closings: Outbox
    fallback_owner: str | None
    look_again_seconds: int

    def __call__(self, message: ExpansionsQueued, *, now: datetime, last_try: bool = False) -> ExpansionCounts:
        """Post the digests, or put the message back. The counts of the day's entries by their outcome.

        On the `last_try` an error that stops the closing is reported; it is raised in any case.
        """
        on = message.run_date
        title = f"Expansion, {on}: what the day brought could not be told"
        return recorded(
            f"the closing of the expansions of {on}",
            lambda: self._close(message, now),
            lambda error: self.publisher.post(failed_digest(CLOSING, on, title, cause(error))),
            last_try=last_try,
        )

    def _close(self, message: ExpansionsQueued, now: datetime) -> ExpansionCounts:
        entries = list(self.log.on(message.run_date))
        if any(entry.outcome == "planned" for entry in entries) and now < message.until:
            self.closings.send([message], delay_seconds=self.look_again_seconds)
        else:
            self.publisher.post_each(owner_digests(message.run_date, entries, message.notes, self.fallback_owner))
        counts = Counter[Outcome](entry.outcome for entry in entries)
        return ExpansionCounts(
            planned=counts["planned"],
            offered=counts["offered"],
            recorded=counts["recorded"],
            held_back=counts["held_back"],
            nothing=counts["nothing"],
            failed=counts["failed"],
            answered=counts["answered"],
        )
