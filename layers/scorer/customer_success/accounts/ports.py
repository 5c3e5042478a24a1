"""What accounts need from outside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from customer_success.dataclass import dataclass

if TYPE_CHECKING:
    from datetime import date

    from customer_success.accounts.account import Account
    from customer_success.accounts.portfolio import PortfolioLine, Snapshot
    from customer_success.accounts.row import AccountRow, PageValues
    from customer_success.paging import Bookmark
    from customer_success.scoring.health_status import Point


@dataclass(frozen=True, slots=True)
class BookPage:
    """Up to 100 accounts, and where to go on; `next` is None after the last ones.

    `properties` are those that the book has at this moment, by our name for each; None if that is unknown.
    """

    accounts: tuple[Account, ...]
    next: Bookmark | None
    properties: Mapping[str, str] | None = None


class AccountBook(Protocol):
    """The team's own list of accounts."""

    def read(self, start: Bookmark) -> Iterator[BookPage]:
        """Yield the book from `start` on, in order of creation. The first accounts of a new window may have been
        read before; the reader recognises them.
        """
        ...


class AccountPages(Protocol):
    """The pages on which people look at their accounts."""

    def write(self, page_id: str, values: PageValues) -> None:
        """Set the values. Safe to repeat."""
        ...

    def write_mute(self, page_id: str, quiet_until: date | None, verdict: str | None) -> None:
        """Set `CSM Quiet Until` and `CSM Verdict`, each only if it is given. Safe to repeat."""
        ...


class AccountRows(Protocol):
    """What the table knows of the accounts."""

    def get(self, account_id: str) -> AccountRow | None: ...

    def get_many(self, account_ids: Iterable[str]) -> dict[str, AccountRow]:
        """The rows that exist, by account id."""
        ...

    def put_many(self, rows: Iterable[AccountRow]) -> None: ...

    def every(self) -> Iterator[AccountRow]:
        """All rows of the tenant, one batch in memory at a time."""
        ...


class ScoreHistory(Protocol):
    """One point per account and day."""

    def put_many(self, points: Iterable[tuple[str, Point]]) -> None:
        """Write points by account id; a point of the same day is replaced."""
        ...

    def between(self, account_id: str, first: date, last: date) -> Iterator[Point]:
        """The points from `first` to `last`, both included, oldest first."""
        ...


class WrittenPages(Protocol):
    """What was last written to each account's page."""

    def get_many(self, account_ids: Iterable[str]) -> dict[str, PageValues]: ...

    def put_many(self, written: Mapping[str, PageValues]) -> None: ...


class Portfolios(Protocol):
    """Snapshots of the book, one for each closed scan, stored for some days so that a reader can page through one."""

    def write(self, snapshot: Snapshot, parts: Iterable[Sequence[PortfolioLine]]) -> None:
        """Write all parts, then make the snapshot the latest one. Safe to repeat."""
        ...

    def latest(self) -> Snapshot | None: ...

    def get(self, run: str) -> Snapshot | None:
        """The snapshot of a run, None if it is no longer stored."""
        ...

    def part(self, run: str, number: int) -> Sequence[PortfolioLine]:
        """The lines of one part, counted from 0."""
        ...
