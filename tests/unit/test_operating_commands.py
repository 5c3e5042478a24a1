"""A command on a real deployment says in one line what is missing."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from local.demo.errors import state_in_words
from local.operating.__main__ import main as operating
from local.stack.aws import Aws

NOWHERE = ("STACK", "QUEUE", "DATE", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL")


@pytest.fixture(autouse=True)
def _bare_shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in NOWHERE:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))


@pytest.mark.parametrize("deed", ["redrive", "rescan"])
def test_a_stack_that_is_not_named_is_asked_for(deed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert operating([deed]) == 1
    assert capsys.readouterr().err.startswith("STACK is missing: name the deployment's stack")


def test_a_shell_without_a_region_is_told_what_to_set(capsys: pytest.CaptureFixture[str]) -> None:
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
