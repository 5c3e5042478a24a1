"""`python -m local.shadow_report --stack NAME [--date YYYY-MM-DD]`: of a real deployment, by the usual AWS credentials.

`make shadow-report` gives both by its variables STACK and DATE.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import date

from botocore.exceptions import BotoCoreError, ClientError

from customer_success.aws.dynamodb.shadow_log import DynamoShadowLog
from customer_success.aws.dynamodb.table import Table
from customer_success.errors import Misconfigured, Unavailable
from customer_success.settings import shadow_of
from local.console import PlainConsole
from local.shadow_report.report import shadow_report
from local.stack.aws import Aws
from local.stack.deploy import DeployError, describe

INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Report. 0 if all went well, 1 with the reason on standard error."""
    asked = _asked(arguments)
    console = PlainConsole()
    try:
        day = date.fromisoformat(asked.date) if asked.date else None
    except ValueError:
        print(f"DATE={asked.date}: expected a day as YYYY-MM-DD", file=sys.stderr)
        return 1
    try:
        aws = Aws.of_operator()
        deployed = describe(aws, asked.stack)
        if deployed.parameters["Shadow"] != "true":
            console.print(f"{asked.stack} does not run in shadow now; this is what it withheld when it did.")
        space = shadow_of(deployed.parameters["TenantId"])
        shadow_report(console, DynamoShadowLog(Table(aws.dynamodb, deployed.outputs["TableName"], space)), day)
    except KeyboardInterrupt:
        print("\nstopped; nothing was changed", file=sys.stderr)
        return INTERRUPTED
    except DeployError as error:
        print(error, file=sys.stderr)
        return 1
    except (ClientError, BotoCoreError, Misconfigured, Unavailable) as error:
        print(f"STACK={asked.stack}: {error}; look at AWS_PROFILE and AWS_DEFAULT_REGION", file=sys.stderr)
        return 1
    return 0


def _asked(arguments: Sequence[str]) -> argparse.Namespace:
    stack = os.environ.get("STACK")
    parser = argparse.ArgumentParser(prog="python -m local.shadow_report", description=__doc__)
    parser.add_argument("--stack", default=stack, required=not stack, help="the deployment's stack")
    parser.add_argument("--date", default=os.environ.get("DATE", ""), help="the run date, by default the latest")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
