"""The fault matrix as a table: a row for each fault, a column for each dependency."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

MATRIX = "fault matrix"
"""Property of a test's report that holds one cell, as `Played` takes it."""


class Played(NamedTuple):
    """What one cell came to. `explained` are differences that are right to stay, `dead` letters were brought back."""

    dependency: str
    fault: str
    lost: int
    doubled: int
    wrong: int
    explained: int
    dead: int

    @property
    def counts(self) -> str:
        return f"{self.lost}/{self.doubled}/{self.wrong}"


def matrix_table(cells: Sequence[Played]) -> Iterator[str]:
    """Lines of text: lost/doubled/wrong of each cell, and the sum of all."""
    faults = list(dict.fromkeys(cell.fault for cell in sorted(cells, key=lambda cell: cell.fault)))
    dependencies = sorted({cell.dependency for cell in cells})
    found = {(cell.fault, cell.dependency): cell.counts for cell in cells}
    wide = max(map(len, faults))
    columns = {name: max(len(name), 5) for name in dependencies}
    yield " " * wide + "  " + "  ".join(f"{name:>{columns[name]}}" for name in dependencies)
    for fault in faults:
        row = "  ".join(f"{found.get((fault, name), ''):>{columns[name]}}" for name in dependencies)
        yield f"{fault:<{wide}}  {row}"
    lost, doubled, wrong, explained, dead = (sum(column) for column in zip(*(cell[2:] for cell in cells), strict=True))
    yield f"{len(cells)} cells: lost {lost}, doubled {doubled}, wrong {wrong}"
    yield f"differences that are right to stay: {explained}; dead letters brought back: {dead}"
