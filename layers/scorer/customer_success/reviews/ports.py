"""What reviews need from outside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

from customer_success.dataclass import dataclass

if TYPE_CHECKING:
    from customer_success.reviews.qbr import Qbr, QbrKey, QbrPage, QbrText


@dataclass(frozen=True, slots=True)
class FoundPage:
    """A page that is there; it is not `complete` if writing it broke off."""

    page_id: str
    complete: bool


class QbrPages(Protocol):
    """The pages of quarterly reviews."""

    def find(self, key: str) -> FoundPage | None:
        """The page with this key, or None."""
        ...

    def create(self, page: QbrPage) -> str:
        """Create the page and return its id. Not safe to repeat."""
        ...

    def replace(self, page_id: str, page: QbrPage) -> bool:
        """Replace the page's content by that of `page`; safe to repeat.

        False, and nothing is changed, if a person edited it. Raises `Removed` if it is not there any more.
        """
        ...

    def url(self, page_id: str) -> str:
        """Where a person opens the page."""
        ...


class Qbrs(Protocol):
    """The quarterly reviews: a short record of each, and beside it the evidence and the text."""

    def get(self, key: QbrKey) -> Qbr | None: ...

    def put(self, qbr: Qbr) -> None: ...

    def add(self, qbrs: Iterable[Qbr]) -> None:
        """Add those that are not there yet; the others stay as they are."""
        ...

    def of_period(self, period: str) -> Iterator[Qbr]:
        """The reviews of a quarter, by account id."""
        ...

    def known(self, keys: Iterable[QbrKey]) -> set[QbrKey]:
        """Those of the keys for which there is a review."""
        ...

    def text(self, key: QbrKey) -> QbrText | None: ...

    def put_text(self, key: QbrKey, text: QbrText) -> None: ...
