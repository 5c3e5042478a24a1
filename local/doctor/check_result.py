"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "bad", "due", "off", "untried"]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One line. `due` works and still needs something done, `off` is not set up, `untried` could not be checked.

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


def ok(what: str, advice: str = "", command: str = "") -> CheckResult:
    return CheckResult("ok", what, advice, command)


def bad(what: str, advice: str, command: str = "") -> CheckResult:
    return CheckResult("bad", what, advice, command)


def due(what: str, advice: str, command: str = "") -> CheckResult:
    return CheckResult("due", what, advice, command)


def off(what: str, advice: str = "", command: str = "") -> CheckResult:
    return CheckResult("off", what, advice, command)


def untried(what: str) -> CheckResult:
    return CheckResult("untried", what)
