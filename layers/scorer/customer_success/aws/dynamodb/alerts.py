"""The alerts. What the scan changes, each channel and who acknowledges lies in attributes of their own."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date
from functools import cache
from typing import TYPE_CHECKING, Literal, cast

from pydantic import TypeAdapter

from customer_success.alerts.entry import CHANNELS, Acknowledgement, AlertEntry, Channel, Outcome
from customer_success.aws.dynamodb.items import Item, Key, Update, expiry, key_of, text
from customer_success.aws.dynamodb.stored import Stored
from customer_success.aws.dynamodb.table import ConditionNotMetError, Table
from customer_success.errors import Misconfigured, Refused
from customer_success.messages import AlertId, ChurnAlert

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from customer_success.alerts.policy import Delivery

STORED_DAYS = 400
THERE = "attribute_exists(#pk)"
NOT_LATER = "(attribute_not_exists(#acknowledged_at) OR #acknowledged_at <= :acknowledged_at)"

logger = logging.getLogger(__name__)


@cache
def _outcome_adapter() -> TypeAdapter[Outcome]:
    return TypeAdapter(Outcome)


@cache
def _acknowledgement_adapter() -> TypeAdapter[Acknowledgement]:
    return TypeAdapter(Acknowledgement)


class DynamoAlertLog:
    """`AlertLog` in the table. Alerts are stored for 400 days."""

    def __init__(self, table: Table, *, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._alerts = Stored(table, ChurnAlert)
        self._clock = clock

    def put(self, entries: Iterable[AlertEntry]) -> None:
        self._table.put_many(self._items(entries).values())

    def add(self, entries: Iterable[AlertEntry]) -> None:
        items = self._items(entries)
        there = {key_of(item) for item in self._table.get_many(items, only="pk, sk")}
        self._table.put_many(item for key, item in items.items() if key not in there)

    def _items(self, entries: Iterable[AlertEntry]) -> dict[Key, Item]:
        items: dict[Key, Item] = {}
        for entry in entries:
            items.setdefault(self._key(entry.alert_id), self._item(entry))
        return items

    def on(self, day: date) -> Iterator[AlertEntry]:
        """As the port says. An alert that this version cannot read is passed over, and logged."""
        for item in self._table.query(self._table.partition("ALERTS", day.isoformat())):
            try:
                yield self._entry(item)
            except (Misconfigured, KeyError, ValueError) as error:
                logger.error("alert %s is passed over: %s", item["sk"].get("S"), error)

    def mark(self, entries: Iterable[AlertEntry]) -> None:
        """As the port says. Raises `Refused` if an entry was never added."""
        try:
            self._table.transact(Update(self._key(entry.alert_id), _marks(entry), THERE) for entry in entries)
        except ConditionNotMetError as error:
            raise Refused("an alert that should be marked is not in the table: it has to be added first") from error

    def record(self, alert_id: str, channel: Channel, outcome: Outcome) -> None:
        """As the port says. Raises `Refused` if there is no such alert."""
        try:
            self._table.update(Update(self._key(alert_id), _outcomes({channel: outcome}), THERE))
        except ConditionNotMetError as error:
            raise Refused(f"alert {alert_id!r} is not in the table; on {channel} it was {outcome.state}") from error

    def get(self, alert_id: str) -> AlertEntry | None:
        try:
            key = self._key(alert_id)
        except (Refused, UnicodeEncodeError):
            return None  # what cannot be a key is no alert's id
        item = self._table.get(key)
        return None if item is None else self._entry(item)

    def acknowledge(self, alert_id: str, acknowledgement: Acknowledgement) -> None:
        """As the port says. One that is older than what stands there changes nothing: the latest counts."""
        try:
            self._table.update(Update(self._key(alert_id), _acknowledged(acknowledgement), f"{THERE} AND {NOT_LATER}"))
        except ConditionNotMetError as error:
            if error.item is None:
                raise Refused(
                    f"alert {alert_id!r} is not in the table; {acknowledgement.by} took care of it"
                ) from error

    def _key(self, alert_id: str) -> Key:
        """Where an alert is stored: under its run date. Raises `Refused` for what is no alert's id."""
        try:
            run_date = AlertId.parse(alert_id).run_date
        except ValueError as error:
            raise Refused(str(error)) from error
        return self._table.key("ALERTS", run_date.isoformat(), alert_id)

    def _item(self, entry: AlertEntry) -> Item:
        return self._alerts.item(
            self._key(entry.alert_id),
            entry.alert,
            **_marks(entry),
            **_outcomes(entry.outcomes),
            **(_acknowledged(entry.acknowledged) if entry.acknowledged else {}),
            expires_at=expiry(self._clock(), STORED_DAYS),
        )

    def _entry(self, item: Item) -> AlertEntry:
        return AlertEntry(
            self._alerts.read(item),
            state=cast("Literal['pending', 'published']", item["state"]["S"]),
            delivery=cast("Delivery | None", item["delivery"].get("S")),
            held=item["held"]["BOOL"],
            outcomes={
                channel: _outcome_adapter().validate_json(item[_attribute(channel)]["S"])
                for channel in CHANNELS
                if _attribute(channel) in item
            },
            acknowledged=_acknowledgement_adapter().validate_json(item["acknowledged"]["S"])
            if "acknowledged" in item
            else None,
        )


def _marks(entry: AlertEntry) -> dict[str, AttributeValueTypeDef]:
    return {
        "state": text(entry.state),
        "delivery": text(entry.delivery) if entry.delivery else {"NULL": True},
        "held": {"BOOL": entry.held},
    }


def _outcomes(outcomes: Mapping[Channel, Outcome]) -> dict[str, AttributeValueTypeDef]:
    return {_attribute(channel): text(_outcome_adapter().dump_json(o).decode()) for channel, o in outcomes.items()}


def _acknowledged(acknowledgement: Acknowledgement) -> dict[str, AttributeValueTypeDef]:
    """It, and beside it when it was, written so that the later one is the greater."""
    at = acknowledgement.at.astimezone(UTC).isoformat(timespec="microseconds")
    return {
        "acknowledged": text(_acknowledgement_adapter().dump_json(acknowledgement).decode()),
        "acknowledged_at": text(at),
    }


def _attribute(channel: Channel) -> str:
    return f"ch_{channel}"
