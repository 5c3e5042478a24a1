"""What a look at one thing found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "bad", "off", "untried"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. `off` is what nobody asked for, `untried` what could not be looked at.

    `advice` says what to do, `command` with what, to be pasted into a shell.
    """

    state: State
    what: str
    advice: str = ""
    command: str = ""


def ok(what: str, advice: str = "", command: str = "") -> Finding:
    return Finding("ok", what, advice, command)


def bad(what: str, advice: str, command: str = "") -> Finding:
    return Finding("bad", what, advice, command)


def off(what: str, advice: str = "", command: str = "") -> Finding:
    return Finding("off", what, advice, command)


def untried(what: str) -> Finding:
    return Finding("untried", what)
