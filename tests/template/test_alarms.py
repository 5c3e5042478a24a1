"""Alarms: a fault raises one that says what is wrong and where to look; work that is only slow raises none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from customer_success.metrics import Metric
from tests.template.cloud import Cloud, Resource, filled_in, named_by, service

PREFIX = "customer-success-${Stage}-"
FOUR_DAYS = 345_600
MOST_METRICS_OF_AN_ALARM = 10


def test_every_dead_letter_raises_an_alarm(cloud: Cloud) -> None:
    alarms = on_queues(cloud, "ApproximateNumberOfMessagesVisible")
    assert set(alarms) == set(cloud.dead_letter_queues)
    for queue, alarm in alarms.items():
        assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0), queue
        assert alarm["TreatMissingData"] == "notBreaching", queue
        assert name_of(alarm) == f"{queue_name(cloud, queue).removesuffix('-dlq')}-dead-letters"


def test_an_unprocessed_queue_raises_an_alarm_but_not_while_it_is_retrying(cloud: Cloud) -> None:
    alarms = on_queues(cloud, "ApproximateAgeOfOldestMessage")
    assert set(alarms) == {queue.id for _, queue, _ in cloud.fed_by_queue}
    longest_base = cloud.template["Parameters"]["RetryBaseSeconds"]["MaxValue"]
    for _, queue, function in cloud.fed_by_queue:
        # GIVEN a message that fails each time, after all the time that it may take
        tries = queue.properties["RedrivePolicy"]["maxReceiveCount"]
        waiting = longest_base * (2 ** (tries - 1) - 1)
        working = function.properties["Timeout"] * tries
        # THEN it is in the dead-letter queue before anybody is called for its age, and called for before it expires
        alarm = alarms[queue.id]
        assert waiting + working < alarm["Threshold"] < FOUR_DAYS, queue.id
        assert (alarm["Statistic"], alarm["ComparisonOperator"]) == ("Maximum", "GreaterThanThreshold"), queue.id
        assert name_of(alarm) == f"{queue_name(cloud, queue.id)}-waiting"


def test_a_function_that_fails_or_may_not_run_raises_an_alarm(cloud: Cloud) -> None:
    alarms = {
        named_by(metric["Dimensions"][0]["Value"]): alarm.properties
        for alarm in cloud.all("CloudWatch::Alarm")
        for metric in metrics_of(alarm)
        if metric["Namespace"] == "AWS/Lambda"
    }
    assert set(alarms) == {function.id for function in cloud.all("Lambda::Function")}
    for function in cloud.all("Lambda::Function"):
        alarm = alarms[function.id]
        assert expressions(alarm) == ["SUM(FILL(METRICS(), 0))"]
        assert stats(alarm) == {(name, "Sum", 300) for name in ("Errors", "Throttles")}
        assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0), function.id
        assert f"{PREFIX}{name_of(alarm)}" == f"{filled_in(function.properties['FunctionName'])}-failures"


def test_no_finished_scan_for_the_parameters_hours_raises_an_alarm(cloud: Cloud) -> None:
    alarm = named(cloud, "scan-overdue")
    # GIVEN an hour without a finished scan, which counts as 0, or of which nothing at all is known
    assert expressions(alarm.properties) == ["FILL(finished, 0)"]
    assert alarm.properties["TreatMissingData"] == "breaching"
    assert stats(alarm.properties) == {("ScansFinished", "Sum", 3600)}
    # WHEN there are as many in a row as the parameter says
    assert alarm.properties["EvaluationPeriods"] == {"Ref": "ScanOverdueHours"}
    assert "DatapointsToAlarm" not in alarm.properties
    # THEN it rings
    assert (alarm.properties["ComparisonOperator"], alarm.properties["Threshold"]) == ("LessThanThreshold", 1)
    hours = cloud.template["Parameters"]["ScanOverdueHours"]
    assert hours["Default"] > 24  # a daily scan that takes a little longer than yesterday's is not overdue
    assert hours["MaxValue"] * 3600 <= 7 * 86_400  # CloudWatch looks back no further
    # AND not where the daily scan is off
    assert cloud.template["Resources"][alarm.id]["Condition"] == "ScanRunsDaily"


def test_more_than_a_tenth_of_rejected_accounts_raises_an_alarm(cloud: Cloud) -> None:
    alarm = named(cloud, "rejected-share").properties
    share = calculation(alarm)
    assert stats(alarm) == {(name, "Sum", 3600) for name in ("AccountsRead", "AccountsRejected", "AccountsOnboarding")}
    # GIVEN a scan of 100 accounts, 40 of them in onboarding
    # THEN it fires at the 11th account of the others that could not be scored
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 10)
    assert share(read=100, rejected=50, onboarding=40) == 10
    assert share(read=100, rejected=51, onboarding=40) == 11
    # AND an hour without a scan changes nothing, nor does an empty book
    assert alarm["TreatMissingData"] == "ignore"
    assert share(read=0, rejected=0, onboarding=0) == 0


def test_more_than_a_fifth_of_failed_enrichments_raises_an_alarm(cloud: Cloud) -> None:
    alarm = named(cloud, "fail-open-share").properties
    # GIVEN everybody who asks a model or makes a draft that may be missing
    emitters = ("generate_qbr", "check_expansion", "track_feature_adoption", "sales_handoff")
    counted = {metric["Id"]: metric["MetricStat"]["Metric"] for metric in alarm["Metrics"] if "MetricStat" in metric}
    assert {(name, metric["MetricName"], metric["Dimensions"][0]["Value"]) for name, metric in counted.items()} == {
        (f"{word}_{emitter}", metric, emitter)
        for emitter in emitters
        for word, metric in (("asked", "Enrichments"), ("failed", "FailOpens"))
    }
    assert stats(alarm) == {("Enrichments", "Sum", 21_600), ("FailOpens", "Sum", 21_600)}
    # THEN it rings above one in five of all together, and a single one of one says nothing
    share = calculation(alarm)
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 20)
    assert share(asked_generate_qbr=6, asked_sales_handoff=4, failed_sales_handoff=2) == 20
    assert share(asked_generate_qbr=6, asked_sales_handoff=4, failed_generate_qbr=1, failed_sales_handoff=2) == 30
    assert share(asked_check_expansion=4, failed_check_expansion=4) == 0
    assert share(asked_check_expansion=5, failed_check_expansion=5) == 100
    assert alarm["TreatMissingData"] == "notBreaching"


def test_what_an_alarm_counts_is_counted_by_a_function_that_exists(cloud: Cloud) -> None:
    services = {service(function) for function in cloud.all("Lambda::Function")}
    own = [
        metric
        for alarm in cloud.all("CloudWatch::Alarm")
        for metric in metrics_of(alarm)
        if metric["Namespace"] not in ("AWS/SQS", "AWS/Lambda")
    ]
    assert own
    for metric in own:
        assert metric["Namespace"] == {"Fn::Sub": "CustomerSuccess/${Stage}"}
        assert metric["MetricName"] in set(Metric), metric
        ((dimension, value),) = ((d["Name"], d["Value"]) for d in metric["Dimensions"])
        assert dimension == "service", metric
        assert value in services, metric


def test_an_alarm_says_what_happened_and_where_to_look(cloud: Cloud) -> None:
    alarms = cloud.all("CloudWatch::Alarm")
    functions = {filled_in(function.properties["FunctionName"]) for function in cloud.all("Lambda::Function")}
    for alarm in alarms:
        description = filled_in(alarm.properties["AlarmDescription"])
        # GIVEN a sentence on what happened, and one on where to look
        happened, _, look = description.partition(". ")
        assert len(happened) > 20, alarm.id
        # THEN that is a log that exists, and the page with the alarm's own name
        assert look.endswith(f", then docs/operating.md: {name_of(alarm.properties)}."), alarm.id
        logs = re.findall(r"customer-success-\$\{Stage\}-[a-z-]+[a-z]", description)
        assert logs or alarm.id == "ScheduleDeadLettersAlarm", alarm.id
        assert set(logs) <= functions, alarm.id
        assert len(description) <= 1024
    names = [name_of(alarm.properties) for alarm in alarms]
    assert len(set(names)) == len(names)


def test_an_alarm_notifies_the_named_address_and_only_of_its_beginning(cloud: Cloud) -> None:
    for alarm in cloud.all("CloudWatch::Alarm"):
        reports = {"Fn::If": ["AlarmsHaveRecipient", [{"Ref": "AlarmTopic"}], {"Ref": "AWS::NoValue"}]}
        assert alarm.properties["AlarmActions"] == reports, alarm.id
        assert "OKActions" not in alarm.properties, alarm.id
        assert "TreatMissingData" in alarm.properties, alarm.id
    # AND CloudWatch may publish there
    (grant,) = (statement for statement in cloud.topic_policy("AlarmTopic") if statement.effect == "Allow")
    assert (grant.principal, grant.actions) == ({"Service": "cloudwatch.amazonaws.com"}, ["sns:Publish"])


def test_cloudwatch_takes_the_alarms(cloud: Cloud) -> None:
    # GIVEN bounds that otherwise only the deployment would report
    for alarm in cloud.all("CloudWatch::Alarm"):
        metrics = alarm.properties.get("Metrics", [])
        assert len(metrics) <= MOST_METRICS_OF_AN_ALARM, alarm.id
        if metrics:
            ids = [metric["Id"] for metric in metrics]
            assert all(re.fullmatch(r"[a-z][A-Za-z0-9_]*", name) for name in ids), alarm.id
            assert len(set(ids)) == len(ids), alarm.id
            assert [metric["Id"] for metric in metrics if metric.get("ReturnData", True)] == ids[:1], alarm.id


def on_queues(cloud: Cloud, metric: str) -> dict[str, dict[str, Any]]:
    """The alarms on one metric of SQS, by the queue that they watch."""
    return {
        named_by(alarm.properties["Dimensions"][0]["Value"]): alarm.properties
        for alarm in cloud.all("CloudWatch::Alarm")
        if (alarm.properties.get("Namespace"), alarm.properties.get("MetricName")) == ("AWS/SQS", metric)
    }


def named(cloud: Cloud, name: str) -> Resource:
    """The alarm of that name, the stage left out."""
    (alarm,) = (alarm for alarm in cloud.all("CloudWatch::Alarm") if name_of(alarm.properties) == name)
    return alarm


def name_of(alarm: dict[str, Any]) -> str:
    name = filled_in(alarm["AlarmName"])
    assert name.startswith(PREFIX), name
    return name.removeprefix(PREFIX)


def queue_name(cloud: Cloud, queue: str) -> str:
    return filled_in(cloud.resources[queue].properties["QueueName"]).removeprefix(PREFIX)


def metrics_of(alarm: Resource) -> Iterator[dict[str, Any]]:
    """What an alarm counts: one metric, or those that it calculates with."""
    if "MetricName" in alarm.properties:
        yield alarm.properties
    for metric in alarm.properties.get("Metrics", []):
        if "MetricStat" in metric:
            yield metric["MetricStat"]["Metric"]


def expressions(alarm: dict[str, Any]) -> list[str]:
    return [metric["Expression"] for metric in alarm["Metrics"] if "Expression" in metric]


def stats(alarm: dict[str, Any]) -> set[tuple[str, str, int]]:
    """Name, statistic and period of each metric that an alarm calculates with."""
    found = [metric["MetricStat"] for metric in alarm["Metrics"] if "MetricStat" in metric]
    return {(stat["Metric"]["MetricName"], stat["Stat"], stat["Period"]) for stat in found}


def calculation(alarm: dict[str, Any]) -> Any:
    """What an alarm's expression makes of values for its metrics; those not given have counted nothing."""
    (expression,) = expressions(alarm)
    ids = [metric["Id"] for metric in alarm["Metrics"] if "MetricStat" in metric]
    parts = re.fullmatch(r"IF\((.+? >=? \d+), (.+), 0\)", expression)
    assert parts, expression
    condition, value = parts.groups()

    def calculate(**values: float) -> float:
        counted = dict.fromkeys(ids, 0) | values
        assert set(counted) == set(ids)
        names: dict[str, Any] = {
            "SUM": sum,
            "FILL": lambda series, _: series,
            "METRICS": lambda word: [value for name, value in counted.items() if word in name],
        }
        known = names | counted
        return float(eval(value, known)) if eval(condition, known) else 0.0

    return calculate
