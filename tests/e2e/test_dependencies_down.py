"""A morning with one dependency down: what is promised holds, and once it is back the end is that of any morning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from customer_success.aws.dynamodb.qbrs import DynamoQbrs
from customer_success.aws.dynamodb.runs import DynamoRuns
from customer_success.messages import QbrRequested
from customer_success.scan.run import Run
from local.deployment import TENANT, LocalDeployment
from local.stack.queues import DEAD_LETTERS, redrive
from tests.builders.accounts import TODAY
from tests.builders.end_state import Leaves, alike, differences, end_state, unexplained
from tests.builders.pages import at_risk_page, critical_page, day, page
from tests.builders.sandbox import fault, mend
from tests.builders.warm_stack import WarmStacks
from tests.e2e.test_expansion import usage

pytestmark = pytest.mark.slow

TOMORROW = TODAY + timedelta(days=1)
MODEL = {"BedrockModelId": "sandbox.writer-v1"}
WITHOUT_OWNER = {"Owner_Email": {"email": None}}
SALES = {"Sales_Email": {"email": "nora@example.com"}}
SOON = {"Contract_End_Date": day(TODAY + timedelta(days=40))}
END = {"Contract_End_Date": day(TOMORROW + timedelta(days=60))}
"""A contract that comes within 60 days on the second day."""
AGAIN = "asked for again"
FIRST_DAY = "first day"
BUS_FUNCTIONS = ("alert-event-bus", "sales-handoff")


def first_day(deployment: LocalDeployment) -> None:
    """A book of eight is known, and its alerts were sent."""
    deployment.load(
        [
            critical_page(1),
            page(2, **SOON),
            page(3, **SALES),
            page(4),
            page(5, Contract_End_Date=day(TOMORROW + timedelta(days=90))),
            page(6, **WITHOUT_OWNER, **SOON),
            page(7),
            critical_page(8, **END),
        ]
    )
    deployment.load_usage([usage(4, "Dashboards")])
    deployment.tick(TODAY)
    assert deployment.drain() == {}
    deployment.check_contracts(TODAY)
    assert deployment.drain() == {}


def change(deployment: LocalDeployment) -> None:
    """What the team enters before the second morning.

    Account 2 gets worse, 6, without an owner, and 7 fall into danger, 3 and 4 need more than they bought; the
    contract of 5 comes within 90 days, and that of 8 within 60.
    """
    deployment.load(
        [
            critical_page(2, **SOON),
            page(3, Seats_Used={"number": 107}, **SALES),
            critical_page(6, **WITHOUT_OWNER, **SOON),
            at_risk_page(7),
        ]
    )
    deployment.load_usage([usage(4, "Dashboards", Limit={"number": 10})])


def morning(deployment: LocalDeployment, *, scans: bool = True) -> dict[str, int]:
    """The second morning, until nothing moves any more; the dead letters, by their queue.

    The contract check comes when the scan is done, and some channels are perhaps still
    trying; if the day `scans` nothing, it comes while the scan tries.
    """
    deployment.tick(TOMORROW)
    if scans:
        _wait_for_scan(deployment)
    deployment.check_contracts(TOMORROW)
    return deployment.drain()


def _wait_for_scan(deployment: LocalDeployment) -> None:
    runs, after = DynamoRuns(deployment.table), TOMORROW + timedelta(days=1)

    def of_tomorrow() -> Run | None:
        run = runs.last_finished("health_scan", after)
        return run if run and run.run_date == TOMORROW else None

    deployment.wait_for(of_tomorrow, f"the scan of {TOMORROW}")


def bring_back(deployment: LocalDeployment) -> None:
    """Redrive every queue that has dead letters, once."""
    for queue in deployment.drain():
        redrive(deployment.aws, deployment.stack.queues, queue.removesuffix(DEAD_LETTERS))
    assert deployment.drain() == {}


def ask_for_what_is_partial(deployment: LocalDeployment) -> None:
    """Ask anew for each review that is partial."""
    for qbr in DynamoQbrs(deployment.table).of_period("contract"):
        if qbr.state == "partial":
            anew = QbrRequested(
                tenant_id=TENANT,
                id=AGAIN,
                time=f"{TOMORROW}T12:00:00Z",
                account_id=qbr.key.account_id,
                trigger="contract_proximity",
                contract_end=qbr.key.contract_end,
            )
            deployment.aws.sqs.send_message(QueueUrl=deployment.stack.queues["qbr"], MessageBody=anew.model_dump_json())
    assert deployment.drain() == {}


def second_day(stacks: WarmStacks) -> LocalDeployment:
    """A deployment that lived through its first day."""
    stack = stacks.stack(MODEL)
    if not stack.remembers(FIRST_DAY):
        first_day(stack.return_to())
        stack.remember(FIRST_DAY)
    return stack.return_to(FIRST_DAY)


@pytest.fixture(scope="module")
def whole(warm_stacks: WarmStacks) -> Leaves:
    """The end state of a morning on which all went well."""
    deployment = second_day(warm_stacks)
    change(deployment)
    assert morning(deployment) == {}
    return end_state(deployment)


def silence_bus(deployment: LocalDeployment) -> Callable[[], None]:
    """The bus is down: the address under which its functions look for it is a closed port."""
    stage = deployment.stack.parameters["Stage"]
    names = [f"customer-success-{stage}-{name}" for name in BUS_FUNCTIONS]
    before = {
        name: deployment.aws.functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        for name in names
    }
    for name, variables in before.items():
        away = {**variables, "AWS_ENDPOINT_URL_EVENTBRIDGE": "http://127.0.0.1:9"}
        deployment.aws.functions.update_function_configuration(FunctionName=name, Environment={"Variables": away})

    def back() -> None:
        for name, variables in before.items():
            deployment.aws.functions.update_function_configuration(
                FunctionName=name, Environment={"Variables": variables}
            )

    return back


@dataclass(frozen=True)
class Outage:
    """A dependency that is down, what that holds up, and what remains of it.

    `down` brings the fault about and answers what ends it. `dead` are the dead letters by their queue, `touched` the
    kinds of things that are not as on a good morning while it lasts: all others are, and of the touched kinds those
    whose paths are like one of `as_ever`. Unless it `scans`, the book cannot be read meanwhile. `remains` are the
    differences that are right to stay when all is over, as patterns of their paths with the reason for each. `renamed`
    are names in the end state that stand for the same as on a good morning.
    """

    down: Callable[[LocalDeployment], Callable[[], None]]
    dead: Mapping[str, int]
    touched: frozenset[str]
    scans: bool = True
    as_ever: tuple[str, ...] = ()
    remains: Mapping[str, str] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)


def answers_503(*vendors: str, **meant: str) -> Callable[[LocalDeployment], Callable[[], None]]:
    """Vendors that answer every request, or those that are meant, with 503."""

    def down(deployment: LocalDeployment) -> Callable[[], None]:
        for vendor in vendors:
            fault(deployment, vendor, kind="status", status=503, times=None, **meant)

        def back() -> None:
            for vendor in vendors:
                mend(deployment, vendor)

        return back

    return down


def takes_no_writes(deployment: LocalDeployment) -> Callable[[], None]:
    """A Notion that can be read and not written, as when it goes down right after the scan has read."""
    answers_503("notion", method="PATCH")(deployment)
    return answers_503("notion", method="POST", match="/pages")(deployment)


REPORTED_AS_FAILED = "the failed scan was reported, and stays so"


def failure_message(kind: str, title: str) -> dict[str, str]:
    """The leaves of a day's message that `kind` failed, which stays posted when the work is done after all."""
    why = "the day's message of the failure was posted, and stays posted"
    return {
        f"slack *: {title} > 0": why,
        f"chat space: <b>{title}</b> > 0": why,
        f"item DIGEST {kind}:*:failed / * > *": why,
        f"item LEDGER {kind}:*:failed / chat_alert:* > *": why,
    }


