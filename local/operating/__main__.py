"""`python -m local.operating redrive|rescan|ingest|forget|outcomes --stack NAME`: on a real deployment, by the usual
AWS credentials.

`make redrive` takes STACK and QUEUE, `make rescan` STACK and DATE, `make ingest` STACK and what names the file, `make
forget` STACK and ACCOUNT, `make outcomes` STACK.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial

from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import BotoCoreError, ClientError

from customer_success.errors import Refused
from local.console import literal, print_error
from local.forgetting.job import UnknownAccountError, forget
from local.ingest.asked import AskedWronglyError, read_asked
from local.ingest.delivery import NoResultError, deliver, result_lines
from local.operating.outcomes import outcomes
from local.operating.rescan import ask_for_scan
from local.stack.aws import Aws
from local.stack.deploy import DeployError, describe
from local.stack.queues import brought_back, dead_letters_left, redrive

INTERRUPTED = 130
STOPPED = {
    "ingest": "a file that was put into the inbox is taken in all the same, and has its result there",
    "forget": "the same command removes what is left",
    "outcomes": "nothing was changed",
}
STOPPED_OTHERWISE = "each message is back in its queue, or still among the dead letters"


def main(arguments: Sequence[str]) -> int:
    """Do it. 0 if all went well, 1 with the reason on standard error."""
    asked = _asked(arguments)
    try:
        if not asked.stack:
            raise AskedWronglyError("STACK is missing: name the deployment's stack, as in customer-success-dev")
        aws = Aws.of_operator()
        print(DEEDS[asked.deed](aws, asked))
    except KeyboardInterrupt:
        print(f"\nstopped; {STOPPED.get(asked.deed, STOPPED_OTHERWISE)}", file=sys.stderr)
        return INTERRUPTED
    except (AskedWronglyError, DeployError, NoResultError) as error:
        print_error(error)
        return 1
    except S3UploadFailedError as error:
        print_error(f"FILE={os.environ.get('FILE')}: {error}; look at the rights of docs/operator-policy.json")
        return 1
    except (ClientError, BotoCoreError) as error:
        print(f"STACK={asked.stack}: {error}; look at AWS_PROFILE and AWS_DEFAULT_REGION", file=sys.stderr)
        return 1
    return 0


def _redrive(aws: Aws, asked: argparse.Namespace) -> str:
    if not asked.queue:
        raise AskedWronglyError(
            "QUEUE is missing: name the queue that gets its dead letters back, as in QUEUE=alert-chat"
        )
    queues = describe(aws, asked.stack).queues
    try:
        moved = redrive(aws, queues, asked.queue)
    except ValueError as error:
        raise AskedWronglyError(f"QUEUE={asked.queue}: {error}") from error
    return brought_back(asked.queue, moved, dead_letters_left(aws, queues, asked.queue))


def _rescan(aws: Aws, asked: argparse.Namespace) -> str:
    try:
        day = date.fromisoformat(asked.date)
    except ValueError as error:
        raise AskedWronglyError(f"DATE={asked.date}: expected the day to scan, as YYYY-MM-DD") from error
    try:
        request = ask_for_scan(aws, describe(aws, asked.stack), day, datetime.now(UTC))
    except Refused as error:
        raise AskedWronglyError(f"DATE={asked.date}: {error}") from error
    return f"asked for a scan of {day}; its log lines bear the request {request}"


def _ingest(aws: Aws, asked: argparse.Namespace) -> str:
    file = read_asked(os.environ)
    result = deliver(aws, describe(aws, asked.stack), file, partial(print, flush=True))
    text = "\n".join(map(literal, result_lines(result)))
    if result.status != "refused":
        return text
    print(text)
    raise AskedWronglyError(f"FILE={file.path}: nothing of it was taken in")


def _forget(aws: Aws, asked: argparse.Namespace) -> str:
    if not asked.account:
        raise AskedWronglyError("ACCOUNT is missing: name the account to forget by its id, as in ACCOUNT=acc-001")
    try:
        forgotten = forget(aws, describe(aws, asked.stack), asked.account, datetime.now(UTC))
    except (Refused, UnknownAccountError) as error:
        raise AskedWronglyError(str(error)) from error
    return "\n".join(map(literal, forgotten.lines))


def _outcomes(aws: Aws, asked: argparse.Namespace) -> str:
    return outcomes(aws, describe(aws, asked.stack))


DEEDS = {"redrive": _redrive, "rescan": _rescan, "ingest": _ingest, "forget": _forget, "outcomes": _outcomes}


def _asked(arguments: Sequence[str]) -> argparse.Namespace:
    given: Mapping[str, str] = os.environ
    stack = given.get("STACK")
    parser = argparse.ArgumentParser(prog="python -m local.operating", description=__doc__)
    parser.add_argument("deed", choices=sorted(DEEDS))
    parser.add_argument("--stack", default=stack or "", help="the deployment's stack")
    parser.add_argument("--queue", default=given.get("QUEUE", ""), help="redrive: the queue, as in alert-chat")
    parser.add_argument("--date", default=given.get("DATE", ""), help="rescan: the day")
    parser.add_argument("--account", default=given.get("ACCOUNT", ""), help="forget: the account's id")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
