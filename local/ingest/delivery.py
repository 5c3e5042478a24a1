"""Puts a file into a deployment's inbox, and waits for its result."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import uuid4

from botocore.exceptions import ClientError
from pydantic import ValidationError

from customer_success.aws.errors import code_of
from customer_success.signals.inbox import FileResult, result_key
from local.ingest.asked import FileAsked
from local.stack.aws import Aws
from local.stack.deploy import Deployment
from local.stack.queues import DEAD_LETTERS, depths

QUEUE = "inbox"
LOOK_SECONDS = 0.5
PROGRESS_SECONDS = 10.0
MOST_SECONDS = 1_200.0
"""Longer than one try of the function takes."""


class NoResultError(Exception):
    """The file was put and nothing became of it in time; the text says where its result will lie."""


def deliver(
    aws: Aws,
    deployed: Deployment,
    asked: FileAsked,
    show: Callable[[str], None],
    *,
    most_seconds: float = MOST_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
) -> FileResult:
    """Put the file and wait until it is taken in or refused, with lines on how long that takes.

    Raises `NoResultError` where neither happens in time, and what boto3 raises.
    """
    bucket = deployed.outputs["InboxBucketName"]
    key = asked.key(f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid4().hex[:8]}")
    show(f"putting {asked.path.name} into s3://{bucket}/{key} …")
    aws.s3.upload_file(str(asked.path), bucket, key)
    waited, next_line = 0.0, PROGRESS_SECONDS
    while (result := _result(aws, bucket, key)) is None:
        if waited >= most_seconds:
            raise NoResultError(
                f"after {waited:.0f} s {key} has no result ({_waiting(aws, deployed)}); it will lie in "
                f"s3://{bucket}/{result_key(key)}, and the log of ingest says why it is late"
            )
        if waited >= next_line:
            show(f"  waiting for its result: {waited:.0f} s, {_waiting(aws, deployed)}")
            next_line += PROGRESS_SECONDS
        sleep(LOOK_SECONDS)
        waited += LOOK_SECONDS
    return result


def result_lines(result: FileResult) -> Iterator[str]:
    """What became of a file, line by line."""
    if result.reason and not result.refusals:
        yield f"refused: {result.reason}"
        return
    yield f"{result.status}: {result.accepted:,} of {result.lines:,} lines; new or changed values: {result.changed:,}"
    if result.refusals:
        yield "1 line is refused:" if result.refused == 1 else f"{result.refused:,} lines are refused:"
        yield from (f"  line {refusal.line}: {refusal.reason}" for refusal in result.refusals)
        yield from _more(result.refused, len(result.refusals))
    if result.reason:
        yield result.reason
    if result.kind != "ids" or result.joined < result.accounts:
        yield f"{result.joined:,} of {result.accounts:,} keys lead to an account"
    left = result.accounts - result.joined
    if result.unjoined:
        yield "these lead to none; they wait until an account bears the id (External IDs, or a file of the kind ids):"
        yield from (f"  {key}" for key in result.unjoined)
        yield from _more(left, len(result.unjoined))


def _more(all_of_them: int, shown: int) -> Iterator[str]:
    if all_of_them > shown:
        yield f"  and {all_of_them - shown:,} more"


def _result(aws: Aws, bucket: str, key: str) -> FileResult | None:
    try:
        found = aws.s3.get_object(Bucket=bucket, Key=result_key(key))
    except ClientError as error:
        if code_of(error) in ("NoSuchKey", "404"):
            return None
        raise
    try:
        return FileResult.model_validate_json(found["Body"].read())
    except ValidationError as error:
        raise NoResultError(
            f"the result of {key} cannot be read ({error.error_count()} fields differ): the deployment is of another "
            f"version; it lies in s3://{bucket}/{result_key(key)}"
        ) from error


def _waiting(aws: Aws, deployed: Deployment) -> str:
    names = (QUEUE, QUEUE + DEAD_LETTERS)
    seen = depths(aws, {name: deployed.queues[name] for name in names})
    return f"{seen[QUEUE].total} on the queue {QUEUE}, {seen[QUEUE + DEAD_LETTERS].total} among its dead letters"
