"""What a person sees of an import: what it will do, how far it is, and what became of the lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from connectors.notion.account_import import KnownPage
from connectors.text import one_line
from customer_success.text import short
from local.notion.importing.accounts import FileAccounts
from local.notion.importing.job import Done
from local.notion.importing.plan import Plan
from local.spreadsheets.columns import Ignored

WIDTH = 100
SHOWN = 20
"""Accounts, or problems, that are shown of each kind."""
LONGEST_CHANGE = 200
STEPS_A_LINE = 100
"""Accounts after which a line says how far it is, where there is no terminal for a bar."""
LONG_SECONDS = 60


class Output:
    """Shows an import on a console. Nothing that comes from a file or from Notion is read as markup."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def line(self, text: str, *, indent: int = 0, dim: bool = False) -> None:
        """One line, wrapped below its beginning."""
        shown = Text(text, style="dim" if dim else "")
        self._console.print(Padding(shown, (0, 0, 0, indent), expand=False), width=min(WIDTH, self._console.width))

    def plain(self, text: str) -> None:
        """One line as it is."""
        self._console.print(text, soft_wrap=True)

    def columns(self, ignored: Sequence[Ignored]) -> None:
        """The columns that are left out, each once."""
        self._some(
            "Columns left out", [f"{one_line(each.heading) or '(no heading)'}: {each.reason}" for each in ignored]
        )

    def reading(self, pages: Iterable[list[KnownPage]]) -> Iterator[KnownPage]:
        """The pages, while a terminal shows how many have been read."""
        bar = Progress(
            TextColumn("reading Notion:"),
            TextColumn("{task.completed:.0f} pages"),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        count = 0
        with bar:
            task = bar.add_task("", total=None)
            for some in pages:
                yield from some
                count += len(some)
                bar.advance(task, len(some))
        self.line(f"read from Notion: {count:,} pages")

    def plan(self, plan: Plan, file: FileAccounts) -> None:
        """What the file says that is not taken, and what will be done, in counts."""
        self._some("Lines refused", plan.refused)
        self._some("Cells left out; the rest of their line is loaded", file.left_out)
        self._some("Loaded as they stand, but the morning's scan will not take them", file.doubtful)
        self.line(
            f"to create {len(plan.create):,} · to update {len(plan.update):,} · unchanged {plan.unchanged:,} "
            f"· refused {len(plan.refused):,} · not in the file {plan.absent:,} (left as they are)"
        )

    def details(self, plan: Plan) -> None:
        """Which accounts will be made, and what will change of which."""
        self._some("To create", plan.create)
        if plan.update:
            self.line(f"To update: {len(plan.update):,}")
        for update in plan.update[:SHOWN]:
            self.line(str(update.account), indent=2)
            for change in update.changes:
                self.line(short(one_line(str(change)), LONGEST_CHANGE), indent=6, dim=True)
        self._more(len(plan.update))

    def outlook(self, requests: int, per_second: float) -> None:
        """How long it will take, if that is long."""
        if (seconds := requests / per_second) >= LONG_SECONDS:
            self.line(f"{requests:,} requests, about {round(seconds / 60)} min")

    @contextmanager
    def counting(self, total: int) -> Iterator[Callable[[], None]]:
        """What is to be called for each account that is done: it moves a bar, or writes a line now and then."""
        bar = Progress(
            TextColumn("accounts"),
            BarColumn(bar_width=40),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        count = 0

        def step() -> None:
            nonlocal count
            count += 1
            bar.advance(task)
            if bar.disable and count % STEPS_A_LINE == 0:
                self.line(f"{count:,} of {total:,} accounts done")

        with bar:
            task = bar.add_task("", total=total)
            yield step

    def end(self, done: Done) -> None:
        """What became of the lines."""
        self._some("Refused by Notion", done.refused)
        self.line(str(done))

    def stopped(self, done: Done) -> None:
        """How far it came, and how it goes on."""
        self.end(done)
        self.line(f"{done.steps:,} of {done.plan.requests:,} done; run it again, it goes on where it stopped")

    def _some(self, title: str, each: Sequence[object]) -> None:
        if each:
            self.line(f"{title}: {len(each):,}")
        for one in each[:SHOWN]:
            self.line(one_line(str(one)), indent=2, dim=True)
        self._more(len(each))

    def _more(self, number: int) -> None:
        if number > SHOWN:
            self.line(f"… and {number - SHOWN:,} more", indent=2, dim=True)
