"""What feature adoption needs from outside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from customer_success.accounts.account import Account
    from customer_success.adoption.feature_usage import FeatureUsage, UsagePage
    from customer_success.adoption.peers import PeerGroup
    from customer_success.documents import PageBlock
    from customer_success.paging import Bookmark
    from customer_success.schemas import FeatureAdoptionReport


class FeatureUsageBook(Protocol):
    """The team's own list of who uses which feature."""

    def read(self, start: Bookmark) -> Iterator[UsagePage]:
        """Yield the list from `start` on, in order of creation. Rows may come twice where a new window begins."""
        ...


class FeatureUsages(Protocol):
    """The feature usage that was last read of each account."""

    def of(self, account: Account) -> tuple[FeatureUsage, ...]:
        """The account's features by name, each once."""
        ...

    def of_many(self, accounts: Iterable[Account]) -> dict[str, tuple[FeatureUsage, ...]]:
        """The same for several accounts, by account id; those without features are left out."""
        ...

    def add(self, run: str, rows: Iterable[FeatureUsage]) -> None:
        """Store what the run `run` read, in place of what an earlier run read of the same accounts; a repeat changes
        nothing.
        """
        ...


class AdoptionPeers(Protocol):
    """How feature adoption is spread over the accounts of each group."""

    def get_many(self, names: Iterable[str]) -> dict[str, PeerGroup]:
        """The groups that exist, by name."""
        ...

    def put_many(self, groups: Iterable[PeerGroup]) -> None: ...


class AdoptionSections(Protocol):
    """The section on feature adoption of an account's page."""

    def write(self, page_id: str, title: str, blocks: Sequence[PageBlock]) -> None:
        """Make the page's section of that title read as `blocks`, be it there or not. Safe to repeat.

        Raises `Removed` if the page is not there any more.
        """
        ...


class AdoptionReports(Protocol):
    """The latest feature adoption report of each account."""

    def get(self, account_id: str) -> FeatureAdoptionReport | None: ...

    def put(self, report: FeatureAdoptionReport) -> None: ...
