"""`python -m local.notion.importing FILE [--dry-run]`: a CSV of accounts into the team's Notion.

`make notion-import` gives what it takes by the variables FILE, MAP, DRY_RUN, NOTION_TOKEN, NOTION_ACCOUNTS, and where
they differ from what is usual NOTION_PROPERTIES and NOTION_API_URL.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from connectors.retry_policy import RetryPolicy
from customer_success.errors import Misconfigured, Refused, Unavailable
from local.console import PlainConsole, print_error
from local.notion.importing.options import FileOnly, read_options
from local.notion.importing.output import WIDTH, Output
from local.notion.importing.run import INTERRUPTED, REQUESTS_PER_SECOND, import_accounts, show_file
from local.rate_limiter import LocalRateLimiter
from local.spreadsheets.errors import SpreadsheetError

TRIES = 6


def main(arguments: Sequence[str]) -> int:
    """Import, and report what became of the lines: 0 if it came to its end, 1 with the reason on standard error."""
    retry_policy = RetryPolicy(LocalRateLimiter(REQUESTS_PER_SECOND), lambda: math.inf, tries=TRIES)
    width = None if sys.stdout.isatty() else WIDTH
    console = PlainConsole(width=width)
    try:
        options = read_options(_asked(arguments, os.environ))
        today = datetime.now(UTC).date()
        if isinstance(options, FileOnly):
            return show_file(options, Output(console), today)
        return import_accounts(options, Output(console), retry_policy, today)
    except (SpreadsheetError, Misconfigured, Refused, Unavailable) as error:
        print_error(error)
        return 1
    except KeyboardInterrupt:
        print("stopped; nothing was written", file=sys.stderr)
        return INTERRUPTED


def _asked(arguments: Sequence[str], given: Mapping[str, str]) -> Mapping[str, str]:
    """The variables, with what stands on the command line instead of them."""
    parser = argparse.ArgumentParser(prog="python -m local.notion.importing", description=__doc__)
    parser.add_argument("file", nargs="?", help="a CSV of accounts with a column Account ID; else FILE")
    parser.add_argument("--dry-run", action="store_true", help="show the plan and write nothing; else DRY_RUN=1")
    asked = parser.parse_args(arguments)
    instead = {"FILE": asked.file, "DRY_RUN": "1" if asked.dry_run else None}
    return {**given, **{name: value for name, value in instead.items() if value is not None}}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
