"""Items, keys and conditions in the table's own notation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

Item: TypeAlias = Mapping[str, "AttributeValueTypeDef"]


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

    In a condition `#name` stands for an attribute, `:name` for a value of `given` or of `values`.
    """

    key: Key
    values: Item
    condition: str
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
    """A string as the table takes it."""
    return {"S": value}


def number(value: float) -> AttributeValueTypeDef:
    """A number as the table takes it, with three decimals at most."""
    return {"N": f"{value:.3f}".rstrip("0").rstrip(".")}


def expiry(now: float, days: int) -> AttributeValueTypeDef:
    """The time from which on the table may delete an item, `now` being in epoch seconds."""
    return {"N": str(int(now) + days * 86_400)}


def key_of(item: Item) -> Key:
    """Where an item lies."""
    return Key(item["pk"]["S"], item["sk"]["S"])


def conditional(condition: str, given: Item, *, also_named: str = "") -> dict[str, Any]:
    """The parameters of a conditional write; attributes go by `#name`, as many names are reserved words."""
    return {
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {name: name[1:] for name in re.findall(r"#\w+", f"{condition} {also_named}")},
        "ExpressionAttributeValues": {f":{name}": value for name, value in given.items()},
    }
