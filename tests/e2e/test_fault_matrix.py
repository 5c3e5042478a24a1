"""Every dependency with every fault: a morning on which it strikes ends like one on which nothing did.

A cell of the matrix is one dependency with one fault. Lost is what the good morning has and this one lacks, doubled
what this one has in addition, wrong what has another content.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from local.deployment import LocalDeployment
from tests.builders.accounts import TODAY
from tests.builders.aws_partial import OPERATIONS as IN_PART
from tests.builders.aws_proxy import AwsFault, Kind, Service
from tests.builders.end_state import Leaves, differences, end_state, unexplained
from tests.builders.matrix_table import MATRIX, Played
from tests.builders.pages import critical_page, day, page
from tests.builders.sandbox import fault, faults_in_force, mend
from tests.builders.warm_stack import ProxiedStack, proxied_stack
from tests.e2e.test_dependencies_down import (
    ASKED,
    MODEL,
    OUTAGES,
    PAGES_FAILED,
    SALES,
    ask_for_what_is_partial,
    bring_back,
    morning,
)

pytestmark = pytest.mark.slow

TOMORROW = TODAY + timedelta(days=1)
IN_90_DAYS = {"Contract_End_Date": day(TOMORROW + timedelta(days=90))}
SILENT = 31.0
"""Seconds: longer than any client waits for a vendor's answer."""
SILENT_MODEL = 61.0
UNKNOWN_CODE = "unknown error code"

HIDE = "ChangeMessageVisibility"
FEW: Mapping[tuple[str, Kind], int] = {
    # A message that could not be hidden comes back after the queue's own six minutes.
    (HIDE, "throttled"): 2,
    (HIDE, "reset_before"): 2,
    # Struck twice in one call, an event would come three times.
    ("PutEvents", "reset_after"): 1,
}
"""Operations of which fewer calls are struck."""

Place = Mapping[str, Any]
Strike = Callable[[ProxiedStack], None]


def evening_before(deployment: LocalDeployment) -> None:
    """A book of three healthy accounts is known."""
    deployment.load([page(1), page(2, **IN_90_DAYS), page(3, **SALES)])
    deployment.tick(TODAY)
    assert deployment.drain() == {}
    deployment.check_contracts(TODAY)
    assert deployment.drain() == {}


def next_morning(deployment: LocalDeployment) -> dict[str, int]:
    """Account 1 falls into danger, the contract of 2 comes within 90 days, 3 needs more seats than it bought."""
    deployment.load([critical_page(1), page(3, Seats_Used={"number": 107}, **SALES)])
    return morning(deployment)


class Evenings:
    """Brings the stack back to the evening before; deploys anew where a play left it in disorder."""

    def __init__(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        self._folders = tmp_path_factory
        self._running = ExitStack()
        self._stack: ProxiedStack | None = None
        self.whole: Leaves = {}

    def stack(self) -> ProxiedStack:
        if self._stack is None:
            self._stack = self._running.enter_context(proxied_stack(self._folders.mktemp("matrix"), MODEL))
            evening_before(self._stack.deployment)
            self._stack.remember()
            deployment = self._stack.return_to()
            assert next_morning(deployment) == {}
            self.whole = end_state(deployment)
        self._stack.return_to()
        return self._stack

    def abandon(self) -> None:
        self._stack = None
        self._running.close()


@pytest.fixture(scope="module")
def evenings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evenings]:
    evenings = Evenings(tmp_path_factory)
    yield evenings
    evenings.abandon()


@dataclass(frozen=True)
class Cell:
    """A dependency with a fault. One that `lasts` is mended when nothing moves any more, and the dead letters redriven.

    `cold` are the functions that start anew, all if it is empty and none if it is None. `remains` are the
    differences that are right to stay, as patterns of their paths with the reason for each.
    """

    dependency: str
    fault: str
    strike: Strike
    lasts: bool = False
    cold: tuple[str, ...] | None = None
    remains: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.dependency}, {self.fault}"


