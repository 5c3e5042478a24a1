"""The README can be worked through from top to bottom: its commands, files and days are those that there are."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from local.demo.options import SAMPLE_BOOK, SAMPLE_DAY, read_options
from local.deployment import ROOT

PAGE = (ROOT / "README.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
LONGEST = 110
"""Lines of the page."""
READ_FROM_A_FILE = ("ACCOUNTS", "FILE")
PLAYED = ("demo", "demo-qbr")
"""The targets that play a day."""


def commands() -> list[list[str]]:
    """The words of each `make` of the page, in its order: those of its blocks, and those in its text."""
    fenced = re.compile(r"^```\n(.*?)^```$|`(make [^`]+)`", re.MULTILINE | re.DOTALL)
    lines = (line for found in fenced.finditer(PAGE) for line in (found[1] or found[2]).splitlines())
    return [shlex.split(line)[1:] for line in lines if line.startswith("make ")]


def variables(words: list[str]) -> dict[str, str]:
    return dict(word.split("=", 1) for word in words if "=" in word)


def targets(words: list[str]) -> list[str]:
    return [word for word in words if "=" not in word]


def days(page: list[list[str]]) -> Iterator[tuple[Path, date]]:
    """Each book with the day on which a command plays it; one that is not given is the last one, or the book's own."""
    last: dict[Path, date] = {}
    for words in page:
        if "demo-clean" in words:
            last.clear()
        if not set(targets(words)) & set(PLAYED):
            continue
        options = read_options(variables(words))
        start = options.day or last.get(options.book, SAMPLE_DAY)
        yield options.book, start
        assert start >= last.get(options.book, start), f"make {' '.join(words)} lies before {last[options.book]}"
        if "demo" in words:  # a quarter lies ahead of the days that are played
            last[options.book] = date.fromordinal(start.toordinal() + options.days - 1)


def test_the_page_is_short() -> None:
    assert len(PAGE.splitlines()) <= LONGEST


def test_the_page_begins_with_the_demo_and_shows_all_that_it_can() -> None:
    found = commands()
    assert found[0] == ["demo"]
    assert len(found) > 15
    assert {"redrive", "doctor", "api", "import-history", "demo-qbr", "shadow-report", "cost"} <= {
        target for words in found for target in targets(words)
    }


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_make_has_the_targets_and_knows_the_variables(words: list[str]) -> None:
    help_of = {
        target: re.search(rf"^{re.escape(target)}:(?:.*## (.*))?$", MAKEFILE, re.MULTILINE) for target in targets(words)
    }
    assert None not in help_of.values(), help_of
    known = " ".join(named[1] or "" for named in help_of.values() if named)
    for name in variables(words):
        assert re.search(rf"\b{name}=", known), f"make {' '.join(help_of)} does not explain {name}"


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_value_is_one_that_the_demo_takes(words: list[str]) -> None:
    if set(targets(words)) & {"cost", "bench"}:
        return
    options = read_options(variables(words))
    for name in READ_FROM_A_FILE:
        if path := variables(words).get(name):
            assert (ROOT / path).is_file(), path
            assert not Path(path).is_absolute()
    assert options.book == SAMPLE_BOOK or (ROOT / options.book).is_file()


def test_days_never_go_backwards() -> None:
    played = list(days(commands()))
    assert len({day for _, day in played}) > 4
    # AND a table in another order would be found
    with pytest.raises(AssertionError, match="lies before"):
        list(days([["demo", "DATE=2026-03-04"], ["demo", "DATE=2026-03-03"]]))


def test_dead_letters_are_brought_back_to_the_channel_that_was_down() -> None:
    found = commands()
    at = next(number for number, words in enumerate(found) if "redrive" in words)
    assert variables(found[at - 1])["DOWN"] == "slack"
    assert variables(found[at])["QUEUE"] == "alert-chat"


def test_every_command_of_the_table_has_its_duration() -> None:
    rows = re.findall(r"^\| .* \| `make [^`]+` \| (.*) \|$", PAGE, re.MULTILINE)
    assert len(rows) > 15
    assert [row for row in rows if not re.search(r"\d+ (s|min)|second|minute|until", row)] == []


def test_files_that_are_named_are_there() -> None:
    named = set(re.findall(r"\]\(((?!https?:)[^)#]+)\)", PAGE))
    named |= {path for path in re.findall(r"`([\w./-]+/)`", PAGE) if not path.startswith(".")}
    assert len(named) > 12
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []
