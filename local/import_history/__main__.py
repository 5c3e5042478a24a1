"""`python -m local.import_history FILE --table NAME --tenant ID`: into a real deployment, by the usual AWS credentials.

`make import-history` gives the three by its variables FILE, TABLE and TENANT.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from botocore.exceptions import BotoCoreError

from customer_success.accounts.row import AccountRow
from customer_success.aws.dynamodb.accounts import DynamoAccountRows
from customer_success.aws.dynamodb.history import DynamoScoreHistory
from customer_success.aws.dynamodb.table import Table
from customer_success.errors import Misconfigured, Refused, Unavailable
from customer_success.scoring.scorecard import DEFAULT_SCORECARD
from customer_success.scoring.scorer import CSMHealthScorer
from customer_success.settings import shadow_of
from local.console import PlainConsole, print_error
from local.import_history.job import import_history
from local.import_history.output import IN_VAIN, print_result, progress_bar
from local.spreadsheets.errors import SpreadsheetError
from local.spreadsheets.history import read_history
from local.stack.aws import Aws

INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Import, and report what became of the lines. 0 if any could be used, 1 with the reason on standard error."""
    asked = _asked(arguments)
    console = PlainConsole()
    try:
        scorer = CSMHealthScorer(
            green_threshold=asked.green_threshold,
            amber_threshold=asked.amber_threshold,
            churn_window_days=asked.churn_window_days,
        )
        history = read_history(Path(asked.file), datetime.now(UTC).date())
        client = Aws.of_operator().dynamodb
        live, shadow = (Table(client, asked.table, space) for space in (asked.tenant, shadow_of(asked.tenant)))
        with progress_bar(console, len(history)) as step:
            done = import_history(
                history,
                _known(DynamoAccountRows(live).every(), DynamoAccountRows(shadow).every()),
                DynamoScoreHistory(live),
                today=datetime.now(UTC).date(),
                scorer=scorer,
                step=step,
            )
    except (SpreadsheetError, Refused, Unavailable, Misconfigured, BotoCoreError, ValueError) as error:
        print_error(error)
        return 1
    except KeyboardInterrupt:
        print_error("\nstopped; what was imported stays: run it again, it goes on where it stopped")
        return INTERRUPTED
    print_result(console, done)
    if done.in_vain:
        print_error(IN_VAIN)
        return 1
    return 0


def _known(live: Iterator[AccountRow], shadow: Iterator[AccountRow]) -> Iterator[AccountRow]:
    """The rows of the deployment; of one that has only run in shadow, those. The score history is one for both."""
    first = next(live, None)
    return shadow if first is None else chain([first], live)


def _asked(arguments: Sequence[str]) -> argparse.Namespace:
    """What is asked for; the thresholds are those of the deployment, so that older colours mean the same."""
    given, scorecard = os.environ, DEFAULT_SCORECARD
    parser = argparse.ArgumentParser(prog="python -m local.import_history", description=__doc__)
    file, table, tenant = given.get("FILE"), given.get("TABLE"), given.get("TENANT")
    parser.add_argument("file", nargs="?" if file else None, default=file, help="a CSV: account, date, signals")
    parser.add_argument("--table", default=table, required=not table, help="the deployment's output TableName")
    parser.add_argument("--tenant", default=tenant, required=not tenant, help="the deployment's parameter TenantId")
    parser.add_argument("--green-threshold", type=float, default=scorecard.green_threshold)
    parser.add_argument("--amber-threshold", type=float, default=scorecard.amber_threshold)
    parser.add_argument("--churn-window-days", type=int, default=scorecard.churn.window_days)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
