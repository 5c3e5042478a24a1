"""The ledger of deliveries: an entry is written before a vendor is called, so that a repeat is recognised."""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import uuid4

from customer_success.aws.dynamodb.items import Item, Key, Update, expiry, number, text
from customer_success.aws.dynamodb.table import ConditionNotMetError, Table
from customer_success.ports import Claim

STORED_DAYS = 90
OURS = "#state = :sending AND #holder = :me"


class DynamoLedger:
    """`Ledger` in the table: an entry is `sending` until `sending_until`, then `done`.

    `lease_seconds` is how long a delivery may take at most. What this instance itself has claimed and not
    finished is stale at once: a function does one thing at a time, so that delivery broke off.
    """

    def __init__(self, table: Table, *, lease_seconds: float, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._lease_seconds = lease_seconds
        self._clock = clock
        self._me = text(uuid4().hex)

    def claim(self, key: str, channel: str) -> Claim:
        now = self._clock()
        entry: Item = {
            **self._key(key, channel).attributes,
            "state": text("sending"),
            "sending_until": number(now + self._lease_seconds),
            "holder": self._me,
            "expires_at": expiry(now, STORED_DAYS),
        }
        try:
            broken_off = self._table.put(
                entry,
                condition="attribute_not_exists(#pk) OR "
                "(#state = :sending AND (#sending_until <= :now OR #holder = :me))",
                given={"sending": text("sending"), "now": number(now), "me": self._me},
            )
        except ConditionNotMetError as refused:
            return _taken(refused.item or {}, now)
        return Claim("stale" if broken_off else "new")

    def done(self, key: str, channel: str, outcome: str) -> None:
        entry: Item = {
            **self._key(key, channel).attributes,
            "state": text("done"),
            "outcome": text(outcome),
            "expires_at": expiry(self._clock(), STORED_DAYS),
        }
        self._table.put(entry)

    def release(self, key: str, channel: str, *, unclear: bool) -> None:
        """As the port says; an entry that another function has claimed by now stays as it is."""
        place = self._key(key, channel)
        ours: Item = {"sending": text("sending"), "me": self._me}
        try:
            if unclear:
                self._table.update(Update(place, {"sending_until": number(0)}, OURS, given=ours))
            else:
                self._table.delete(place, condition=OURS, given=ours)
        except ConditionNotMetError:
            return

    def _key(self, key: str, channel: str) -> Key:
        return self._table.key("LEDGER", key, channel)


def _taken(entry: Item, now: float) -> Claim:
    """What an entry that cannot be claimed says."""
    if "outcome" in entry:
        return Claim("done", outcome=entry["outcome"]["S"])
    return Claim("busy", seconds=max(0.0, float(entry["sending_until"]["N"]) - now))
