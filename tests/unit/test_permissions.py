"""The page of permissions: one table of what the template allows each function, complete and nothing else."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest

from local.permissions import __main__ as command
from local.permissions.__main__ import PAGE, page
from local.permissions.page import (
    OWN,
    READS,
    READS_FILES,
    SECRETS,
    SENDS,
    WRITES,
    WRITES_FILES,
    Page,
    UnknownActionError,
)
from local.stack.policies import functions, named_by, role_statements, shown, vendors
from local.stack.template import Template, read_template


@pytest.fixture
def template() -> Template:
    return copy.deepcopy(read_template(command.ROOT / "template.yaml"))


def test_the_page_is_that_of_the_template() -> None:
    assert PAGE.read_text("utf-8") == page(), "docs/permissions.md is stale: run make permissions"


def test_every_right_of_every_function_is_in_its_row_and_nothing_more(template: Template) -> None:
    rows = _rows(page())
    assert set(rows) == {shown(template, function) for function in functions(template)}
    for body in functions(template).values():
        statements = list(role_statements(template, named_by(body["Role"])))
        actions = {action for statement in statements for action in statement.actions}
        row = rows[str(body["CodeUri"]).rstrip("/").rsplit("/", 1)[-1]]
        assert ("table" in row["reads"]) == bool(actions & READS)
        assert ("table" in row["writes"]) == bool(actions & WRITES)
        assert row["reads"].count("bucket") == len(actions & READS_FILES)
        assert row["writes"].count("bucket") == len(actions & WRITES_FILES)
        assert ("deletes" in row["writes"]) == ("dynamodb:DeleteItem" in actions)
        assert ("Bedrock" in row["calls"]) == ("bedrock:InvokeModel" in actions)
        assert set(vendors(body)) == {name.split(" (if")[0] for name in row["calls"].split(", ") if name}
        filled = [
            resource
            for statement in statements
            if set(statement.actions) & SENDS.keys()
            for resource in statement.resources
        ]
        assert len(filled) == len([target for target in row["sends to"].split(", ") if target])
        for resource in filled:
            name = shown(template, named_by(resource))
            assert f"`{name}`" in row["sends to"] or (name, row["sends to"][-9:]) == ("EventBus", "event bus")
        read = [
            str(resource) for statement in statements if set(statement.actions) & SECRETS
            for resource in statement.resources
        ]  # fmt: skip
        named = re.findall(r"`(\w+)`(?: \(|,|$)", row["secrets"])
        assert len(read) == len(named)
        assert all(name in resource for name, resource in zip(named, read, strict=True))
        files = READS_FILES | WRITES_FILES
        assert actions - OWN - READS - WRITES - files - SENDS.keys() - SECRETS <= {"bedrock:InvokeModel"}


def test_what_starts_a_function_is_in_its_row() -> None:
    rows = _rows(page())
    assert rows["api"]["trigger"] == "REST API"
    assert rows["health_scan"]["trigger"] == "queue `scan`"


def test_a_right_to_files_names_bucket_and_folder() -> None:
    row = _rows(page())["ingest"]
    assert row["reads"] == "table, bucket `inbox` `in/*`, names of files in bucket `inbox`"
    assert row["writes"] == "table, bucket `inbox` `results/*`"


def test_a_right_under_a_setting_names_the_setting() -> None:
    row = _rows(page())["generate_qbr"]
    assert row["secrets"] == "`NotionSecret`, `GmailSecret` (if set)"
    assert row["calls"] == "Notion, Gmail, Bedrock (if `BedrockModelId` is set)"


def test_what_can_delete_by_batches_is_not_described_as_deleting_nothing() -> None:
    rows = _rows(page())
    assert rows["contract_check"]["writes"] == "table, could delete"
    assert rows["alert_chat"]["writes"] == "table, deletes"
    assert rows["api"]["writes"] == "table"


@pytest.mark.parametrize("action", ["ses:SendEmail", "dynamodb:Scan", "s3:*"])
def test_a_right_that_no_column_is_for_is_named_and_nothing_is_written(template: Template, action: str) -> None:
    role = template["Resources"]["NotionSyncRole"]["Properties"]
    right = {"Effect": "Allow", "Action": action, "Resource": {"Fn::GetAtt": ["Table", "Arn"]}}
    role["Policies"][0]["PolicyDocument"]["Statement"].append(right)
    text = f"NotionSyncRole: no column of docs/permissions.md is for {action}"
    with pytest.raises(UnknownActionError, match=re.escape(text)):
        Page(template).written()


def test_a_new_right_appears_in_its_row(template: Template) -> None:
    # GIVEN the API's role with one more right of each kind
    rights: list[dict[str, Any]] = [
        {"Action": "dynamodb:DeleteItem", "Resource": {"Fn::GetAtt": ["Table", "Arn"]}},
        {"Action": "sns:Publish", "Resource": {"Ref": "ChurnAlerts"}},
        {"Action": "events:PutEvents", "Resource": {"Fn::GetAtt": ["EventBus", "Arn"]}},
        {"Action": "secretsmanager:GetSecretValue", "Resource": {"Fn::Sub": "arn:secret:${SlackSecret}-??????"}},
    ]
    statements = template["Resources"]["ApiFunctionRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    statements.extend({"Effect": "Allow", **right} for right in rights)
    # WHEN the page is written, THEN the row has them
    row = _rows(Page(template).written())["api"]
    assert row["writes"] == "table, deletes"
    assert row["sends to"].endswith("topic `churn-alerts`, event bus")
    assert row["secrets"].endswith("`SlackSecret`")


def test_the_policies_of_people_are_linked() -> None:
    linked = re.findall(r"\]\(([a-z-]+\.json)\)", page())
    assert linked == ["deployer-policy.json", "deployer-policy-data.json", "operator-policy.json"]
    assert all((PAGE.parent / name).exists() for name in linked)


def test_a_stale_page_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "template.yaml").write_text((command.ROOT / "template.yaml").read_text("utf-8"), "utf-8")
    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.setattr(command, "PAGE", tmp_path / "docs/permissions.md")
    assert command.main(["--check"]) == 1
    assert capsys.readouterr().err == "docs/permissions.md is stale: run make permissions\n"
    assert command.main([]) == 0
    assert command.main(["--check"]) == 0
    assert command.main(["--all"]) == 2


def _rows(written: str) -> dict[str, dict[str, str]]:
    """The table's rows by function, each as its cells by their column."""
    lines = [line for line in written.splitlines() if line.startswith("|")]
    head, _, *rows = [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]
    return {row[0].strip("`"): dict(zip(head, row, strict=True)) for row in rows}
