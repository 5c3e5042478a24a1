"""What a person sees of an import: how far it is, and what became of the lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from local.import_history.job import Imported

MANY = 2000
"""Lines from which on a bar is shown."""
SHOWN = 20
"""Rejections that are shown."""
IN_VAIN = "nothing was imported: every line was rejected, for the reasons above; mend the file, and import it again"


@contextmanager
def progress_bar(console: Console, lines: int) -> Iterator[Callable[[], None]]:
    """What is to be called for each line that is done; on a terminal a big file moves a bar."""
    bar = Progress(
        TextColumn("  lines"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        console=console,
        disable=lines < MANY or not console.is_terminal,
    )
    with bar:
        task = bar.add_task("", total=lines)
        yield lambda: bar.advance(task)


def print_result(console: Console, done: Imported) -> None:
    """The counts, and the lines that were rejected with their reasons."""
    console.print(f"  {done}", soft_wrap=True)
    for rejected in done.rejected[:SHOWN]:
        console.print(f"    {rejected}", style="dim", soft_wrap=True)
    if len(done.rejected) > SHOWN:
        console.print(f"    … and {len(done.rejected) - SHOWN} more", style="dim")
