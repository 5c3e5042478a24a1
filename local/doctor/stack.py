"""The stack itself: settled, what starts by itself, what takes messages, who hears of alarms."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from botocore.exceptions import ClientError

from customer_success.aws.errors import code_of
from local.doctor.check_result import CheckResult, bad, due, off, ok
from local.doctor.target import Target
from local.stack.aws import NO_STACK, Aws
from local.stack.queues import DEAD_LETTERS, depths

ROLLED_BACK = "UPDATE_ROLLBACK_COMPLETE"
SETTLED = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE", ROLLED_BACK)
RULES = (
    ("ScanEnabled", "ScanRuleName", "ScanSchedule", "the daily scan"),
    ("ContractCheckEnabled", "ContractRuleName", "ContractSchedule", "the contract check"),
    ("QbrEnabled", "QbrRuleName", "QbrSchedule", "the quarterly reviews"),
)
HANDOFFS = "sales-handoff"
DAILY = ("ScanEnabled", "ContractCheckEnabled")
SCAN_OVERDUE = "scan-overdue"


class StackNotReadyError(Exception):
    """There is no stack that could be looked at; the text says why, `advice` what to do."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(what)
        self.advice = advice


def state_of(aws: Aws, stack: str) -> tuple[CheckResult, datetime]:
    """The state of a stack, and when it was made. Raises `StackNotReadyError`, `ClientError`, `BotoCoreError`."""
    region = aws.session.region_name
    try:
        found = aws.cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if code_of(error) != NO_STACK:
            raise
        raise StackNotReadyError(
            f"there is no stack {stack} in {region}",
            "is it another region (AWS_DEFAULT_REGION=…) or account (AWS_PROFILE=…)? Else: "
            "sam build && sam deploy --guided",
        ) from error
    status = found["StackStatus"]
    parameters = {each["ParameterKey"] for each in found.get("Parameters", [])}
    if not {"Stage", "TenantId"} <= parameters:
        raise StackNotReadyError(f"{stack} was not made from this template", "name its stack with STACK=…")
    if status.endswith("_IN_PROGRESS"):
        raise StackNotReadyError(f"{stack} is being changed: {status}", "wait until that is done")
    if status not in SETTLED:
        why = found.get("StackStatusReason") or "its events in CloudFormation say why"
        raise StackNotReadyError(f"{stack} is {status}: {why}", "delete it, and deploy it anew")
    if status == ROLLED_BACK:
        last = bad(
            f"{stack} is {status}: the last deployment failed, the one before it runs",
            "see why in its events, and deploy again",
            f"aws cloudformation describe-stack-events --stack-name {stack}",
        )
        return last, found["CreationTime"]
    return ok(f"{stack} in {region} is {status}"), found["CreationTime"]


def check_triggers(target: Target) -> Iterator[CheckResult]:
    """What starts by itself, and what is off."""
    if target.real and not any(map(target.is_on, DAILY)):
        yield due(
            "nothing starts on any day: no scan, no contract check",
            f"if that is not meant, deploy with {' and '.join(f'{each}=true' for each in DAILY)}",
        )
    for parameter, rule, schedule, what in RULES:
        if not target.is_on(parameter):
            yield off(f"{parameter}=false: no rule starts {what}")
            continue
        name = target.output(rule)
        state = target.aws.events.describe_rule(Name=name)["State"]
        if state == "DISABLED":
            yield bad(
                f"{parameter}=true, but the rule of {what} is off",
                "somebody switched it off; switch it on again:",
                f"aws events enable-rule --name {name}",
            )
        else:
            yield ok(f"a rule starts {what} by {target.setting(schedule)}, in UTC")


def check_queues(target: Target) -> Iterator[CheckResult]:
    """Whether each queue has a function that takes its messages."""
    wanted = {name: url for name, url in target.deployed.queues.items() if not name.endswith(DEAD_LETTERS)}
    states = _mappings(target)
    taken = 0
    for name, url in wanted.items():
        state, uuid = states.get(url.rpartition("/")[2], ("", ""))
        if name == HANDOFFS and target.setting("SalesHandoffMode") != "drafts":
            yield off(f"SalesHandoffMode={target.setting('SalesHandoffMode')}: no function takes from {name}")
        elif not state:
            yield bad(f"no function takes from the queue {name}", "deploy again:", "sam build && sam deploy")
        elif state in ("Enabled", "Enabling", "Updating", "Creating"):
            taken += 1
        else:
            again = f"aws lambda update-event-source-mapping --enabled --uuid {uuid}"
            yield bad(f"the messages of the queue {name} are not taken: {state}", "switch it on again:", again)
    if taken:
        yield ok(f"queues whose messages are taken: {taken}")
    if not wanted:
        yield bad("the stack has no queue", "deploy again:", "sam build && sam deploy")


