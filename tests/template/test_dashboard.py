"""The dashboard shows all that is counted, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from customer_success.metrics import Metric
from tests.template.cloud import Cloud, filled_in, service

STAGE, REGION = "dev", "eu-central-1"
COLUMNS = 24


@pytest.fixture(scope="module")
def widgets(cloud: Cloud) -> list[dict[str, Any]]:
    (dashboard,) = cloud.all("CloudWatch::Dashboard")
    body = filled_in(dashboard.properties["DashboardBody"], **{"Stage": STAGE, "AWS::Region": REGION})
    assert "${" not in body
    found: list[dict[str, Any]] = json.loads(body)["widgets"]
    return found


@pytest.fixture(scope="module")
def shown(widgets: list[dict[str, Any]]) -> list[tuple[str, str, dict[str, str]]]:
    """Namespace, name and dimensions of every metric on the dashboard."""
    return [
        (metric[0], metric[1], dict(zip(metric[2::2], metric[3::2], strict=True)))
        for widget in widgets
        for metric in widget["properties"]["metrics"]
    ]


def test_widgets_lie_beside_each_other(widgets: list[dict[str, Any]]) -> None:
    covered = [
        (widget["x"] + dx, widget["y"] + dy)
        for widget in widgets
        for dx in range(widget["width"])
        for dy in range(widget["height"])
    ]
    assert len(set(covered)) == len(covered)
    assert max(x for x, _ in covered) < COLUMNS
    for widget in widgets:
        assert widget["properties"]["title"]
        assert widget["properties"]["region"] == REGION


def test_everything_that_we_count_is_shown_and_nothing_else(
    cloud: Cloud, shown: list[tuple[str, str, dict[str, str]]]
) -> None:
    own = [(name, of["service"]) for namespace, name, of in shown if namespace == f"CustomerSuccess/{STAGE}"]
    assert {name for name, _ in own} == set(Metric)
    assert {name for _, name in own} <= {service(function) for function in cloud.all("Lambda::Function")}
    assert len(set(own)) == len(own)


def test_every_function_is_shown_with_errors_throttles_and_duration(
    cloud: Cloud, shown: list[tuple[str, str, dict[str, str]]]
) -> None:
    functions = {filled_in(f.properties["FunctionName"], Stage=STAGE) for f in cloud.all("Lambda::Function")}
    for metric in ("Errors", "Throttles", "Duration"):
        assert watched(shown, "AWS/Lambda", metric, "FunctionName") == functions, metric


def test_every_queue_is_shown_with_what_waits_and_for_how_long(
    cloud: Cloud, shown: list[tuple[str, str, dict[str, str]]]
) -> None:
    names = {queue.id: filled_in(queue.properties["QueueName"], Stage=STAGE) for queue in cloud.all("SQS::Queue")}
    sources = {name for queue, name in names.items() if queue not in cloud.dead_letter_queues}
    assert watched(shown, "AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName") == set(names.values())
    assert watched(shown, "AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName") == sources


def test_the_api_is_shown_with_its_errors_and_its_latency(
    cloud: Cloud, shown: list[tuple[str, str, dict[str, str]]]
) -> None:
    (api,), (stage,) = cloud.all("ApiGateway::RestApi"), cloud.all("ApiGateway::Stage")
    assert stage.properties["StageName"] == {"Ref": "Stage"}
    of = {"ApiName": filled_in(api.properties["Name"], Stage=STAGE), "Stage": STAGE}
    on_api = {name: dimensions for namespace, name, dimensions in shown if namespace == "AWS/ApiGateway"}
    assert on_api == dict.fromkeys(("Count", "4XXError", "5XXError", "Latency"), of)


def watched(shown: list[tuple[str, str, dict[str, str]]], namespace: str, metric: str, dimension: str) -> set[str]:
    """The values of a dimension for which a metric is shown."""
    return {of[dimension] for space, name, of in shown if (space, name) == (namespace, metric)}
