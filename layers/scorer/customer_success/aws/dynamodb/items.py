"""Items, keys and conditions in the table's own notation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from customer_success.dataclass import dataclass

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

Item: TypeAlias = Mapping[str, "AttributeValueTypeDef"]

LONGEST_NAME = 1024
"""Bytes of a name that either part of a key can take."""


class Key(NamedTuple):
    """Where an item lies."""

    pk: str
    sk: str

    @property
    def attributes(self) -> dict[str, AttributeValueTypeDef]:
        return {"pk": {"S": self.pk}, "sk": {"S": self.sk}}


@dataclass(frozen=True, slots=True)
class Update:
    """New values for attributes of one item, set if `condition` holds.

    Without a condition they are set in any case, and an item that is not there is made. In a condition `#name` stands
    for an attribute, `:name` for a value of `given` or of `values`.
    """

    key: Key
    values: Item
    condition: str = ""
    given: Item = field(default_factory=dict)

    def request(self) -> dict[str, Any]:
        """The parameters of UpdateItem, and of an update within a transaction."""
        assignments = ", ".join(f"#{name} = :{name}" for name in self.values)
        return {
            "Key": self.key.attributes,
            "UpdateExpression": f"SET {assignments}",
            **conditional(self.condition, {**self.given, **self.values}, also_named=assignments),
        }


def text(value: str) -> AttributeValueTypeDef:
    """A string as the table takes it: half of a character becomes a question mark."""
    return {"S": value.encode("utf-8", "replace").decode()}


def is_whole(value: str) -> bool:
    """True if no character of the text is half of one."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def number(value: float) -> AttributeValueTypeDef:
    """A number as the table takes it, with three decimals at most."""
    return {"N": f"{value:.3f}".rstrip("0").rstrip(".")}


def expiry(now: float, days: int) -> AttributeValueTypeDef:
    """The time from which on the table may delete an item, `now` being in epoch seconds."""
    return {"N": str(int(now) + days * 86_400)}


def shortened(name: str) -> str:
    """The name as a key can take it: itself, or if it is too long its beginning and a digest of the whole."""
    whole = name.encode()
    if len(whole) <= LONGEST_NAME:
        return name
    digest = sha256(whole).hexdigest()
    return whole[: LONGEST_NAME - len(digest)].decode(errors="ignore") + digest


def key_of(item: Item) -> Key:
    """Where an item lies."""
    return Key(item["pk"]["S"], item["sk"]["S"])


def conditional(condition: str, given: Item, *, also_named: str = "") -> dict[str, Any]:
    """The parameters of a conditional write; attributes go by `#name`, as many names are reserved words.

    The table refuses an empty parameter, so there is none for what there is none of.
    """
    parameters: dict[str, Any] = {
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {name: name[1:] for name in re.findall(r"#\w+", f"{condition} {also_named}")},
        "ExpressionAttributeValues": {f":{name}": value for name, value in given.items()},
    }
    return {name: value for name, value in parameters.items() if value}
