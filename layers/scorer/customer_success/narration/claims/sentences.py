"""Text as the check reads it: split into sentences, and freed of all ways to hide a digit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from customer_success.patterns import lazy_pattern

HIDDEN = "\ue000"
"""Stands for each character of what is no claim, such as a name."""

_ABBREVIATION = lazy_pattern(
    r"(?:\b(?:e\.g|i\.e|vs|inc|ltd|co|corp|llc|plc|no|approx|ca|cf|dr|mr|mrs|ms|prof|st|dept|est|incl|excl|"
    r"jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|[a-z]\.[a-z])|^\s*\d{1,2})\.$",
    re.IGNORECASE,
)
_END = lazy_pattern(r"[.!?…]+[\"'”’)\]]*(?=\s)|\n")
_STARTS_SMALL = lazy_pattern(r"\s*[a-z]")
_LIST_MARK = lazy_pattern(r"\A\s*(?:\d{1,2}[.)](?=\s)|[-•*](?=\s))")
_SMOOTHED = str.maketrans({"‐": "-", "‑": "-", "−": "-", "⁻": "-", "*": None, "`": None, "’": "'"})
_LONGEST_ABBREVIATION = 12


def sentences(paragraph: str) -> list[str]:
    """The sentences of a paragraph, each with the white space that follows it; joined they are the paragraph."""
    found, start = [], 0
    for end in _END.finditer(paragraph):
        before = paragraph[max(start, end.start() - _LONGEST_ABBREVIATION) : end.start() + 1]
        after = paragraph[end.end() : end.end() + _LONGEST_ABBREVIATION]
        if end.group() != "\n" and (_STARTS_SMALL.match(after) or _ABBREVIATION.search(before)):
            continue
        stop = end.end() + len(after) - len(after.lstrip())
        if paragraph[start:stop].strip():
            found.append(paragraph[start:stop])
            start = stop
    if paragraph[start:].strip():
        found.append(paragraph[start:])
    return found


def joined(holding: Iterable[tuple[str, str]]) -> str:
    """Sentences made one paragraph again, each given with the one that stood before it.

    What a line break parted stays parted by one, so that the paragraph falls into the same sentences once more.
    """
    pieces: list[str] = []
    for sentence, before in holding:
        if pieces:
            last = pieces.pop()
            broken = "\n" in _space_after(last) + _space_after(before)
            pieces += [last.rstrip(), "\n" if broken else " "]
        pieces.append(sentence)
    return "".join(pieces).strip()


def _space_after(text: str) -> str:
    return text[len(text.rstrip()) :]


def plain(text: str) -> str:
    """The text with plain digits, spaces and signs, without marks of emphasis and what cannot be seen."""
    return "".join(_plain_characters(unicodedata.normalize("NFKC", text.translate(_SMOOTHED)).translate(_SMOOTHED)))


def _plain_characters(text: str) -> Iterator[str]:
    for character in text:
        digit = unicodedata.decimal(character, None)
        if digit is not None:
            yield str(digit)
        elif character.isspace():
            yield " "
        elif unicodedata.category(character) not in ("Cc", "Cf", "Mn", "Me", "Co"):
            yield character


def without_list_mark(text: str) -> str:
    """The text with the number or dot that begins a list item hidden."""
    return _LIST_MARK.sub(lambda mark: HIDDEN * len(mark.group()), text)
