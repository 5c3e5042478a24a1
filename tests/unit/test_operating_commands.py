"""A command on a real deployment says in one line what is missing."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.demo.errors import state_in_words
from local.operating.__main__ import main as operating
from local.stack.aws import Aws
from local.stack.deploy import DeployError, describe
from local.stack.queues import brought_back

NOWHERE = ("STACK", "QUEUE", "DATE", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL")


@pytest.fixture(autouse=True)
def _bare_shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in NOWHERE:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))


@pytest.mark.parametrize("deed", ["redrive", "rescan", "ingest", "outcomes"])
def test_a_stack_that_is_not_named_is_asked_for(deed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert operating([deed]) == 1
    assert capsys.readouterr().err.startswith("STACK is missing: name the deployment's stack")


def test_a_shell_without_a_region_gets_advice(capsys: pytest.CaptureFixture[str]) -> None:
    assert operating(["rescan", "--stack", "customer-success-dev", "--date", "2026-03-02"]) == 1
    assert "AWS_DEFAULT_REGION" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["AWS_DEFAULT_REGION", "AWS_REGION"])
def test_either_name_of_a_region_is_taken(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "eu-west-1")
    assert Aws.of_operator().session.region_name == "eu-west-1"


def test_a_state_that_cannot_be_used_says_what_to_do(tmp_path: Path) -> None:
    broken = tmp_path / "state.sqlite"
    broken.write_text("garbage" * 1000)
    with pytest.raises(sqlite3.DatabaseError) as error:
        sqlite3.connect(broken).execute("SELECT * FROM any_table")
    assert state_in_words(error.value, tmp_path).endswith("make demo-clean")


@pytest.mark.parametrize(
    ("moved", "left", "expected"),
    [
        (3, 0, "3 dead letters go back to the queue scan"),
        (0, 0, "scan-dlq is empty, so there is nothing to bring back"),
        (2, 1, "1 are in somebody else's hands"),
        (0, 4, "4 are in somebody else's hands"),
    ],
)
def test_a_redrive_says_what_is_left_and_that_there_was_nothing_to_do(moved: int, left: int, expected: str) -> None:
    assert expected in brought_back("scan", moved, left)


class Stacks:
    """CloudFormation with one stack, of any owner."""

    def __init__(self, *parameters: str) -> None:
        self._parameters = [{"ParameterKey": name, "ParameterValue": "x"} for name in parameters]

    def describe_stacks(self, StackName: str) -> Any:  # noqa: N803, ARG002 - as boto3 calls it
        given = {"Parameters": self._parameters} if self._parameters else {}
        return {"Stacks": [{"StackStatus": "ROLLBACK_COMPLETE", **given}]}

    def get_paginator(self, _: str) -> Any:
        return self

    def paginate(self, **_: str) -> Any:
        return [{"StackResourceSummaries": []}]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ((), "network was not made from this template"),
        (("Stage",), "network was not made from this template"),
        (("Stage", "TenantId", "Shadow"), "network is ROLLBACK_COMPLETE and has no queue: deploy it anew"),
    ],
)
def test_a_stack_that_is_not_ours_or_has_nothing_in_it_is_reported(parameters: tuple[str, ...], expected: str) -> None:
    aws = Aws(boto3.Session(region_name="eu-central-1"))
    aws.__dict__["cloudformation"] = Stacks(*parameters)
    with pytest.raises(DeployError, match=expected):
        describe(aws, "network")
