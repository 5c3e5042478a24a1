"""The console of what is run by hand: it shows texts as they are, and obeys none of them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

_OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""What a terminal obeys rather than shows: control characters, and those that turn the text around them."""


def literal(text: str) -> str:
    """The text, line by line, without what a terminal would obey."""
    return _OBEYED.sub("", text)


def print_error(words: object) -> None:
    """Print on standard error why it does not go on."""
    print(literal(str(words)), file=sys.stderr)


class PlainConsole(Console):
    """A console for texts that others wrote, such as names of accounts: no markup, no emoji codes, no control codes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(literal(segment.text), segment.style)
