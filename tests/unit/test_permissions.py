"""The page of permissions: it says of each function what the template allows it, and why, and nothing else."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from local.permissions import __main__ as command
from local.permissions.__main__ import PAGE, page
from local.permissions.page import Page, WithoutReasonError
from local.permissions.reasons import reasons
from local.permissions.statements import functions, named_by, role_statements, shown
from local.stack.template import Template, read_template

TEXT = (command.ROOT / "template.yaml").read_text("utf-8")


@pytest.fixture
def template() -> Template:
    return copy.deepcopy(read_template(command.ROOT / "template.yaml"))


def test_the_page_is_that_of_the_template() -> None:
    assert PAGE.read_text("utf-8") == page(), "docs/permissions.md is stale: run make permissions"


def test_each_role_has_a_reason_and_each_policy_on_a_resource_too(template: Template) -> None:
    why = reasons(TEXT)
    for name, body in template["Resources"].items():
        if body["Type"] in ("AWS::IAM::Role", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"):
            assert why.get(name), f"{name}: no comment above it says why"


def test_every_right_of_every_function_is_on_the_page(template: Template) -> None:
    written = Page(template, TEXT).written()
    sections = _sections(written)
    for function, body in functions(template).items():
        section = sections[shown(template, function)]
        for statement in role_statements(template, named_by(body["Role"])):
            for action in statement.actions:
                service, _, name = action.partition(":")
                assert any(f"`{service}`:" in row and name in row for row in section.splitlines()), action
            assert statement.when is None or " is set" in section


def test_a_reason_is_the_comment_right_above_on_one_line() -> None:
    # GIVEN comments before a section, over a resource, within one, and away from one
    text = """\
Parameters:
  # Not of a resource.
  Stage:
Resources:
  # ---- A section ----

  # Reads rows
  # but writes none.
  ReaderRole:
    # Within it.
    Type: AWS::IAM::Role

  Bare:
    Type: AWS::IAM::Role
Outputs:
  # Not of a resource either.
  Url:
"""
    # WHEN the reasons are read, THEN only what stands right above a resource counts
    assert reasons(text) == {"ReaderRole": "Reads rows but writes none."}


def test_a_role_without_a_reason_is_told_and_nothing_is_written(template: Template) -> None:
    with pytest.raises(WithoutReasonError, match=r"^NotionSyncRole: the template has no comment above it"):
        Page(template, TEXT.replace("  # Reads rows, notes on them what was written", "  Reads")).written()


def test_where_a_right_holds_under_a_setting_alone_the_setting_is_named() -> None:
    section = _sections(page())["generate_qbr"]
    assert "| `secretsmanager`: GetSecretValue | `secret:${GmailSecret}-??????` | `GmailSecret` is set |" in section
    assert "`bedrock:InferenceProfileArn` is `bedrock:inference-profile/${BedrockModelId}`" in section


def test_who_may_send_to_a_queue_from_outside_is_told() -> None:
    rows = _sections(page())["Who else may put something there"].splitlines()
    scan = next(row for row in rows if row.startswith("| queue `scan` |"))
    assert "`events.amazonaws.com`: `sqs`: SendMessage, if `aws:SourceArn` is rule `ScanRule`" in scan
    assert not [row for row in rows if "**no**" in row]


def test_a_queue_that_takes_open_lines_is_told(template: Template) -> None:
    policy = template["Resources"]["ScanQueuePolicy"]["Properties"]["PolicyDocument"]
    policy["Statement"] = [entry for entry in policy["Statement"] if entry["Effect"] == "Allow"]
    assert "| **no** |" in Page(template, TEXT).written()


@pytest.mark.parametrize(
    ("right", "told"),
    [
        (
            {"Action": "ses:*", "Resource": {"Fn::GetAtt": ["Table", "Arn"]}},
            "No role has a wildcard in an action; **but these: `ses:*`**.",
        ),
        (
            {"Action": "ses:SendEmail", "Resource": "*"},
            'No role has "*" as a resource; **but these: `ses:SendEmail`**.',
        ),
        (
            {"Action": "dynamodb:DeleteItem", "Resource": {"Fn::GetAtt": ["Table", "Arn"]}},
            "`check_expansion`, `sales_handoff`, `api`, `alert_notion`,",
        ),
    ],
)
def test_what_is_said_of_all_roles_is_worked_out(template: Template, right: dict[str, Any], told: str) -> None:
    # GIVEN no such claim on the page of the template as it is
    assert told not in page()
    # WHEN one role is allowed more
    role = template["Resources"]["ApiFunctionRole"]["Properties"]
    role["Policies"][0]["PolicyDocument"]["Statement"].append({"Effect": "Allow", **right})
    # THEN the page says so
    assert told in Page(template, TEXT).written()


def test_who_can_delete_by_batches_is_not_said_to_delete_nothing() -> None:
    written = page()
    at_a_glance = _sections(written)["All of them at a glance"]
    assert "| [`health_scan`](#health_scan) | reads, writes, could delete |" in at_a_glance
    assert "By no means could `api`." in written


def test_a_shared_and_an_unbounded_role_are_told(template: Template) -> None:
    template["Resources"]["AlertChat"]["Properties"]["Role"] = {"Fn::GetAtt": ["AlertEmailRole", "Arn"]}
    del template["Resources"]["NotionSyncRole"]["Properties"]["PermissionsBoundary"]
    written = Page(template, TEXT).written()
    assert "No two functions share a role; **but these: `AlertEmailRole`**." in written
    assert "where that is set; **but these: `NotionSyncRole`**." in written


def test_a_stale_page_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "template.yaml").write_text(TEXT, "utf-8")
    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.setattr(command, "PAGE", tmp_path / "docs/permissions.md")
    assert command.main(["--check"]) == 1
    assert capsys.readouterr().err == "docs/permissions.md is stale: run make permissions\n"
    assert command.main([]) == 0
    assert command.main(["--check"]) == 0
    assert command.main(["--all"]) == 2


def _sections(written: str) -> dict[str, str]:
    """The page's sections by their headings."""
    found, heading = {}, ""
    for line in written.splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
            found[heading] = ""
        else:
            found[heading] += line + "\n"
    return found
