"""What a look at one thing found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "bad", "due", "off", "untried"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. `due` is what works and still asks for something to be done, `off` is what nobody asked for, `untried`
    what could not be looked at.

    `advice` says what to do, `command` with what, to be pasted into a shell.
    """

    state: State
    what: str
    advice: str = ""
    command: str = ""

    @property
    def asks(self) -> bool:
        """Whether something is to be done, though nothing is wrong."""
        return self.state == "due" or (self.state == "off" and bool(self.advice))


def ok(what: str, advice: str = "", command: str = "") -> Finding:
    return Finding("ok", what, advice, command)


def bad(what: str, advice: str, command: str = "") -> Finding:
    return Finding("bad", what, advice, command)


def due(what: str, advice: str, command: str = "") -> Finding:
    return Finding("due", what, advice, command)


def off(what: str, advice: str = "", command: str = "") -> Finding:
    return Finding("off", what, advice, command)


def untried(what: str) -> Finding:
    return Finding("untried", what)