VENDOR_FAULTS: Mapping[str, Place] = {
    "429 with Retry-After": {"kind": "status", "status": 429, "retry_after": 1},
    "500": {"kind": "status", "status": 500},
    "502 with HTML": {"kind": "html", "status": 502},
    "503 with Retry-After": {"kind": "status", "status": 503, "retry_after": 2},
    "403 with HTML": {"kind": "html", "status": 403},
    "dropped before the work": {"kind": "drop_before"},
    "dropped after the work": {"kind": "drop_after", "times": 2},
    "cut-off JSON": {"kind": "malformed", "times": 2},
    "empty body": {"kind": "empty", "status": 200, "done": True, "times": 2},
    "silence before the work": {"kind": "silence", "seconds": SILENT, "times": 1},
    "silence after the work": {"kind": "silence", "seconds": SILENT, "times": 1, "done": True},
    UNKNOWN_CODE: {"kind": "code"},
}

PLACES: Mapping[str, tuple[str, list[Place]]] = {
    "Notion": (
        "notion",
        [
            {"method": "POST", "match": "/query", "times": 2},
            {"method": "POST", "match": "/pages", "times": 5},
            {"method": "PATCH", "match": "/pages", "times": 5},
        ],
    ),
    "Gmail": ("gmail", [{"method": "POST", "match": "/drafts", "times": 5}]),
    "Google's token endpoint": ("token", [{"times": 5}]),
    "Slack": (
        "slack",
        [
            {"match": "/users.lookupByEmail", "times": 2},
            {"match": "/conversations.open", "times": 1},
            {"match": "/chat.postMessage", "times": 5},
        ],
    ),
    "Google Chat": ("chat", [{"method": "POST", "match": "/messages", "times": 5}]),
    "Bedrock": ("bedrock", [{"match": "/converse", "times": 3}]),
}


COLD: Mapping[str, tuple[str, ...]] = {
    # Google's tokens are good for an hour.
    "token": ("alert-email", "alert-chat", "sales-handoff", "generate-qbr"),
    # The channel of a person is looked up once.
    "slack": ("alert-chat", "sales-handoff"),
}
"""The functions that ask the vendor nothing more once they are warm, so that they start anew."""

LASTING: Mapping[str, list[Place]] = {
    "Notion": [{"method": "POST", "match": "/pages"}],
    "Gmail": [{"method": "POST", "match": "/drafts"}],
    "Google's token endpoint": [{}],
    "Slack": [{"match": "/chat.postMessage"}],
    "Google Chat": [{"method": "POST", "match": "/messages"}],
    "Bedrock": [{"match": "/converse"}],
}
"""Where an unknown refusal lasts until it is mended."""

EVENT_AGAIN = "a bus has no key for repeats: listeners recognise an event by its alert_id or handoff_id"

WITHOUT_DRAFT = "the handoff is done without its draft, and the offer says why: a draft is an enrichment"
NO_DRAFT_FOR_SALES = {
    "draft of nora@example.com to contact3@*": WITHOUT_DRAFT,
    "item LEDGER A-0003:seats:* / sales_draft > *": WITHOUT_DRAFT,
    "item OFFERS A-0003 / seats:* > handoff > *": WITHOUT_DRAFT,
}

REMAINS: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("EventBridge", "reset after the work"): {"event * > 1": EVENT_AGAIN},
    # As in test_dependencies_down.py, where an offer of account 4 is worded, too.
    ("Bedrock", UNKNOWN_CODE): {
        like: why for like, why in OUTAGES["the model"].remains.items() if "contact4@" not in like
    },
    # Pages are only not created here: those that stand are written, and no failure of pages is reported.
    ("Notion", UNKNOWN_CODE): {
        like: why for like, why in OUTAGES["Notion, for writing"].remains.items() if like not in PAGES_FAILED
    },
    ("Gmail", UNKNOWN_CODE): {**ASKED, **NO_DRAFT_FOR_SALES},
    ("Google's token endpoint", UNKNOWN_CODE): {**ASKED, **NO_DRAFT_FOR_SALES},
}
"""The differences that are right to stay in a cell."""


def vendor_strikes(vendor: str, places: list[Place], what: Place) -> Strike:
    """The fault at each of the vendor's places."""

    def strike(stack: ProxiedStack) -> None:
        for place in places:
            fault(stack.deployment, vendor, **{**place, **what})

    return strike