PAGES_FAILED = failure_message("notion_sync", "Account pages, *: some do not show what is known now")
HANDOFF_FAILED = failure_message("sales_handoff", "Handoff to Sales, *: an offer did not reach Sales whole")
OF_YESTERDAY = "what the contract check said rests on the scores of the day before, and says so"
NOT_CHECKED = "the day's message about expansion was posted: two accounts could not be checked"
BY_RULE = "Sales has the offer already, in the words of the rules: a second draft would be one too many"
ASKED = {"item * > body > request": "the review has answered one request more"}
OUTAGES = {
    "Notion": Outage(
        answers_503("notion"),
        dead={"scan-dlq": 1, "qbr-dlq": 1, "alert-notion-dlq": 1, "notion-updates-dlq": 1},
        touched=frozenset({"page", "draft", "slack", "chat", "event", "item"}),
        scans=False,
        as_ever=(
            "draft of ada@example.com to contact8@customer.example: *",
            "slack *: Account 8: *",
            "chat space: <b>Account 8: *",
            "event agent.health: A-0008:*",
            "item ALERTS * / A-0008:* > ch_e*",
        ),
        renamed={f"{TOMORROW}#2": f"{TOMORROW}#1"},
        remains={
            **PAGES_FAILED,
            "slack *: Account health, *: the scan failed > 0": REPORTED_AS_FAILED,
            "chat space: <b>Account health, *: the scan failed</b> > 0": REPORTED_AS_FAILED,
            "item DIGEST health_scan:*:failed:1 / * > *": REPORTED_AS_FAILED,
            "item LEDGER health_scan:*:failed:1 / chat_alert:* > *": REPORTED_AS_FAILED,
            "item RUNS health_scan * > attempt": "the scan that was brought back is the day's second",
            "item RUNS health_scan * > told > single": "account 8 was told before, by the contract check",
            "slack *: Renewals, * > 0": OF_YESTERDAY,
            "chat space: <b>Renewals, *": OF_YESTERDAY,
            "item DIGEST contract_check:* / SECTION#* > lines > *": OF_YESTERDAY,
            "page QBR: QBR-Account-5-* > 0": OF_YESTERDAY,
            "item ACCOUNT A-0005 / QBR#* > account_health_summary > 1": OF_YESTERDAY,
            "item ACCOUNT A-0005 / QBR#* > facts > 0 > value": OF_YESTERDAY,
            "item ACCOUNT A-0005 / QBR#* > facts > * > as_of": OF_YESTERDAY,
        },
    ),
    "Notion, for writing": Outage(
        takes_no_writes,
        dead={"alert-notion-dlq": 4, "notion-updates-dlq": 1, "expansion-dlq": 2, "qbr-dlq": 1},
        touched=frozenset({"page", "draft", "slack", "chat", "event", "item"}),
        as_ever=(
            "draft * to contact2@*",
            "draft * to contact6@*",
            "draft * to contact7@*",
            "draft * to contact8@*",
            "slack *: Account ?: RED *",
            "slack *: Account ?: AMBER *",
            "slack *: Account health, *",
            "slack *: Renewals, *",
            "chat space: <b>Account ?: RED *",
            "chat space: <b>Account ?: AMBER *",
            "chat space: <b>Account health, *",
            "chat space: <b>Renewals, *",
            "event agent.health: *",
        ),
        remains={
            **PAGES_FAILED,
            "slack *: Expansion, * > 0": NOT_CHECKED,
            "chat space: <b>Expansion, * > 0": NOT_CHECKED,
            "item DIGEST expansion:* / SECTION#* > body > *": NOT_CHECKED,
        },
    ),
    "Gmail": Outage(
        answers_503("gmail"),
        dead={"alert-email-dlq": 4, "sales-handoff-dlq": 2},
        touched=frozenset({"draft", "slack", "chat", "item"}),
        as_ever=(
            "slack *: Account *",
            "chat space: <b>Account *",
        ),
        remains={**ASKED, **HANDOFF_FAILED},
    ),
    "Slack and Google Chat": Outage(
        answers_503("slack", "chat"), dead={"alert-chat-dlq": 9}, touched=frozenset({"slack", "chat", "item"})
    ),
    "the model": Outage(
        answers_503("bedrock"),
        dead={},
        touched=frozenset({"page", "draft", "slack", "chat", "item"}),
        remains={
            **ASKED,
            "page Expansion: Account-?-*": BY_RULE,
            "draft of * to contact3@customer.example: Seats for your team: *": BY_RULE,
            "draft of * to contact4@customer.example: More room for what your team works with: *": BY_RULE,
            "slack *: Account ?: *": BY_RULE,
            "chat space: <b>Account ?: *</b> > 0": BY_RULE,
            "item DIGEST handoff:* > text": BY_RULE,
            "item OFFERS * > recommended_talk_track": BY_RULE,
            "item OFFERS * > written_by": BY_RULE,
            "item LEDGER *:expansion:* / expansion_found > outcome > *": BY_RULE,
            "item EXPANSIONS * / A-000? > body > lines > 1": "the day's story says that an offer is worded by rule",
            "item DIGEST expansion:* > body > lines > *": "and so does what the owner reads",
            "slack *: Expansion, *": "and so does what the owner reads",
            "chat space: <b>Expansion, *": "and so does what the owner reads",
        },
    ),
    "the bus": Outage(
        silence_bus,
        dead={"alert-event-bus-dlq": 4, "sales-handoff-dlq": 2},
        touched=frozenset({"event", "slack", "chat", "item"}),
        as_ever=(
            "slack *: Account *",
            "chat space: <b>Account *",
        ),
        remains=HANDOFF_FAILED,
    ),
}


