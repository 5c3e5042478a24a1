"""No message is lost, none waits for ever, and only the intended senders may send."""

from __future__ import annotations

from typing import Any

from tests.template.cloud import Cloud, environment, filled_in, named_by

FOUR_DAYS, FOURTEEN_DAYS = 345_600, 1_209_600


def test_a_function_fed_by_a_queue_reports_which_messages_failed(cloud: Cloud) -> None:
    # GIVEN the functions that a queue feeds
    # WHEN one of them fails at a single message of a batch
    # THEN only that message comes back
    assert cloud.fed_by_queue
    for mapping, _, _ in cloud.fed_by_queue:
        assert mapping.properties.get("FunctionResponseTypes") == ["ReportBatchItemFailures"], mapping.id


def test_a_message_stays_hidden_for_six_times_as_long_as_its_function_may_run(cloud: Cloud) -> None:
    for _, queue, function in cloud.fed_by_queue:
        visibility = queue.properties.get("VisibilityTimeout", 30)
        assert visibility >= 6 * function.properties["Timeout"], queue.id


def test_a_function_knows_its_own_queue_and_how_often_a_message_comes(cloud: Cloud) -> None:
    for _, queue, function in cloud.fed_by_queue:
        known = environment(function)
        assert named_by(known["QUEUE_URL"]) == queue.id, function.id
        assert known["MAX_RECEIVES"] == str(queue.properties["RedrivePolicy"]["maxReceiveCount"]), function.id


def test_every_queue_has_a_dead_letter_queue_that_outlives_it(cloud: Cloud) -> None:
    # GIVEN every queue that is not a dead-letter queue itself
    for queue in cloud.all("SQS::Queue"):
        if queue.id in cloud.dead_letter_queues:
            continue
        # WHEN a message fails for good
        redrive = queue.properties["RedrivePolicy"]
        dead_letters = cloud.at(redrive["deadLetterTargetArn"])
        # THEN it goes to a queue of the same kind, which no other queue uses and which keeps it for longer
        assert dead_letters.type == "SQS::Queue", queue.id
        assert dead_letters.properties.get("FifoQueue") == queue.properties.get("FifoQueue"), queue.id
        assert cloud.dead_letter_queues[dead_letters.id] == queue.id
        assert queue.properties.get("MessageRetentionPeriod", FOUR_DAYS) < FOURTEEN_DAYS
        assert redrive["maxReceiveCount"] >= 5


def test_dead_letters_are_retained_for_as_long_as_possible(cloud: Cloud) -> None:
    for queue in cloud.dead_letter_queues:
        assert cloud.resources[queue].properties["MessageRetentionPeriod"] == FOURTEEN_DAYS, queue


def test_a_dead_letter_queue_takes_the_failures_of_its_own_queue_alone(cloud: Cloud) -> None:
    # GIVEN the dead-letter queues, that of the rules among them, which takes no queue's failures
    for dead_letters, source in cloud.dead_letter_queues.items():
        allowed = cloud.resources[dead_letters].properties["RedriveAllowPolicy"]
        if cloud.resources[source].type != "SQS::Queue":
            assert allowed == {"redrivePermission": "denyAll"}, dead_letters
            continue
        # THEN it names its queue, by name: each naming the other by reference could not be made
        assert allowed["redrivePermission"] == "byQueue", dead_letters
        name = filled_in(cloud.resources[source].properties["QueueName"])
        here = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:"
        assert [filled_in(arn) for arn in allowed["sourceQueueArns"]] == [here + name], dead_letters


def test_what_takes_long_comes_one_at_a_time(cloud: Cloud) -> None:
    for mapping, queue, _ in cloud.fed_by_queue:
        if queue.id in (
            "ScanQueue",
            "NotionUpdatesQueue",
            "ContractCheckQueue",
            "QbrPlanQueue",
            "QbrQueue",
            "ExpansionQueue",
        ):
            assert mapping.properties["BatchSize"] == 1, mapping.id


