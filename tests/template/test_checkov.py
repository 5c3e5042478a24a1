"""checkov finds nothing in the template, and every suppressed check has a reason."""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.stack.template import Template
from tests.template.cloud import ROOT, SOURCE, transform

CHECKOV = ROOT / ".checkov/bin/checkov"
Report = dict[str, Any]

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


@pytest.fixture(scope="module")
def report(source: Template, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """checkov's report on all templates that are looked at here: most of its time is its start."""
    folder = tmp_path_factory.mktemp("checkov")
    shutil.copy(SOURCE, folder / "as-written.yaml")
    # checkov looks at no resource that is left out by a condition.
    every = everything_on(source)
    # A topic without a key, and no word on why.
    wrong = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {}}}}
    for name, template in {"every": every, "transformed": transform(every).template, "wrong": wrong}.items():
        (folder / f"{name}.json").write_text(json.dumps(template))
    return checkov(*sorted(folder.iterdir()))


def test_every_template_is_read(report: Report) -> None:
    assert report["summary"]["parsing_errors"] == 0
    results = [*report["results"]["passed_checks"], *report["results"]["failed_checks"]]
    files = {Path(entry["file_path"]).name for entry in results}
    assert files == {"as-written.yaml", "every.json", "transformed.json", "wrong.json"}


def test_nothing_fails_in_the_template_as_written(report: Report) -> None:
    assert found(report, "failed_checks", "as-written.yaml") == []
    assert found(report, "failed_checks", "every.json") == []


def test_nothing_fails_in_the_template_as_cloudformation_sees_it(source: Template, report: Report) -> None:
    # GIVEN that SAM makes a stage of the API and does not hand on what is to be passed over
    api = {("ApiStage", skip["id"]) for name, skip in passed_over(source) if name == "Api"}
    # THEN nothing else is found
    assert set(found(report, "failed_checks", "transformed.json")) <= api


def test_checkov_does_find_something_where_there_is_something(report: Report) -> None:
    # THEN the checks above could have failed
    assert found(report, "failed_checks", "wrong.json") == [("Topic", "CKV_AWS_26")]


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


def test_nothing_is_passed_over_for_nothing(source: Template, report: Report) -> None:
    # GIVEN what checkov did pass over  THEN each suppression of the template is needed
    assert {(name, skip["id"]) for name, skip in passed_over(source)} == set(
        found(report, "skipped_checks", "every.json")
    )


def passed_over(source: Template) -> Iterator[tuple[str, dict[str, str]]]:
    """Logical id and suppression."""
    for name, resource in source["Resources"].items():
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", []):
            yield name, skip


def found(report: Report, kind: str, file: str) -> list[tuple[str, str]]:
    """Logical id and check of each result of a kind that checkov has for a file."""
    return [
        (entry["resource"].rpartition(".")[2], entry["check_id"])
        for entry in report["results"][kind]
        if Path(entry["file_path"]).name == file
    ]


def everything_on(source: Template) -> Template:
    """The template with defaults by which no resource is left out; checkov looks at no others."""
    template = copy.deepcopy(source)
    template["Parameters"]["ApiAccessLogs"]["Default"] = "true"
    template["Parameters"]["AlarmEmail"]["Default"] = "ops@acme.example"
    return template


def checkov(*templates: Path) -> Report:
    """checkov's report on templates, by the rules that it ships."""
    assert CHECKOV.exists(), "`make test` installs checkov into .checkov"
    command = [CHECKOV, "--skip-download", "--framework", "cloudformation", "--output", "json", "--file", *templates]
    done = subprocess.run(command, capture_output=True, text=True, env={"PATH": os.environ["PATH"]})
    assert done.returncode in (0, 1), done.stderr
    report: Report = json.loads(done.stdout)
    return report


pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
