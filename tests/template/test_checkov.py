"""checkov finds nothing in the template, and every suppressed check has a reason."""

from __future__ import annotations

import copy
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.stack.template import Template
from tests.template.cloud import ROOT, SOURCE, transform

CHECKOV = ROOT / ".checkov/bin/checkov"

# What costs or hinders more than it brings, here, for the reasons given in the template. What is not in this list
# may not be passed over at all.
PASSED_OVER = {
    "CKV_AWS_18": {"InboxBucket", "ContentBucket"},  # access logs
    "CKV_AWS_26": {"AlarmTopic"},  # an encrypted topic that alarms cannot publish to
    "CKV_AWS_27": "SQS::Queue",  # a key of KMS, where SQS has its own
    "CKV_AWS_73": {"Api"},  # X-Ray
    "CKV_AWS_76": {"Api"},  # access logs
    "CKV_AWS_115": "Serverless::Function",  # reserved concurrency
    "CKV_AWS_116": "Serverless::Function",  # a dead-letter queue of the function's, beside that of its queue
    "CKV_AWS_117": "Serverless::Function",  # a VPC
    "CKV_AWS_119": {"Table"},  # a key of one's own
    "CKV_AWS_120": {"Api"},  # a cache
    "CKV_AWS_149": {"ApiCursorKey"},  # a key of one's own
    "CKV_AWS_158": "Logs::LogGroup",  # a key of one's own
    "CKV_AWS_173": "Serverless::Function",  # a key of one's own
}


def test_nothing_fails_in_the_template_as_written() -> None:
    assert failures(SOURCE) == []


def test_nothing_fails_in_the_template_as_cloudformation_sees_it(source: Template, tmp_path: Path) -> None:
    # GIVEN that SAM makes a stage of the API and does not hand on what is to be passed over
    api = {f"{skip['id']} ApiStage" for name, skip in passed_over(source) if name == "Api"}
    # WHEN what stands under a condition is looked at as well
    found = failures(written(transform(everything_on(source)).template, tmp_path))
    # THEN nothing else is found
    assert set(found) <= api


def test_checkov_does_find_something_where_there_is_something(tmp_path: Path) -> None:
    # GIVEN a topic without a key, and no word on why
    wrong = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {}}}}
    # THEN the checks above could have failed
    assert failures(written(wrong, tmp_path)) == ["CKV_AWS_26 Topic"]


def test_what_is_passed_over_has_a_reason(source: Template) -> None:
    found = list(passed_over(source))
    assert found
    for name, skip in found:
        assert set(skip) == {"id", "comment"}, name
        assert len(skip["comment"].split()) >= 6, (name, skip)


def test_only_what_is_listed_here_is_passed_over(source: Template) -> None:
    for name, skip in passed_over(source):
        kind = source["Resources"][name]["Type"].removeprefix("AWS::")
        allowed = PASSED_OVER[skip["id"]]
        assert kind == allowed or name in allowed, (name, skip["id"])


def test_nothing_is_passed_over_for_nothing(source: Template, tmp_path: Path) -> None:
    # GIVEN what checkov did pass over
    report = checkov(written(everything_on(source), tmp_path))
    did = {(resource_of(entry), entry["check_id"]) for entry in report["results"]["skipped_checks"]}
    # THEN each suppression of the template is needed
    assert {(name, skip["id"]) for name, skip in passed_over(source)} == did


def passed_over(source: Template) -> Iterator[tuple[str, dict[str, str]]]:
    """Logical id and suppression."""
    for name, resource in source["Resources"].items():
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", []):
            yield name, skip


def failures(template: Path) -> list[str]:
    """Check and resource of everything that checkov finds."""
    result = checkov(template)
    assert result["summary"]["parsing_errors"] == 0
    assert result["summary"]["resource_count"] > 0
    return [f"{entry['check_id']} {resource_of(entry)}" for entry in result["results"]["failed_checks"]]


def resource_of(entry: dict[str, Any]) -> str:
    """Logical id of what an entry of the report is about."""
    logical_id: str = entry["resource"].rpartition(".")[2]
    return logical_id


def everything_on(source: Template) -> Template:
    """The template with defaults by which no resource is left out; checkov looks at no others."""
    template = copy.deepcopy(source)
    template["Parameters"]["ApiAccessLogs"]["Default"] = "true"
    template["Parameters"]["AlarmEmail"]["Default"] = "ops@acme.example"
    return template


def written(template: Template, folder: Path) -> Path:
    path = folder / "template.json"
    path.write_text(json.dumps(template))
    return path


def checkov(template: Path) -> dict[str, Any]:
    """checkov's report on a template, by the rules that it ships."""
    assert CHECKOV.exists(), "`make test` installs checkov into .checkov"
    command = [CHECKOV, "--skip-download", "--framework", "cloudformation", "--output", "json", "--file", template]
    done = subprocess.run(command, capture_output=True, text=True, env={"PATH": os.environ["PATH"]})
    assert done.returncode in (0, 1), done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
