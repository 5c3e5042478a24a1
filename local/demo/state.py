"""What is stored of a book between two demos, in one scratch folder."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from local.demo.errors import DemoError
from local.deployment import ROOT

SCRATCH = ROOT / ".demo"
LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class DemoState:
    """The scratch folder of one book, and the days that were played with it."""

    folder: Path

    @classmethod
    def of(cls, book: Path) -> DemoState:
        """The folder of the book at this path: its name, and a mark that distinguishes books of the same name."""
        mark = hashlib.sha256(str(book.resolve()).encode()).hexdigest()[:6]
        name = re.sub(r"[^\w.-]+", "-", book.stem)[:LONGEST_NAME]
        return cls(SCRATCH / f"{name}-{mark}")

    @property
    def vendors(self) -> Path:
        """Where pages, drafts, messages and events lie."""
        return self.folder / "vendors"

    @property
    def played(self) -> tuple[date, ...]:
        """The days that were played, in their order. Raises `DemoError` if what is stored of them cannot be read."""
        try:
            return tuple(map(date.fromisoformat, self._days.read_text().split())) if self._days.exists() else ()
        except ValueError as error:
            raise DemoError(
                f"{self._days}: {error}; expected the days that were played. Forget what demos have left behind: "
                "make demo-clean"
            ) from error

    def note(self, day: date) -> None:
        """Note that a day is played."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if day not in self.played:
            with self._days.open("a") as days:
                days.write(f"{day}\n")

    def first_day(self, otherwise: date) -> date:
        """The first day that was played with the book."""
        return next(iter(self.played), otherwise)

    def starting(self, wanted: date | None, otherwise: date) -> date:
        """The day to begin with: the one wanted, else the last one played.

        Raises `DemoError` for a day before the last one.
        """
        last = self.played[-1] if self.played else None
        if wanted and last and wanted < last:
            raise DemoError(
                f"DATE={wanted} lies before the last run of this book, {last}: "
                f"take {last} or a later day, or start anew after `make demo-clean`"
            )
        return wanted or last or otherwise

    @property
    def _days(self) -> Path:
        return self.folder / "days.txt"
