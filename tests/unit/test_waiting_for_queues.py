"""How long one waits for the queues: as long as anything moves, on however slow a machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from local.stack import queues
from local.stack.aws import Aws
from local.stack.queues import NotDrainedError, Stillness, wait_until_drained
from tests.builders.aws import Clock

SCAN = {"scan": "url-of-scan", "scan-dlq": "url-of-scan-dlq"}
LONG = 3600.0


@dataclass
class Queues:
    """SQS in which the scan queue holds what `waiting` names look by look, the last one for ever."""

    waiting: Iterator[int]
    clock: Clock
    look_takes: float
    _last: int = field(default=0, init=False)
    looked_at: list[str] = field(default_factory=list)

    @property
    def sqs(self) -> Queues:
        return self

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str]) -> Any:  # noqa: N803, as AWS names them
        self.looked_at.append(QueueUrl)
        if QueueUrl == SCAN["scan"]:
            self.clock.sleep(self.look_takes)
            self._last = next(self.waiting, self._last)
        counts = dict.fromkeys(AttributeNames, "0")
        return {"Attributes": counts | {"ApproximateNumberOfMessages": str(self._last * QueueUrl.endswith("scan"))}}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that the wait looks at; looking again takes no time of its own."""
    clock = Clock()
    monkeypatch.setattr(queues, "Stillness", lambda: Stillness(clock))
    monkeypatch.setattr(queues, "LOOK_SECONDS", 0)
    return clock


def aws(clock: Clock, *waiting: int, look_takes: float = LONG) -> Aws:
    return cast(Aws, Queues(iter(waiting), clock, look_takes))


def test_a_queue_that_drains_slowly_is_waited_for(clock: Clock) -> None:
    # GIVEN a machine on which each look finds one message less, and takes an hour
    wait_until_drained(aws(clock, 5, 4, 3, 2, 1, 0), SCAN)
    # THEN it is waited for hours
    assert clock.now - Clock().now > 6 * LONG


def test_while_one_queue_holds_messages_no_other_is_asked(clock: Clock) -> None:
    # GIVEN two queues, and messages in the second
    queues = Queues(iter([2, 1, 0]), clock, LONG)
    wait_until_drained(cast(Aws, queues), {"alert-chat": "url-of-alert-chat", **SCAN})
    # THEN the first is asked once more when the other is empty, and none for its dead letters
    chat, scan = "url-of-alert-chat", SCAN["scan"]
    assert queues.looked_at == [chat, scan, scan, scan, chat, scan, chat, scan, chat]


def test_a_function_that_works_on_one_message_for_long_is_waited_for(clock: Clock) -> None:
    # GIVEN a message that stays in the queue, while its function asks a vendor again and again
    calls = iter(range(100))
    wait_until_drained(aws(clock, *[1] * 20, 0), SCAN, work=lambda: next(calls))


def test_a_queue_in_which_nothing_moves_is_given_up_with_its_name(clock: Clock) -> None:
    with pytest.raises(NotDrainedError, match=r"nothing has moved for 600 s, and messages are left: scan 1"):
        wait_until_drained(aws(clock, 1, look_takes=100), SCAN)
    # AND not before it has been still for that long
    assert clock.now - Clock().now > 600


def test_empty_queues_are_enough_however_still_it_is(clock: Clock) -> None:
    wait_until_drained(aws(clock, 0), SCAN)
