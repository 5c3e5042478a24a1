"""The page on operating has a place for every alarm, and names commands and parameters that there are."""

from __future__ import annotations

import re

from local.deployment import ROOT
from local.doctor.report import MARKS
from local.stack.template import read_template

PAGE = (ROOT / "docs/operating.md").read_text("utf-8")
TEMPLATE = read_template(ROOT / "template.yaml")


def test_every_alarm_has_its_place() -> None:
    # GIVEN the alarms, by their names without the stage
    names = {
        body["Properties"]["AlarmName"]["Fn::Sub"].removeprefix("customer-success-${Stage}-")
        for body in TEMPLATE["Resources"].values()
        if body["Type"] == "AWS::CloudWatch::Alarm"
    }
    # THEN each is a heading, or stands under one for all of its kind
    headings = set(re.findall(r"^## (\S+)$", PAGE, re.MULTILINE))
    reported = headings | set(re.findall(r"`([a-z-]+-(?:failures|waiting))`", PAGE))
    assert names - reported == set()
    assert {name for name in reported if name.endswith(("-failures", "-waiting", "-dead-letters"))} - names == set()


def test_the_commands_are_those_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"make ([a-z-]+)", PAGE)) - targets == set()


def test_the_queues_are_those_of_the_template() -> None:
    queues = {
        body["Properties"]["QueueName"]["Fn::Sub"].removeprefix("customer-success-${Stage}-")
        for body in TEMPLATE["Resources"].values()
        if body["Type"] == "AWS::SQS::Queue"
    }
    named = set(re.findall(r"QUEUE=([a-z-]+)", PAGE))
    assert len(named) > 5
    assert named - queues == set()


def test_the_parameters_are_those_of_the_template() -> None:
    named = set(re.findall(r"\b([A-Z][a-z][A-Za-z]+)=", PAGE)) | {"ScanOverdueHours"}
    assert len(named) > 5
    assert named - set(TEMPLATE["Parameters"]) == set()


def test_every_mark_of_doctor_is_explained_with_its_exit_code() -> None:
    explained = dict(re.findall(r"^\| `(.)` \| .* \| (\d) \|$", PAGE, re.MULTILINE))
    assert explained == {mark: "1" if state == "bad" else "0" for state, (mark, _, _) in MARKS.items()}
