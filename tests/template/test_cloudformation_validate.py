"""AWS's own offline checks find nothing in the template, as written and as CloudFormation sees it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.template.cloud import ROOT, SOURCE, Cloud

Finding = tuple[str, str, str]
PYTHON = ROOT / ".checkov/bin/python"
ASK = """
import json, sys
from cloudformation_validate import CompositeEngine, Severity, ValidateConfig
report = CompositeEngine().validate_template(sys.argv[1], ValidateConfig(severity_level=Severity.WARN))
print(json.dumps([(found.rule_id, found.entity.logical_id if found.entity else "", found.message)
                  for found in report.diagnostics]))
"""
"""Below a warning it lists what could be done differently, such as a deletion policy for every queue."""

ACCEPTED = {
    "W1030": "an empty default stands for 'none', and a condition leaves the property out",
    "W2509": "the parameters hold the names of secrets, not their values",
}
LEFT_BY_SAM = {"W1020"}
"""SAM fills in a layer's name and leaves the Sub around it."""


@pytest.fixture(scope="module")
def as_written() -> list[Finding]:
    """What there is to say about the template as written."""
    return findings(SOURCE)


def test_the_template_as_written(as_written: list[Finding]) -> None:
    assert [found for found in as_written if found[0] not in ACCEPTED] == []


def test_the_template_as_cloudformation_sees_it(cloud: Cloud, tmp_path: Path) -> None:
    transformed = tmp_path / "transformed.json"
    transformed.write_text(json.dumps(cloud.template))
    assert [found for found in findings(transformed) if found[0] not in LEFT_BY_SAM | set(ACCEPTED)] == []


def test_nothing_is_accepted_that_is_not_there(as_written: list[Finding]) -> None:
    assert {rule for rule, _, _ in as_written} == set(ACCEPTED)


def test_what_is_accepted_as_a_secret_is_its_name(as_written: list[Finding]) -> None:
    secrets = {parameter for rule, parameter, _ in as_written if rule == "W2509"}
    assert secrets
    assert all(parameter.endswith("Secret") for parameter in secrets)


def test_it_does_find_something_where_there_is_something(tmp_path: Path) -> None:
    # GIVEN a template with a property that does not exist
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"Nonsense": 1}}}}))
    # THEN the checks above could have failed
    assert [(rule, resource) for rule, resource, _ in findings(wrong)] == [("F3002", "Queue")]


def findings(template: Path) -> list[Finding]:
    """Rule, resource or parameter, and message of every warning and error."""
    assert PYTHON.exists(), "`make test` installs cloudformation-validate into .checkov"
    command = [PYTHON, "-c", ASK, template]
    done = subprocess.run(command, capture_output=True, text=True, env={"PATH": os.environ["PATH"]})
    assert done.returncode == 0, done.stderr
    return [(rule, where, message) for rule, where, message in json.loads(done.stdout)]


pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
