"""The directory of the book: which id leads to which account, in parts of a thousand accounts."""

from __future__ import annotations

from collections.abc import Iterable

from customer_success.aws.dynamodb.items import Key
from customer_success.aws.dynamodb.stored import Stored
from customer_success.aws.dynamodb.table import Table
from customer_success.batches import batches
from customer_success.dataclass import dataclass
from customer_success.signals.directory import Directory, Known

ACCOUNTS_PER_PART = 1_000


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the book, and how many parts there are."""

    parts: int
    accounts: tuple[Known, ...]


class DynamoDirectories:
    """`Directories` in the table. Only parts that changed are written, the first one last: until then the old one
    stands whole enough to use.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._parts = Stored(table, Part)

    def read(self) -> Directory | None:
        first = self._parts.get(self._key(0))
        if first is None:
            return None
        others = self._parts.get_many({str(number): self._key(number) for number in range(1, first.parts)})
        return Directory.of(known for part in (first, *others.values()) for known in part.accounts)

    def write(self, book: Iterable[Known]) -> None:
        parts = list(batches(book, count=ACCOUNTS_PER_PART)) or [[]]
        stored = self._parts.get_many({str(number): self._key(number) for number in range(len(parts))})
        for number in reversed(range(len(parts))):
            part = Part(len(parts), tuple(parts[number]))
            if stored.get(str(number)) != part:
                self._parts.put_many([(self._key(number), part)])

    def _key(self, number: int) -> Key:
        return self._table.key("DIRECTORY", "ALL", f"{number:06d}")
