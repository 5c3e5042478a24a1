"""`python -m local.doctor [--stack NAME]`: a real deployment by the usual AWS credentials, else what the demo left.

`make doctor` gives the name by STACK. Without one it takes ACCOUNTS and SHADOW as `make demo` does.
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import sqlite3
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from local.console import PlainConsole
from local.demo.commands import named
from local.demo.environment import demo_deployment
from local.demo.errors import DemoError, state_in_words
from local.demo.options import read_options
from local.demo.state import SCRATCH, DemoState
from local.deployment import STACK
from local.doctor.checks import CHECK_GROUPS
from local.doctor.report import Report
from local.doctor.stack import StackNotReadyError, state_of
from local.doctor.target import Target
from local.stack.aws import Aws
from local.stack.build import BuildError
from local.stack.deploy import DeployError, describe
from local.stack.serving import StackStartError

WIDTH = 100
INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Check everything. 0 if nothing is wrong, 1 if something is or nothing could be checked.

    A line that is due but not wrong is shown and does not change the 0.
    """
    stack = _asked(arguments)
    report = Report(_console())
    try:
        if stack:
            return run_checks(Aws.of_operator(), stack, report, f"STACK={stack}", datetime.now(UTC))
        return _demo(report)
    except KeyboardInterrupt:
        print("\nstopped; nothing was changed", file=sys.stderr)
        return INTERRUPTED
    except StackNotReadyError as error:
        print(f"✗ {error}\n  → {error.advice}", file=sys.stderr)
        return 1
    except (ClientError, BotoCoreError) as error:
        print(f"✗ STACK={stack}: {error}\n  → look at AWS_PROFILE and AWS_DEFAULT_REGION", file=sys.stderr)
        return 1
    except sqlite3.DatabaseError as error:
        print(state_in_words(error, SCRATCH), file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename or 'doctor cannot go on'}: {error.strerror or error}", file=sys.stderr)
        return 1
    except (DemoError, BuildError, DeployError, StackStartError) as error:
        print(error, file=sys.stderr)
        return 1


def run_checks(aws: Aws, stack: str, report: Report, name: str, now: datetime) -> int:
    """Check a stack, which commands call `name`, at the moment `now`.

    Raises `StackNotReadyError` and what boto3 raises for the stack.
    """
    report.head("Stack")
    result, made = state_of(aws, stack)
    report.add(result)
    target = Target(aws, stack, describe(aws, stack), made, now, name)
    for group in CHECK_GROUPS:
        report.head(group.area)
        for result in group.results(target):
            report.add(result)
    report.close(following(target, report))
    return 0 if report.healthy else 1


def following(target: Target, report: Report) -> str:
    """The last lines. "Nothing is to be done" stands below results of which none asks for anything."""
    if not report.healthy:
        return f"Next: put right what is marked ✗, from the top, then {target.command('doctor')}"
    asked = "Nothing is wrong, and something is to be done: what the arrows at ! and – say." if report.asking else ""
    if target.is_on("Shadow"):
        return f"{asked}\nNext: {target.command('shadow-report')}".lstrip()
    return asked or "Nothing is to be done."


def _demo(report: Report) -> int:
    options = read_options(os.environ)
    state = DemoState.of(options.book)
    if not state.played:
        raise DemoError(f"{options.book} was not played yet: `make demo` plays it, or name a deployment with STACK=…")
    shadow = {"Shadow": "true"} if options.shadow else {}
    with demo_deployment(state, shadow) as deployment:
        return run_checks(deployment.aws, STACK, report, named(options.book).strip(), datetime.now(UTC))


def _asked(arguments: Sequence[str]) -> str:
    parser = argparse.ArgumentParser(prog="python -m local.doctor", description=__doc__)
    parser.add_argument("--stack", default=os.environ.get("STACK", ""), help="the deployment's stack")
    return str(parser.parse_args(arguments).stack)


def _console() -> Console:
    """A console that takes what vendors say literally, and draws plain lines where there is no terminal."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    console = PlainConsole()
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    return console


if __name__ == "__main__":
    # What goes wrong is a result; the connectors' own log would repeat it.
    logging.getLogger("connectors").setLevel(logging.CRITICAL)
    sys.exit(main(sys.argv[1:]))
