"""How the report's parts are laid out: titles, lines that wrap, and texts in a frame."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rich.console import Console, RenderableType
from rich.text import Text

from local.demo.report.delivered import DeliveredText


def head(console: Console, title: str) -> None:
    """The title of a part."""
    console.print()
    console.print(Text(title, "bold"))


def section(console: Console, title: str, lines: Iterable[str]) -> None:
    """A titled part; nothing if there are no lines."""
    lines = list(lines)
    if lines:
        head(console, title)
    for each in lines:
        wrapped(console, each)


def wrapped(console: Console, text: str) -> None:
    """A line below a title, indented deeper if it begins with spaces."""
    indent = " " * (4 if text.startswith("  ") else 2)
    for part in Text(text.strip()).wrap(console, console.width - len(indent)):
        console.print(Text(indent) + part)


def cut(console: Console, text: Text) -> None:
    """A line that is cut where the console ends."""
    console.print(text, no_wrap=True, overflow="ellipsis")


def framed(
    console: Console, title: str, read: DeliveredText | None, otherwise: str, *, most: int | None = None
) -> None:
    """A text as its reader sees it, at most so many lines of it; the sentence `otherwise` if there is none."""
    if read is None:
        section(console, title, [otherwise])
        return
    head(console, f"{title}: {read.where}")
    lines = read.text.splitlines()
    for each in lines[:most]:
        in_frame(console, Text(each))
    if most is not None and len(lines) > most:
        in_frame(console, Text(f"… and {len(lines) - most} more", "dim"))


def framed_all(console: Console, parts: Iterable[RenderableType]) -> None:
    """Texts and tables within one frame."""
    for part in parts:
        if isinstance(part, Text):
            in_frame(console, part)
            continue
        for cells in console.render_lines(part, console.options.update_width(console.width - 4), pad=False):
            console.print(Text("  │ ", "dim") + Text.assemble(*((cell.text, cell.style or "") for cell in cells)))


def in_frame(console: Console, text: Text) -> None:
    """A line of a framed text, wrapped within the frame."""
    for part in text.wrap(console, console.width - 4) or [Text()]:
        console.print(Text("  │ ", "dim") + part)


def relative(path: Path) -> Path:
    """The path as a person types it here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
