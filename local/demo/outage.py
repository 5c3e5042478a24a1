"""A planned outage, DOWN=…: what it leaves undone is what was asked for, and no failure of the demo."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from rich.console import Console

from local.demo.errors import DemoError
from local.demo.report import counted

BOOK_COMES_FROM = "notion"
"""The service without which no scan reaches its end."""


def close_without_scan(console: Console, failure: str, down: Collection[str]) -> None:
    """Say why a day ends without its scan. Raises `DemoError` if no planned outage explains it."""
    if BOOK_COMES_FROM not in down:
        raise DemoError(f"\n{failure}")
    console.print(
        f"\nAs planned, {named(down)}: {failure}. The contract check needs no Notion; what it found stands above.",
        soft_wrap=True,
    )


def close_with_waiting(console: Console, waiting: Mapping[str, int], down: Collection[str]) -> None:
    """Say which messages still wait, if any do. Raises `DemoError` if no planned outage explains it."""
    if not waiting:
        return
    words = f"messages are still waiting to be tried again: {counted(waiting)}"
    if not down:
        raise DemoError(words)
    console.print(f"As planned, {named(down)}: {words}; the next start goes on with them.", soft_wrap=True)


def named(down: Collection[str]) -> str:
    """How the person asked for the outage."""
    return f"DOWN={','.join(down)}"