@pytest.mark.parametrize("outage", OUTAGES.values(), ids=OUTAGES)
def test_a_morning_without_one_of_them_loses_nothing(whole: Leaves, warm_stacks: WarmStacks, outage: Outage) -> None:
    deployment = second_day(warm_stacks)
    # GIVEN a dependency that is down when the morning begins
    change(deployment)
    back = outage.down(deployment)
    # WHEN the morning comes
    dead = morning(deployment, scans=outage.scans)
    # THEN what needs it waits in the dead-letter queues, and all else is as on any morning
    held_up = differences(whole, end_state(deployment))
    assert dead == outage.dead
    assert {path.split(maxsplit=1)[0] for path in held_up} == outage.touched
    for like in outage.as_ever:
        assert alike(whole, like)
        assert alike(held_up, like) == []
    # WHEN it is back, the queues are redriven, and what is partial is asked for again
    back()
    bring_back(deployment)
    ask_for_what_is_partial(deployment)
    # THEN the end is that of a morning on which nothing was down
    left = differences(whole, renamed(end_state(deployment), outage.renamed))
    assert unexplained(left, outage.remains) == {}


def renamed(state: Leaves, names: Mapping[str, str]) -> Leaves:
    """The end state with other names in paths and values."""
    for old, new in names.items():
        state = {path.replace(old, new): leaf.replace(old, new) for path, leaf in state.items()}
    return state
