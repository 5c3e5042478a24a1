"""The template's own linter finds nothing, in what is written and in what SAM makes of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cfnlint.api import ManualArgs, lint_file  # type: ignore[import-untyped]

from tests.template.cloud import SOURCE, Cloud

# SAM fills in a layer's name and leaves the Sub around it.
LEFT_BY_SAM = ["W1020"]


def findings(template: Path, ignored: list[str] | None = None) -> list[str]:
    config = ManualArgs(ignore_checks=ignored or [])
    return [f"{match.rule.id} {match.message}" for match in lint_file(template, config)]


def test_the_template_as_written() -> None:
    assert findings(SOURCE) == []


def test_the_template_as_cloudformation_sees_it(cloud: Cloud, tmp_path: Path) -> None:
    transformed = tmp_path / "transformed.json"
    transformed.write_text(json.dumps(cloud.template))
    assert findings(transformed, LEFT_BY_SAM) == []


def test_the_linter_does_find_something_where_there_is_something(tmp_path: Path) -> None:
    # GIVEN a template with a property that does not exist
    wrong = tmp_path / "wrong.json"
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"Nonsense": 1}}
    wrong.write_text(json.dumps({"Resources": {"Queue": queue}}))
    # THEN the checks above could have failed
    assert findings(wrong)


pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