def vendor_cells() -> Iterator[Cell]:
    for dependency, (vendor, places) in PLACES.items():
        for name, what in VENDOR_FAULTS.items():
            remains, cold = REMAINS.get((dependency, name), {}), COLD.get(vendor)
            longer = {"seconds": SILENT_MODEL} if vendor == "bedrock" and "seconds" in what else {}
            lasts = name == UNKNOWN_CODE
            if lasts:
                strike = vendor_strikes(vendor, LASTING[dependency], {**what, "times": None})
            else:
                strike = vendor_strikes(vendor, places, {**what, **longer})
            yield Cell(dependency, name, strike, lasts=lasts, cold=cold, remains=remains)


AWS_FAULTS: Mapping[str, tuple[Kind, int]] = {
    "throttled": ("throttled", 5),
    "reset before the work": ("reset_before", 5),
    "reset after the work": ("reset_after", 2),
    "failing in part": ("in_part", 2),
}
"""By name, and how many calls of each operation are struck: five are more than AWS's own client repeats."""

OPERATIONS: Mapping[str, tuple[Service, tuple[str, ...]]] = {
    "DynamoDB": (
        "dynamodb",
        ("GetItem", "Query", "PutItem", "UpdateItem", "BatchGetItem", "BatchWriteItem", "TransactWriteItems"),
    ),
    "SQS": ("sqs", ("SendMessageBatch", HIDE)),
    "SNS": ("sns", ("PublishBatch",)),
    "EventBridge": ("events", ("PutEvents",)),
    "Secrets Manager": ("secretsmanager", ("GetSecretValue",)),
}


def aws_strikes(faults: list[AwsFault]) -> Strike:
    """The faults; where a message is to be hidden, Gmail fails, too, so that there is one."""

    def strike(stack: ProxiedStack) -> None:
        stack.proxy.fault(*map(replace, faults))
        if any(each.operation == HIDE for each in faults):
            fault(stack.deployment, "gmail", kind="status", status=500, method="POST", match="/drafts", times=2)

    return strike


def aws_cells() -> Iterator[Cell]:
    for dependency, (service, operations) in OPERATIONS.items():
        for name, (kind, times) in AWS_FAULTS.items():
            meant = [each for each in operations if kind != "in_part" or each in IN_PART]
            faults = [AwsFault(service, kind, each, FEW.get((each, kind), times)) for each in meant]
            if faults:
                cold = () if service == "secretsmanager" else None
                remains = REMAINS.get((dependency, name), {})
                yield Cell(dependency, name, aws_strikes(faults), cold=cold, remains=remains)


CELLS = [*vendor_cells(), *aws_cells()]


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_nothing_is_lost_doubled_or_wrong(
    evenings: Evenings, cell: Cell, record_property: Callable[[str, object], None]
) -> None:
    # GIVEN the evening before, and a fault that strikes in the morning
    stack = evenings.stack()
    deployment = stack.deployment
    if cell.cold is not None:
        stack.cool(*cell.cold)
    cell.strike(stack)
    meant = [*faults_in_force(deployment), *stack.proxy.in_force()]
    try:
        # WHEN the morning comes, and what ended in dead letters is brought back once the fault is mended
        dead = next_morning(deployment)
        untouched = [each for each in (*faults_in_force(deployment), *stack.proxy.in_force()) if each in meant]
        mend(deployment, "")
        stack.proxy.mend()
        if cell.lasts:
            bring_back(deployment)
            ask_for_what_is_partial(deployment)
    except BaseException:
        evenings.abandon()
        raise
    assert cell.lasts or untouched == [], "the fault struck nothing there"
    # THEN the end is that of a morning without the fault
    differing = differences(evenings.whole, end_state(deployment))
    left = unexplained(differing, cell.remains)
    lost = sum(isinstance(pair, tuple) and pair[1] is None for pair in left.values())
    doubled = sum(isinstance(pair, tuple) and pair[0] is None for pair in left.values())
    wrong = len(left) - lost - doubled
    explained = len(differing) - len(left)
    played = Played(cell.dependency, cell.fault, lost, doubled, wrong, explained, sum(dead.values()))
    record_property(MATRIX, list(played))
    assert left == {}
    assert cell.lasts or dead == {}
