"""`python -m local.demo [qbr | import-history | redrive | api | shadow-report]`, asked by the variables of `make`."""

from __future__ import annotations

import io
import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Mapping, Sequence

from rich.console import Console

from local.console import PlainConsole, complain
from local.demo.api import play_api
from local.demo.commands import play, play_redrive, play_shadow_report
from local.demo.errors import DemoError, state_in_words
from local.demo.options import Options, read_options
from local.demo.quarter import play_import, play_quarter
from local.demo.state import SCRATCH, Kept
from local.stack.build import BuildError
from local.stack.deploy import DeployError
from local.stack.serving import StackStartError

PLAYS: Mapping[str, Callable[[Options, Console], None]] = {
    "": play,
    "qbr": play_quarter,
    "import-history": play_import,
    "redrive": play_redrive,
    "api": play_api,
    "shadow-report": play_shadow_report,
}
WIDTH = 100
INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Play what is asked for. 0 if all went well, 1 with the reason on standard error, 130 if it was broken off."""
    # A request to end is taken like Ctrl-C, so that everything started ends in good order.
    for request in (signal.SIGINT, signal.SIGTERM):
        signal.signal(request, signal.default_int_handler)
    options = None
    try:
        options = read_options(os.environ)
        _play_of(arguments)(options, _console())
    except KeyboardInterrupt:
        print(f"\nstopped; everything that was started has ended{_kept(options)}", file=sys.stderr)
        return INTERRUPTED
    except sqlite3.DatabaseError as error:
        print(state_in_words(error, Kept.of(options.book).folder if options else SCRATCH), file=sys.stderr)
        return 1
    except OSError as error:
        complain(f"{error.filename or 'the demo cannot go on'}: {error.strerror or error}")
        return 1
    except (DemoError, BuildError, DeployError, StackStartError) as error:
        complain(error)
        return 1
    return 0


def _play_of(arguments: Sequence[str]) -> Callable[[Options, Console], None]:
    """The play that is named, by no word the day's. Raises `DemoError` for any other word."""
    name = " ".join(arguments)
    if name not in PLAYS:
        raise DemoError(f"{name}: no such play; expected {', '.join(filter(None, PLAYS))}, or nothing")
    return PLAYS[name]


def _console() -> Console:
    """A console that takes account data literally, and draws plain lines where there is no terminal."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    console = PlainConsole()
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    return console


def _kept(options: Options | None) -> str:
    return f"; what was done is kept in {Kept.of(options.book).folder}" if options else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
