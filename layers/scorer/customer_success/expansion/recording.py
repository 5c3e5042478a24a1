"""The records of offers, each made once, by the check that finds the offer and the handoff that makes it ready."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from customer_success.dataclass import dataclass
from customer_success.errors import Removed

if TYPE_CHECKING:
    from customer_success.expansion.offer import ExpansionRecord
    from customer_success.expansion.ports import ExpansionRecords
    from customer_success.once import Once

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OfferRecords:
    """Records of which each offer has one."""

    records: ExpansionRecords
    once: Once

    def put(self, record: ExpansionRecord, *, page_id: str | None = None) -> str:
        """Make the offer's one record read as `record`, and return its id; `page_id` is where it is known to be.

        A record that a person threw away is created anew. What Sales wrote on it stays. Raises as `Once` and
        `ExpansionRecords.write`.
        """
        if page_id is None:
            page_id, is_new = self._created(record, record.key)
            if is_new:
                return page_id
        try:
            self.records.write(page_id, record)
        except Removed as removed:
            logger.warning("the offer %s gets a new record: %s", record.key, removed)
            page_id, is_new = self._created(record, f"{record.key}#{page_id}")
            if not is_new:
                self.records.write(page_id, record)
        return page_id

    def write(self, page_id: str, record: ExpansionRecord) -> None:
        """As `ExpansionRecords.write`."""
        self.records.write(page_id, record)

    def url(self, page_id: str) -> str:
        """Where a person opens the record."""
        return self.records.url(page_id)

    def _created(self, record: ExpansionRecord, key: str) -> tuple[str, bool]:
        """The id of the record that `key` names, and whether it was created just now."""
        new: list[str] = []

        def create() -> str:
            new.append(self.records.create(record))
            return new[-1]

        page_id = self.once(key, create, find=lambda: self.records.find(record.key))
        return page_id, bool(new)
