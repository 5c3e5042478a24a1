"""What deriving signals needs of a store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from customer_success.dataclass import dataclass
from customer_success.errors import Unavailable

if TYPE_CHECKING:
    from customer_success.signals.directory import Directory, Known
    from customer_success.signals.freshness import Feed
    from customer_success.signals.kinds import Kind
    from customer_success.signals.slots import Holder, Slot, SlotName


class Outdated(Unavailable):
    """The item was written since it was read."""


class Observations(Protocol):
    """What feeds delivered of each account, and of keys that no account of the book has yet."""

    def get_many(
        self, holders: Collection[Holder], kind: Kind | None = None
    ) -> Mapping[Holder, Mapping[SlotName, Slot]]:
        """All slots of each holder that has any; those of the `kind` "outcomes", which are stored apart and for good,
        only if they are asked for, and then alone. Raises `Unavailable`.
        """

    def put(self, holder: Holder, name: SlotName, slot: Slot, before: Slot | None) -> None:
        """Write a slot in the place of `before`. Raises `Outdated` if it was written meanwhile."""

    def waiting(self) -> Iterator[Holder]:
        """The keys that lead to no account yet, and for which something waits."""

    def adopt(self, account: Holder, waiting: Holder) -> None:
        """Merge what waits for a key into an account, and let it wait no longer. Raises `Unavailable`."""


class Feeds(Protocol):
    """The feeds of the tenant."""

    def all(self) -> list[Feed]:
        """Every feed that ever delivered, by kind and source."""

    def put(self, feed: Feed, before: Feed | None) -> None:
        """Write a feed in the place of `before`. Raises `Outdated` if it was written meanwhile."""


class Directories(Protocol):
    """The ids by which accounts are known, of the whole book."""

    def read(self) -> Directory | None:
        """The directory that the last scan wrote; None before the first."""

    def write(self, book: Iterable[Known]) -> None:
        """Put the ids of the whole book in the place of the last directory."""


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """A request that came under a key, by the hash of its body. `answer` is None until it was answered."""

    key: str
    body_hash: str
    received_at: datetime
    answer: bytes | None = None


class KeyedRequests(Protocol):
    """The requests that came under a key in the last day."""

    def begin(self, request: KeyedRequest) -> KeyedRequest:
        """Store a request unless one with its key is stored; that one is returned then. Raises `Unavailable`."""

    def finish(self, request: KeyedRequest, answer: bytes) -> None:
        """Store what a request was answered. Raises `Unavailable`."""
