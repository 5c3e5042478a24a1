"""The results as a person reads them: a line each, as they come, and at the end what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from rich.console import Console
from rich.text import Text

from connectors.text import one_line
from local.doctor.check_result import CheckResult, State

MARKS: Mapping[State, tuple[str, str, str]] = {
    "ok": ("✓", "green", "right"),
    "bad": ("✗", "bold red", "wrong"),
    "due": ("!", "bold yellow", "to be done"),
    "off": ("–", "dim", "not set up or switched off"),
    "untried": ("?", "yellow", "not tried"),
}
"""Each state's mark, its style, and how it is counted."""
COUNTED_IF_ANY: State = "due"


class Report:
    """Prints check results. What comes from vendors is taken literally."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._counts: Counter[State] = Counter()
        self._asking = 0

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong."""
        return not self._counts["bad"]

    @property
    def asking(self) -> int:
        """How many results ask for something to be done, though they are not wrong."""
        return self._asking

    def head(self, area: str) -> None:
        self._console.print()
        self._console.print(Text(area, "bold"))

    def add(self, result: CheckResult) -> None:
        self._counts[result.state] += 1
        self._asking += result.asks
        mark, style, _ = MARKS[result.state]
        self._wrapped(Text(f"  {mark} ", style), result.what)
        if result.advice:
            self._wrapped(Text("    → "), result.advice)
        if result.command:
            # It is to be pasted, so it stays on one line however long.
            self._console.print(Text(f"      {one_line(result.command)}"), soft_wrap=True)

    def close(self, following: str) -> None:
        """The count, and the next step."""
        counted = [
            f"{self._counts[state]} {mark} {words}"
            for state, (mark, _, words) in MARKS.items()
            if self._counts[state] or state != COUNTED_IF_ANY
        ]
        self._console.print()
        self._console.print(Text(", ".join(counted)))
        self._console.print(Text(following))

    def _wrapped(self, begin: Text, what: str) -> None:
        """A line, with what does not fit below its beginning."""
        for number, line in enumerate(Text(one_line(what)).wrap(self._console, self._console.width - len(begin))):
            line.rstrip()
            self._console.print((begin if number == 0 else Text(" " * len(begin))) + line)