def test_reviews_are_written_few_at_a_time(cloud: Cloud) -> None:
    (mapping,) = (mapping for mapping, queue, _ in cloud.fed_by_queue if queue.id == "QbrQueue")
    assert mapping.properties["ScalingConfig"] == {"MaximumConcurrency": 2}


def test_a_rule_may_fill_its_target_and_its_own_dead_letter_queue(cloud: Cloud) -> None:
    assert cloud.all("Events::Rule")
    for rule in cloud.all("Events::Rule"):
        for target in rule.properties["Targets"]:
            for queue in (target["Arn"], target["DeadLetterConfig"]["Arn"]):
                assert may_send(cloud, named_by(queue), "events.amazonaws.com", rule.id), (rule.id, queue)


def test_a_topic_may_fill_the_queues_subscribed_to_it(cloud: Cloud) -> None:
    assert cloud.all("SNS::Subscription")
    for subscription in cloud.all("SNS::Subscription"):
        topic = named_by(subscription.properties["TopicArn"])
        queue = named_by(subscription.properties["Endpoint"])
        assert may_send(cloud, queue, "sns.amazonaws.com", topic), subscription.id


def test_a_bucket_may_fill_the_queue_that_it_notifies_and_no_other_account_in_its_name(cloud: Cloud) -> None:
    assert cloud.notified == {"InboxQueue": "InboxBucket"}
    for queue, bucket in cloud.notified.items():
        assert may_send(cloud, queue, "s3.amazonaws.com", bucket), bucket
        # The name of a bucket that was removed may be taken by another account.
        (grant,) = (each for each in cloud.queue_policy(queue) if each.effect == "Allow")
        assert grant.condition["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}


def test_a_message_that_a_topic_cannot_deliver_goes_where_its_channels_failures_go(cloud: Cloud) -> None:
    # GIVEN a channel whose queue was deleted, or does not let the topic send any more
    for subscription in cloud.all("SNS::Subscription"):
        queue = cloud.at(subscription.properties["Endpoint"])
        # WHEN a message cannot be delivered
        dead_letters = named_by(subscription.properties["RedrivePolicy"]["deadLetterTargetArn"])
        # THEN it goes where one alarm, one runbook and one redrive serve the channel, and its policy is another one
        assert dead_letters == named_by(queue.properties["RedrivePolicy"]["deadLetterTargetArn"]), subscription.id
        assert may_send(cloud, dead_letters, "sns.amazonaws.com", named_by(subscription.properties["TopicArn"]))
        policies = [p for p in cloud.all("SQS::QueuePolicy") if queue.id in map(named_by, p.properties["Queues"])]
        assert all(dead_letters not in map(named_by, p.properties["Queues"]) for p in policies), subscription.id


def test_a_function_that_knows_another_queue_may_send_to_it(cloud: Cloud) -> None:
    for function in cloud.all("Lambda::Function"):
        for name, value in environment(function).items():
            if name.endswith("_QUEUE_URL"):
                assert named_by(value) in senders_by_role(cloud, function.id), (function.id, name)


def test_every_queue_has_a_sender(cloud: Cloud) -> None:
    # GIVEN all that may come from a rule, a topic, a bucket, a role or another queue's failures
    fed = set(cloud.dead_letter_queues) | set(cloud.notified)
    fed |= {named_by(t["Arn"]) for rule in cloud.all("Events::Rule") for t in rule.properties["Targets"]}
    fed |= {named_by(subscription.properties["Endpoint"]) for subscription in cloud.all("SNS::Subscription")}
    for function in cloud.all("Lambda::Function"):
        fed |= senders_by_role(cloud, function.id)
    # THEN there is no queue that stays empty for ever
    assert {queue.id for queue in cloud.all("SQS::Queue")} == fed


def test_queues_are_encrypted_and_refuse_open_lines(cloud: Cloud) -> None:
    for queue in cloud.all("SQS::Queue"):
        assert queue.properties.get("SqsManagedSseEnabled") is True, queue.id
        refusals = [s for s in cloud.queue_policy(queue.id) if s.effect == "Deny"]
        assert [(s.principal, s.actions, s.condition) for s in refusals] == [
            ("*", ["sqs:*"], {"Bool": {"aws:SecureTransport": "false"}})
        ], queue.id


def test_a_queue_has_one_policy(cloud: Cloud) -> None:
    # A second one would silently take the place of the first.
    listed = [named_by(queue) for p in cloud.all("SQS::QueuePolicy") for queue in p.properties["Queues"]]
    assert sorted(listed) == sorted(queue.id for queue in cloud.all("SQS::Queue"))


def test_queues_let_only_known_services_send_and_only_for_a_known_source(cloud: Cloud) -> None:
    for queue in cloud.all("SQS::Queue"):
        for grant in (s for s in cloud.queue_policy(queue.id) if s.effect == "Allow"):
            assert grant.actions == ["sqs:SendMessage"], grant.of
            assert set(grant.principal) == {"Service"}, grant.of
            assert _sources(cloud, grant.condition), grant.of
            assert set(_sources(cloud, grant.condition)) <= set(cloud.resources), grant.of


def test_a_rules_queue_takes_nothing_from_another_rule(cloud: Cloud) -> None:
    for rule in cloud.all("Events::Rule"):
        (target,) = rule.properties["Targets"]
        (grant,) = (s for s in cloud.queue_policy(named_by(target["Arn"])) if s.effect == "Allow")
        assert _sources(cloud, grant.condition) == [rule.id]


def may_send(cloud: Cloud, queue: str, service: str, source: str) -> bool:
    """Whether the queue's own policy lets that service send to it in that source's name."""
    return any(
        grant.effect == "Allow"
        and "sqs:SendMessage" in grant.actions
        and grant.principal == {"Service": service}
        and source in _sources(cloud, grant.condition)
        for grant in cloud.queue_policy(queue)
    )


def senders_by_role(cloud: Cloud, function: str) -> set[str]:
    """The queues to which the function's role may send."""
    return {
        named_by(resource)
        for statement in cloud.permissions(cloud.resources[function])
        if "sqs:SendMessage" in statement.actions
        for resource in statement.resources
    }


def _sources(cloud: Cloud, condition: dict[str, Any]) -> list[str]:
    arns = condition.get("ArnEquals", {}).get("aws:SourceArn", [])
    return [cloud.source(arn) for arn in (arns if isinstance(arns, list) else [arns])]


def test_offers_wait_for_a_system_of_the_sales_team_where_that_is_asked_for(cloud: Cloud) -> None:
    # GIVEN the queue on which offers go to Sales
    (mapping,) = (mapping for mapping, queue, _ in cloud.fed_by_queue if queue.id == "SalesHandoffQueue")
    # THEN our own function takes them only where they are to be drafted, and nothing is put there in the mode "none"
    assert mapping.properties["Enabled"] == {"Fn::If": ["OffersAreDrafted", True, False]}
    known = environment(cloud.resources["CheckExpansion"])["SALES_HANDOFF_QUEUE_URL"]
    assert known == {"Fn::If": ["OffersGoToSales", {"Ref": "SalesHandoffQueue"}, ""]}
    conditions = cloud.template["Conditions"]
    assert conditions["OffersAreDrafted"] == {"Fn::Equals": [{"Ref": "SalesHandoffMode"}, "drafts"]}
    drafts, queue = ({"Fn::Equals": [{"Ref": "SalesHandoffMode"}, mode]} for mode in ("drafts", "queue"))
    # AND in shadow no other system gets an offer
    live = {"Fn::Equals": [{"Ref": "Shadow"}, "false"]}
    assert conditions["OffersGoToSales"] == {"Fn::Or": [drafts, {"Fn::And": [queue, live]}]}
