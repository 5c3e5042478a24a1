"""How much room each part takes, and how its lines of small labels are broken."""

from __future__ import annotations

from dataclasses import dataclass

from local.picture.parts import TOPIC, Part, Used

WIDTH = 150
TOPIC_WIDTH = 112
FILTER, PILL, GAP, NAME, CHIP, FOOT = 15, 24, 7, 25, 19, 5
"""Heights, from top to bottom of a card: filter, what the function is called by, room, name, each line of labels."""
SMALL_BOX = 46
"""Height of a part that is no function."""
CHIP_GAP = 4
NAME_SIZE, CHIP_SIZE = 13.0, 11.0
"""Of the letters; a name that is too long for its card gets smaller ones."""


@dataclass(frozen=True, slots=True)
class Chip:
    """The label of something a function works with, at `x` within its line."""

    used: Used
    x: float
    width: float


def width(part: Part) -> float:
    """Of the whole card."""
    return TOPIC_WIDTH if part.kind == TOPIC else WIDTH


def chip_lines(part: Part) -> list[list[Chip]]:
    """The labels of a function, in lines that fit into its card."""
    lines: list[list[Chip]] = []
    x = float(WIDTH)
    for used in part.uses:
        label = text_width(used.name, CHIP_SIZE) + 9
        if x + label > WIDTH - 6:
            lines.append([])
            x = 7.0
        lines[-1].append(Chip(used, x, label))
        x += label + CHIP_GAP
    return lines


def box_top(part: Part) -> float:
    """Where the function itself begins, below what it is called by."""
    return pill_top(part) + PILL + GAP if part.inlet else 0


def pill_top(part: Part) -> float:
    """Where the queue of a function begins, below what is let through to it."""
    return FILTER if part.inlet and part.inlet.filter else 0


def height(part: Part) -> float:
    """Of the whole card."""
    if not part.inlet and not part.uses:
        return SMALL_BOX
    return box_top(part) + NAME + CHIP * len(chip_lines(part)) + FOOT


def middle(part: Part) -> float:
    """How far below its top the middle of what ways come out of lies."""
    return (box_top(part) + height(part)) / 2


def entry(part: Part) -> float:
    """How far below its top a way enters a part: at what the function is called by, else in the middle."""
    return pill_top(part) + PILL / 2 if part.inlet else height(part) / 2


def name_size(name: str, room: float) -> float:
    """Size at which a name fits into the room."""
    return min(NAME_SIZE, room / text_width(name, 1.0))


def text_width(text: str, size: float) -> float:
    """Roughly what a text takes in a sans-serif face; wide enough for the faces in use."""
    narrow = sum(letter in " .,:;il|'()-*?" for letter in text)
    return size * (0.57 * (len(text) - narrow) + 0.34 * narrow)
