"""What feeds delivered, one item per account: each feed's slot is an attribute of its own, with a version."""

from __future__ import annotations

import logging
import time
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from hashlib import sha256

from customer_success.aws.dynamodb.items import Item, Key, Update, expiry, key_of, shortened, text
from customer_success.aws.dynamodb.table import ConditionNotMetError, Table
from customer_success.signals.kinds import Kind
from customer_success.signals.ports import Outdated
from customer_success.signals.slots import Holder, Slot, SlotName, packed, unpacked

STORED_DAYS = 400
OUTCOMES: Kind = "outcomes"

logger = logging.getLogger(__name__)


class DynamoObservations:
    """`Observations` in the table. They are stored for 400 days after the last delivery, an account's outcomes for good
    in an item of their own.
    """

    def __init__(self, table: Table, *, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._clock = clock

    def get_many(
        self, holders: Collection[Holder], kind: Kind | None = None
    ) -> Mapping[Holder, Mapping[SlotName, Slot]]:
        keys = {self._key(holder, kind): holder for holder in holders}
        return {keys[key_of(item)]: dict(_slots(item)) for item in self._table.get_many(keys)}

    def put(self, holder: Holder, name: SlotName, slot: Slot, before: Slot | None) -> None:
        attribute = _attribute(name)
        given: Item = {} if before is None else {"before": {"B": packed(name, before)}}
        for_good = name.kind == OUTCOMES and holder.account_id is not None
        update = Update(
            self._key(holder, name.kind),
            {
                attribute: {"B": packed(name, slot)},
                **({} if for_good else {"expires_at": expiry(self._clock(), STORED_DAYS)}),
                **_named(holder),
            },
            condition=f"attribute_not_exists(#{attribute})" if before is None else f"#{attribute} = :before",
            given=given,
        )
        try:
            self._table.update(update)
        except ConditionNotMetError as error:
            raise Outdated(f"the observations of {holder} were written by another delivery meanwhile") from error

    def waiting(self) -> Iterator[Holder]:
        items = self._table.query(self._table.partition("WAITING", "ALL"))
        return (Holder.waiting(item["source"]["S"], item["key"]["S"]) for item in items)

    def adopt(self, account: Holder, waiting: Holder) -> None:
        slots = self.get_many([waiting]).get(waiting, {})
        for name, slot in slots.items():
            before = self.get_many([account], name.kind).get(account, {}).get(name)
            after = slot if before is None else before.joined_with(slot, name.kind)
            if after != before:
                self.put(account, name, after, before)
        adopted: Item = {_attribute(name): {"B": packed(name, slot)} for name, slot in slots.items()}
        unchanged = " AND ".join(f"#{attribute} = :{attribute}" for attribute in adopted) or "attribute_exists(#pk)"
        try:
            self._table.delete(self._key(waiting), condition=unchanged, given=adopted)
        except ConditionNotMetError:
            logger.info("more was delivered for %s meanwhile: it is adopted with the next scan", waiting)

    def _key(self, holder: Holder, kind: Kind | None = None) -> Key:
        if holder.account_id is not None:
            return self._table.key("OUTCOMES" if kind == OUTCOMES else "OBSERVATIONS", holder.account_id, "ACCOUNT")
        return self._table.key("WAITING", "ALL", shortened("\t".join(holder.unjoined or ())))


def _named(holder: Holder) -> Item:
    """The source and the key of what waits: in the item's own key they may be cut short."""
    if holder.unjoined is None:
        return {}
    source, key = holder.unjoined
    return {"source": text(source), "key": text(key)}


def _slots(item: Item) -> Iterator[tuple[SlotName, Slot]]:
    """The slots of an item; one that cannot be read costs itself, and is logged."""
    for attribute, value in item.items():
        if attribute.startswith(_PREFIX):
            try:
                yield unpacked(value["B"])
            except (KeyError, ValueError, TypeError, zlib.error) as error:
                logger.error("the observations %s of %s cannot be read: %s", attribute, key_of(item), error)


_PREFIX = "slot_"


def _attribute(name: SlotName) -> str:
    """The attribute of a slot: its name as letters and digits, which is what an expression takes."""
    return _PREFIX + sha256(str(name).encode()).hexdigest()[:16]
