"""`python -m local.notion.setup PARENT [--accounts ID]`: the team's Notion set up for a deployment.

`make notion-setup` gives what it takes by the variables PARENT, ACCOUNTS, NOTION_TOKEN, and where they differ from what
is usual NOTION_PROPERTIES and NOTION_API_URL.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Mapping, Sequence

from connectors.retry_policy import RetryPolicy
from customer_success.errors import Misconfigured, Refused, Unavailable
from local.console import PlainConsole
from local.notion.setup.options import read_options
from local.notion.setup.output import WIDTH, Output
from local.notion.setup.run import REQUESTS_PER_SECOND, set_up
from local.rate_limiter import LocalRateLimiter

TRIES = 6
INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Set up, and report what was made: 0 if it came to its end, 1 with the reason on standard error."""
    retry_policy = RetryPolicy(LocalRateLimiter(REQUESTS_PER_SECOND), lambda: math.inf, tries=TRIES)
    console = PlainConsole(width=None if sys.stdout.isatty() else WIDTH)
    try:
        set_up(read_options(_asked(arguments, os.environ)), Output(console), retry_policy)
    except (Misconfigured, Refused) as error:
        print(error, file=sys.stderr)
        return 1
    except Unavailable as error:
        print(f"{error}\nRun it again when Notion can be reached: it goes on from what is there.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; run it again, it goes on where it stopped", file=sys.stderr)
        return INTERRUPTED
    return 0


def _asked(arguments: Sequence[str], given: Mapping[str, str]) -> Mapping[str, str]:
    """The variables, with what stands on the command line instead of them."""
    parser = argparse.ArgumentParser(prog="python -m local.notion.setup", description=__doc__)
    parser.add_argument("parent", nargs="?", help="the id or link of the page for the databases; else PARENT")
    parser.add_argument("--accounts", help="the id or link of an account book that the team has; else ACCOUNTS")
    asked = parser.parse_args(arguments)
    instead = {"PARENT": asked.parent, "ACCOUNTS": asked.accounts}
    return {**given, **{name: value for name, value in instead.items() if value is not None}}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