def check_waiting(target: Target) -> Iterator[CheckResult]:
    """What waits in queues. Alarms cover its age; here are the queues that no function reads."""
    waiting = {name: url for name, url in target.deployed.queues.items() if not name.endswith(DEAD_LETTERS)}
    found = {name: depth.total for name, depth in depths(target.aws, waiting).items() if depth.total}
    mode = target.setting("SalesHandoffMode")
    if mode != "drafts" and (left := found.pop(HANDOFFS, 0)):
        fetched = "see whether the other system fetches them (docs/sales-handoff.md)"
        yield due(
            f"{HANDOFFS} holds {left} offers that nobody of ours takes (SalesHandoffMode={mode}), for four days each",
            fetched if mode == "queue" else "deploy with SalesHandoffMode=drafts, or let them go",
        )
    listed = ", ".join(f"{name} {count}" for name, count in found.items())
    yield ok(f"messages under way: {listed or 'none'}")


def check_alarms(target: Target) -> Iterator[CheckResult]:
    """The alarms that ring now. That of an overdue scan rings before the first one, too: check_scan knows better."""
    prefix = f"customer-success-{target.setting('Stage')}-"
    pages = target.client("cloudwatch").get_paginator("describe_alarms")
    ringing = sorted(
        alarm["AlarmName"].removeprefix(prefix)
        for page in pages.paginate(AlarmNamePrefix=prefix, StateValue="ALARM")
        for alarm in page["MetricAlarms"]
        if alarm["AlarmName"].startswith(prefix) and alarm["StateValue"] == "ALARM"
    )
    others = [name for name in ringing if name != SCAN_OVERDUE]
    for name in others:
        yield bad(f"the alarm {name} rings", f"do what docs/operating.md says of {name}")
    if not others:
        yield ok("no alarm rings")


def _mappings(target: Target) -> dict[str, tuple[str, str]]:
    """State and id of each mapping, by the name of its queue."""
    found = {}
    for page in target.aws.functions.get_paginator("list_event_source_mappings").paginate():
        for each in page["EventSourceMappings"]:
            found[each.get("EventSourceArn", "").rpartition(":")[2]] = (each["State"], each["UUID"])
    return found


def check_shadow(target: Target) -> Iterator[CheckResult]:
    """Whether anything reaches people."""
    if target.is_on("Shadow"):
        yield ok(
            "Shadow=true: all is computed and recorded, nothing leaves",
            "what was withheld:",
            target.command("shadow-report"),
        )
    else:
        yield off("Shadow=false: what is computed reaches people")


def check_alarm_mail(target: Target) -> Iterator[CheckResult]:
    """Whether alarms reach a person."""
    email = target.setting("AlarmEmail")
    if not email:
        advice = "deploy with AlarmEmail=… of somebody who is there on working days" if target.real else ""
        yield off("AlarmEmail is empty: the alarms ring, and nobody hears of them", advice)
        return
    pages = target.client("sns").get_paginator("list_subscriptions_by_topic")
    topic = target.output("AlarmTopicArn")
    arns = [
        each["SubscriptionArn"]
        for page in pages.paginate(TopicArn=topic)
        for each in page["Subscriptions"]
        if each["Endpoint"] == email
    ]
    if any(arn.startswith("arn:") for arn in arns):
        yield ok(f"AlarmEmail: {email} hears of alarms")
    elif arns:
        yield bad(
            f"AlarmEmail: {email} has not confirmed yet",
            "open the mail “AWS Notification - Subscription Confirmation” there, and follow its link",
        )
    else:
        yield bad(
            f"AlarmEmail: {email} has left the list",
            "put it on again, and confirm the mail that comes:",
            f"aws sns subscribe --topic-arn {topic} --protocol email --notification-endpoint {email}",
        )
