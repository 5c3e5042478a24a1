"""`python -m local.demo`, or with one of `COMMANDS`, asked by the variables of `make`."""

from __future__ import annotations

import io
import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Mapping, Sequence

from rich.console import Console

from local.console import PlainConsole, print_error
from local.demo.api import run_api
from local.demo.commands import run_demo, run_forget, run_ingest, run_redrive, run_shadow_report
from local.demo.errors import DemoError, state_in_words
from local.demo.options import Options, read_options
from local.demo.quarter import run_import_history, run_quarter
from local.demo.state import SCRATCH, DemoState
from local.ingest.asked import AskedWronglyError
from local.ingest.delivery import NoResultError
from local.spreadsheets.errors import SpreadsheetError
from local.stack.build import BuildError
from local.stack.deploy import DeployError
from local.stack.serving import StackStartError

COMMANDS: Mapping[str, Callable[[Options, Console], None]] = {
    "": run_demo,
    "qbr": run_quarter,
    "import-history": run_import_history,
    "redrive": run_redrive,
    "ingest": run_ingest,
    "forget": run_forget,
    "api": run_api,
    "shadow-report": run_shadow_report,
}
WIDTH = 100
INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for. 0 if all went well, 1 with the reason on standard error, 130 if it was broken off."""
    # A request to end is taken like Ctrl-C, so that everything started ends in good order.
    for request in (signal.SIGINT, signal.SIGTERM):
        signal.signal(request, signal.default_int_handler)
    options = None
    try:
        options = read_options(os.environ)
        _command_of(arguments)(options, _console())
    except KeyboardInterrupt:
        print(f"\nstopped; everything that was started has ended{_where_state_is(options)}", file=sys.stderr)
        return INTERRUPTED
    except sqlite3.DatabaseError as error:
        print(state_in_words(error, DemoState.of(options.book).folder if options else SCRATCH), file=sys.stderr)
        return 1
    except OSError as error:
        print_error(f"{error.filename or 'the demo cannot go on'}: {error.strerror or error}")
        return 1
    except (
        DemoError,
        AskedWronglyError,
        NoResultError,
        SpreadsheetError,
        BuildError,
        DeployError,
        StackStartError,
    ) as error:
        print_error(error)
        return 1
    return 0


def _command_of(arguments: Sequence[str]) -> Callable[[Options, Console], None]:
    """The command that is named, by no word `make demo`. Raises `DemoError` for any other word."""
    name = " ".join(arguments)
    if name not in COMMANDS:
        raise DemoError(f"{name}: no such command; expected {', '.join(filter(None, COMMANDS))}, or nothing")
    return COMMANDS[name]


def _console() -> Console:
    """A console that takes account data literally, and draws plain lines where there is no terminal."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    console = PlainConsole()
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    return console


def _where_state_is(options: Options | None) -> str:
    return f"; what was done is kept in {DemoState.of(options.book).folder}" if options else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
