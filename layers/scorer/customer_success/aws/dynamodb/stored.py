"""Models in the table: each lies as JSON in one attribute of its item."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError

from customer_success.aws.dynamodb.items import Item, Key, key_of, text
from customer_success.errors import Unreadable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from customer_success.aws.dynamodb.table import Table

T = TypeVar("T")

logger = logging.getLogger(__name__)


class Stored(Generic[T]):
    """The items of one model, which lies in `attribute`.

    What stands in `beside`, as pydantic's `exclude` has it, is left out: fields that the version before refuses, and
    that lie in attributes of their own.
    """

    def __init__(
        self, table: Table, model: type[T], *, attribute: str = "body", beside: dict[str, Any] | None = None
    ) -> None:
        self._table = table
        self._beside = beside
        self._attribute = attribute
        self._model = model

    @cached_property
    def _json(self) -> TypeAdapter[T]:
        return TypeAdapter(self._model)

    def item(self, key: Key, value: T, **attributes: AttributeValueTypeDef) -> Item:
        """The item that keeps `value`, with attributes beside it."""
        return {**key.attributes, self._attribute: self.body(value), **attributes}

    def body(self, value: T) -> AttributeValueTypeDef:
        """The value as an attribute."""
        try:
            return text(self._json.dump_json(value, round_trip=True, by_alias=True, exclude=self._beside).decode())
        except (PydanticSerializationError, UnicodeEncodeError):
            # Half of a character is none in JSON; `text` has a question mark for it.
            fields = self._json.dump_python(value, mode="json", round_trip=True, by_alias=True, exclude=self._beside)
            return text(json.dumps(fields, ensure_ascii=False))

    def read(self, item: Item) -> T:
        """The value that an item keeps. Raises `Unreadable` if this version cannot read it."""
        try:
            return self._json.validate_json(item[self._attribute]["S"])
        except (KeyError, ValueError) as error:
            pk, sk = key_of(item)
            raise Unreadable(
                f"item {pk!r} / {sk!r} was written by a version that this one cannot read: {error}"
            ) from error

    def readable(self, items: Iterable[Item]) -> Iterator[T]:
        """The values of those items that this version can read; another costs itself alone, and is logged."""
        for item in items:
            try:
                yield self.read(item)
            except Unreadable as error:
                logger.error("it is passed over: %s", error)

    def get(self, key: Key) -> T | None:
        """The value under a key, or None. Raises `Unreadable` as `read`."""
        item = self._table.get(key)
        return None if item is None else self.read(item)

    def get_many(self, keys: Mapping[str, Key]) -> dict[str, T]:
        """The values that exist and can be read, by the names given with their keys."""
        names = {key: name for name, key in keys.items()}
        items = ((names[key_of(item)], item) for item in self._table.get_many(names))
        return {name: value for name, item in items for value in self.readable([item])}

    def put_many(self, values: Iterable[tuple[Key, T]]) -> None:
        """Write all of them."""
        self._table.put_many(self.item(key, value) for key, value in values)

    def query(self, partition: str, *, between: tuple[str, str] | None = None) -> Iterator[T]:
        """The values of a partition that can be read, in order, one page in memory at a time."""
        return self.readable(self._table.query(partition, between=between))
