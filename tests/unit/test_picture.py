"""The flowchart of the architecture: everything of the template is in it, and stays so by itself."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest

from local.picture import __main__ as command
from local.picture.__main__ import PAGE, page
from local.picture.flowchart import Flowchart
from local.stack.policies import functions, of_type, shown
from local.stack.template import Template, read_template


@pytest.fixture
def template() -> Template:
    return copy.deepcopy(read_template(command.ROOT / "template.yaml"))


def test_the_page_is_that_of_the_template(template: Template) -> None:
    assert PAGE.read_text("utf-8") == page(template), "docs/architecture.md is stale: run make picture"


def test_functions_rules_and_buses_are_boxes_and_each_queue_stands_in_its_functions_box(
    template: Template,
) -> None:
    drawn = Flowchart(template).drawn()
    boxes = dict(re.findall(r'^  (\w+)[\[(]+"(.+)"[\])]+:::', drawn, re.MULTILINE))
    drawn_kinds = ("AWS::Serverless::Function", "AWS::Events::Rule", "AWS::Events::EventBus")
    assert set(boxes) >= {name for kind in drawn_kinds for name in of_type(template, kind)}
    for name in functions(template):
        assert f"<b>{shown(template, name)}</b>" in boxes[name]
    in_boxes = {line for text in boxes.values() for line in text.split("<br/>")}
    # What holds the failures of a queue is called after it; the rules have one of their own.
    queues = {shown(template, name) for name in of_type(template, "AWS::SQS::Queue")}
    of_rules = {"schedule-dlq"}
    dead_letters = {f"{queue}-dlq" for queue in queues} & queues | of_rules
    assert queues - dead_letters == {line.removeprefix("queue ") for line in in_boxes if line.startswith("queue ")}
    assert "topic churn-alerts" in in_boxes and "REST API" in in_boxes


def test_no_box_is_without_an_arrow(template: Template) -> None:
    flowchart = Flowchart(template)
    boxes = set(re.findall(r"^  (\w+)[\[(]+\"", flowchart.drawn(), re.MULTILINE))
    assert boxes == {end for arrow in flowchart.arrows for end in arrow}


def test_arrows_are_read_from_targets_subscriptions_and_permissions(template: Template) -> None:
    arrows = set(Flowchart(template).arrows)
    # A rule's target, a bucket's notification, what a role may send to, a subscription, through the API, onto the bus.
    assert {
        ("ScanRule", "HealthScan"),
        ("InboxBucket", "Ingest"),
        ("HealthScan", "ChurnAlerts"),
        ("HealthScan", "NotionSync"),
        ("CheckExpansion", "SalesHandoff"),
        ("ChurnAlerts", "AlertChat"),
        ("ApiFunction", "GenerateQbr"),
        ("AlertEventBus", "EventBus"),
    } <= arrows
    assert ("GenerateQbr", "ChurnAlerts") not in arrows


def test_a_new_function_appears_with_its_queue_and_its_vendor(template: Template) -> None:
    # GIVEN a template with one more function, behind a queue that another one may send to
    resources = template["Resources"]
    resources["TeamsQueue"] = _renamed(resources["AlertChatQueue"], "teams")
    resources["Teams"] = copy.deepcopy(resources["NotionSync"])
    properties = resources["Teams"]["Properties"]
    properties["CodeUri"] = "functions/alert_teams/"
    properties["Events"]["Updates"]["Properties"]["Queue"] = {"Fn::GetAtt": ["TeamsQueue", "Arn"]}
    properties["Environment"]["Variables"]["MICROSOFT_TEAMS_API_URL"] = "https://teams.example"
    resources["NotionSyncRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"].append(
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["TeamsQueue", "Arn"]}}
    )
    # WHEN it is drawn, THEN it stands behind the one that fills its queue
    drawn = Flowchart(template).drawn()
    assert 'Teams["queue teams<br/><b>alert_teams</b><br/>Notion, Microsoft Teams"]:::function' in drawn
    assert "  NotionSync --> Teams\n" in drawn


def test_what_a_subscription_lets_through_stands_on_its_arrow(template: Template) -> None:
    drawn = Flowchart(template).drawn()
    assert 'ChurnAlerts -->|"kind: alert, delivery: single"| AlertEmail' in drawn
    assert drawn.count('|"kind: alert"|') == 2


def test_what_the_api_starts_is_dotted(template: Template) -> None:
    drawn = Flowchart(template).drawn()
    assert "ApiFunction -.-> HealthScan" in drawn
    assert re.findall(r"(\w+) -\.->", drawn) == ["ApiFunction"] * drawn.count("-.->")


def test_the_page_says_what_is_not_drawn(template: Template) -> None:
    written = page(template)
    assert "where it stopped: `health_scan`, `plan_qbrs`\n" in written
    assert f"the {len(of_type(template, 'AWS::CloudWatch::Alarm'))} alarms" in written


def test_a_stale_page_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # GIVEN a project whose page is not that of its template
    (tmp_path / "docs").mkdir()
    (tmp_path / "template.yaml").write_text((command.ROOT / "template.yaml").read_text("utf-8"), "utf-8")
    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.setattr(command, "PAGE", tmp_path / "docs/architecture.md")
    # WHEN it is checked, written, and checked again
    assert command.main(["--check"]) == 1
    assert capsys.readouterr().err == "docs/architecture.md is stale: run make picture\n"
    assert command.main([]) == 0
    assert command.main(["--check"]) == 0
    # THEN anything else is refused
    assert command.main(["--colour"]) == 2


def _renamed(queue: dict[str, Any], name: str) -> dict[str, Any]:
    changed = copy.deepcopy(queue)
    changed["Properties"]["QueueName"] = {"Fn::Sub": f"customer-success-${{Stage}}-{name}"}
    return changed
