"""How a figure is shown, and which of them are promises."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Promise:
    """A count or ratio that has to stay within its limit."""

    what: str
    measured: str
    limit: str
    holds: bool


def at_most(what: str, measured: float, limit: float) -> Promise:
    """A promise that holds up to its limit."""
    return Promise(what, f"{measured:.4g}", f"≤ {limit:g}", measured <= limit)


def at_least(what: str, measured: float, limit: float) -> Promise:
    """A promise that holds from its limit on."""
    return Promise(what, f"{measured:.4g}", f"≥ {limit:g}", measured >= limit)


def exactly(what: str, measured: int, wanted: int) -> Promise:
    """A promise that holds for one number alone."""
    return Promise(what, f"{measured:,}", f"= {wanted:,}", measured == wanted)


def show(console: Console, title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], note: str = "") -> None:
    """Print a table whose first column is text and whose others are figures."""
    table = Table()
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left")
    for row in rows:
        table.add_row(*row)
    console.print(title, style="bold")
    console.print(table)
    console.print(f"{note}\n" if note else "", style="italic", highlight=False)


def show_promises(console: Console, promises: Sequence[Promise]) -> None:
    """Print each promise, and whether it holds."""
    rows = [(p.what, p.measured, p.limit, "kept" if p.holds else "BROKEN") for p in promises]
    show(console, "Promises", ("", "measured", "limit", ""), rows)
