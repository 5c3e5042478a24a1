"""Reading page by page: where to go on, and one page ahead."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from customer_success.dataclass import dataclass

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Where reading the account book goes on: the vendor's cursor inside a window of creation times.

    `created_from` is the ISO time at which the window begins, None for the first one. `cursor` is None at a
    window's first page. `page_size` is how many rows are asked for at once: fewer, once more took too long.
    """

    created_from: str | None = None
    cursor: str | None = None
    page_size: int = 100


T = TypeVar("T")


def one_ahead(pages: Iterator[T]) -> Iterator[T]:
    """The same pages, each next one being read while the present one is worked on."""
    with ThreadPoolExecutor(max_workers=1) as reader:
        coming = reader.submit(next, pages, None)
        while (page := coming.result()) is not None:
            coming = reader.submit(next, pages, None)
            yield page
