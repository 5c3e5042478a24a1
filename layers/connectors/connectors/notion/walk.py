"""The walk through a data source that is longer than one query: window after window of creation times.

Notion ends a query silently at 10,000 rows. The next window begins at the last row's creation time; the rows
of that very minute are met again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from customer_success.errors import Misconfigured, Unavailable
from customer_success.paging import Bookmark

Row = Mapping[str, Any]

LARGEST_PAGE = 100
"""Rows, or blocks, that Notion shows in one answer at most."""
SMALLEST_PAGE = 12
"""The last of the halves: as many tries as a call has lead from 100 to here, so none of them asks the same."""


def half(page_size: int) -> int:
    """How many to ask for when so many took Notion too long."""
    return max(SMALLEST_PAGE, page_size // 2)


def check_moves_on(answer: Mapping[str, Any], cursor: str | None) -> None:
    """Raises `Unavailable` for an answer to `cursor` that names the same one as the next: reading would never end."""
    if answer.get("has_more") and cursor is not None and answer.get("next_cursor") == cursor:
        raise Unavailable("Notion's answer leads to the same page again: its next_cursor is the one that was asked for")


class Walk:
    """Where the walk stands: `at` is the page to ask for next, None after the last."""

    def __init__(self, start: Bookmark) -> None:
        self.at: Bookmark | None = start
        self._page_size = start.page_size
        self._window = start.created_from
        self._cut_off = False
        self._latest: str | None = None
        self._seam: set[str] = set()
        self._last_restart: Bookmark | None = None

    def step(self, answer: Mapping[str, Any]) -> list[Row]:
        """Take one answer in, move on, and return its rows without those already met at the seam.

        Raises `Misconfigured` when so many rows were created in one minute that no window can get past it, and
        `Unavailable` when the answer leads back to the page that it is.
        """
        check_moves_on(answer, self.at.cursor if self.at else None)
        # Among the pages of a wiki lie data sources.
        pages = (row for row in answer["results"] if row.get("object", "page") == "page")
        new = [row for row in pages if self._is_new(row)]
        # Any page may say that its query was cut off, not only the last one.
        self._cut_off |= (answer.get("request_status") or {}).get("type") == "incomplete"
        if answer.get("has_more") and answer.get("next_cursor"):
            self.at = Bookmark(self._window, answer["next_cursor"], self._page_size)
        else:
            self.at = self._next_window() if self._cut_off else None
        return new

    def ask_for_less(self) -> None:
        """Ask for half as many rows from here on, as so many took Notion too long."""
        self._page_size = half(self._page_size)
        if self.at is not None:
            self.at = replace(self.at, page_size=self._page_size)

    def start_over(self) -> bool:
        """Go on from the last creation time met, as Notion refused the cursor. False if that was tried."""
        restart = Bookmark(self._latest or self._window, page_size=self._page_size)
        if self._last_restart and self._last_restart.created_from == restart.created_from:
            return False
        self.at = self._last_restart = restart
        self._window, self._cut_off = restart.created_from, False
        return True

    def _is_new(self, row: Row) -> bool:
        created = row.get("created_time") or self._latest
        if created != self._latest:
            self._latest = created
            self._seam.clear()
        new = row["id"] not in self._seam
        self._seam.add(row["id"])
        return new

    def _next_window(self) -> Bookmark:
        if self._latest is None or self._latest == self._window:
            raise Misconfigured(
                f"More pages were created at {self._window} than Notion returns to one query (10,000), "
                "so the rest cannot be read. Move some of them to another data source."
            )
        self._window, self._cut_off = self._latest, False
        return Bookmark(self._window, page_size=self._page_size)
