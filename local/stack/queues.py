"""What waits in the queues, when they are drained, and how dead letters come back."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.stack.aws import Aws

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

DEAD_LETTERS = "-dlq"
# A message is for a moment in no queue that was looked at: between two looks it can move on.
CALM_LOOKS = 3
LOOK_SECONDS = 0.2
WORK_SECONDS = 0.05
"""Seconds between two looks at the one queue that still held messages."""
STILL_SECONDS = 600.0
"""Seconds without any movement until a wait gives up: longer than a queue hides the message of a killed function."""
# Seconds that a dead letter is ours while it is put back.
HOLD_SECONDS = 60


class NotDrainedError(Exception):
    """Queues still hold messages, and nothing has moved for too long; the text names them."""


class Stillness:
    """Measures how long what is seen has stayed as it is: a slow machine moves on, a stuck one does not."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: object = None
        self._since = clock()

    def seconds(self, seen: object) -> float:
        """Seconds since what is seen was last anything else."""
        now = self._clock()
        if seen != self._seen:
            self._seen, self._since = seen, now
        return now - self._since


@dataclass(frozen=True)
class Depth:
    """Messages of one queue: waiting to be received, in hand or hidden until a retry, delayed when sent."""

    waiting: int
    in_hand: int
    delayed: int

    @property
    def total(self) -> int:
        return self.waiting + self.in_hand + self.delayed


def depths(aws: Aws, queues: Mapping[str, str]) -> dict[str, Depth]:
    """Depth of each queue, dead-letter queues included; `queues` are URLs by name."""
    return {name: _depth(aws, url) for name, url in queues.items()}


def wait_until_drained(
    aws: Aws,
    queues: Mapping[str, str],
    progress: Callable[[Mapping[str, Depth]], None] | None = None,
    *,
    work: Callable[[], object] = lambda: None,
    still_seconds: float = STILL_SECONDS,
) -> None:
    """Wait until no queue but the dead-letter queues holds a message, however long that takes while anything moves.

    `queues` are URLs by name; `progress`, if given, gets the depths of all at every look: without it, queues are looked
    at until one holds a message, which leaves the machine to the functions. `work` shows what moves besides: a value
    that changes whenever a function has done something. Raises `NotDrainedError` once neither has changed for
    `still_seconds`.
    """
    sources = {name: url for name, url in queues.items() if not name.endswith(DEAD_LETTERS)}
    stillness, calm = Stillness(), 0
    while calm < CALM_LOOKS:
        if progress:
            seen = depths(aws, queues)
            progress(seen)
        else:
            seen = _until_one_holds_messages(aws, sources)
        left = {name: depth for name, depth in seen.items() if depth.total and name in sources}
        calm = 0 if left else calm + 1
        if left:
            sources = {name: sources[name] for name in sorted(sources, key=lambda name: name not in left)}
        if stillness.seconds((seen, work())) > still_seconds and left:
            found = depths(aws, sources)
            rest = ", ".join(f"{name} {found[name].total}" for name in queues if name in found and found[name].total)
            raise NotDrainedError(f"nothing has moved for {still_seconds:.0f} s, and messages are left: {rest}")
        time.sleep(WORK_SECONDS if left and not progress else LOOK_SECONDS)


def _until_one_holds_messages(aws: Aws, queues: Mapping[str, str]) -> dict[str, Depth]:
    """Depths of the queues up to the first that holds messages."""
    seen = {}
    for name, url in queues.items():
        seen[name] = _depth(aws, url)
        if seen[name].total:
            break
    return seen


def redrive(aws: Aws, queues: Mapping[str, str], name: str) -> int:
    """Moves every message of a dead-letter queue back to the queue it failed in.

    Each is sent before it is deleted: if this is broken off, a message may be there twice, never lost.

    Args:
        aws: where the queues are.
        queues: URLs by name.
        name: the queue that gets its messages back, for example "alert-email".

    Returns:
        The number of messages moved.

    Raises:
        ValueError: there is no such queue, or it has no dead-letter queue.
    """
    sources = sorted(queue for queue in queues if queue + DEAD_LETTERS in queues)
    if name not in sources:
        raise ValueError(f"no queue {name!r} with dead letters; there are {', '.join(sources)}")
    source, dead_letters = queues[name], queues[name + DEAD_LETTERS]
    moved = 0
    while messages := _receive(aws, dead_letters):
        for message in messages:
            aws.sqs.send_message(
                QueueUrl=source,
                MessageBody=message["Body"],
                MessageAttributes=message.get("MessageAttributes", {}),
            )
            aws.sqs.delete_message(QueueUrl=dead_letters, ReceiptHandle=message["ReceiptHandle"])
            moved += 1
    return moved


def dead_letters_left(aws: Aws, queues: Mapping[str, str], name: str) -> int:
    """How many dead letters a queue holds, those in flight included."""
    return _depth(aws, queues[name + DEAD_LETTERS]).total


def brought_back(name: str, moved: int, left: int) -> str:
    """What a redrive of a queue did, in words: also that there was nothing to do, and that something is left."""
    text = f"{moved} dead letters go back to the queue {name}"
    if left:
        return f"{text}; {left} are in somebody else's hands for up to a minute: try again then"
    return text if moved else f"{text}: {name + DEAD_LETTERS} is empty, so there is nothing to bring back"


def _receive(aws: Aws, url: str) -> list[MessageTypeDef]:
    # Long polling asks every server of the queue; a short poll may miss messages on AWS.
    received = aws.sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=10,
        MessageAttributeNames=["All"],
        VisibilityTimeout=HOLD_SECONDS,
        WaitTimeSeconds=1,
    )
    return received.get("Messages", [])


def _depth(aws: Aws, url: str) -> Depth:
    counts = aws.sqs.get_queue_attributes(
        QueueUrl=url,
        AttributeNames=[
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ],
    )["Attributes"]
    return Depth(
        waiting=int(counts["ApproximateNumberOfMessages"]),
        in_hand=int(counts["ApproximateNumberOfMessagesNotVisible"]),
        delayed=int(counts["ApproximateNumberOfMessagesDelayed"]),
    )
