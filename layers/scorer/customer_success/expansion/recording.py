"""Records an offer once, for the check that finds it and for the handoff that makes it ready for Sales."""

from __future__ import annotations

import logging

from customer_success.delivery import deliver_once
from customer_success.errors import Removed
from customer_success.expansion.offer import ExpansionRecord
from customer_success.expansion.ports import ExpansionRecords
from customer_success.ports import Ledger

CHANNEL = "expansion_record"

logger = logging.getLogger(__name__)


def record_once(
    records: ExpansionRecords, ledger: Ledger, record: ExpansionRecord, *, page_id: str | None = None
) -> str:
    """Make the offer's one record read as `record`, and return its id; `page_id` is where it is known to be.

    A record that a person threw away is created anew. What Sales wrote on it stays. Raises as `deliver_once` and
    `ExpansionRecords.write`.
    """
    if page_id is None:
        page_id, is_new = _created(records, ledger, record, record.key)
        if is_new:
            return page_id
    try:
        records.write(page_id, record)
    except Removed as gone:
        logger.warning("the offer %s gets a new record: %s", record.key, gone)
        page_id, is_new = _created(records, ledger, record, f"{record.key}#{page_id}")
        if not is_new:
            records.write(page_id, record)
    return page_id


def _created(records: ExpansionRecords, ledger: Ledger, record: ExpansionRecord, key: str) -> tuple[str, bool]:
    """The id of the record under a key of the ledger, and whether it was created just now."""
    new: list[str] = []

    def create() -> str:
        new.append(records.create(record))
        return new[-1]

    page_id = deliver_once(ledger, key, CHANNEL, find=lambda: records.find(record.key), create=create)
    return page_id, bool(new)
