"""`sam deploy` finds a configuration for each stage, and it fits the template."""

from __future__ import annotations

import re
import shlex
import tomllib
from typing import Any

import pytest

from local.stack.template import Template
from tests.template.cloud import ROOT

STAGES = {"default": "dev", "prod": "prod"}


@pytest.fixture(params=STAGES)
def environment_of(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    """A stage, and what is configured for it."""
    configured = tomllib.loads((ROOT / "samconfig.toml").read_text("utf-8"))
    return STAGES[request.param], configured[request.param]


def test_stages_share_neither_stack_nor_artifacts(environment_of: tuple[str, dict[str, Any]]) -> None:
    stage, configured = environment_of
    deploy = configured["deploy"]["parameters"]
    assert configured["global"]["parameters"]["stack_name"] == f"customer-success-{stage}"
    assert deploy["s3_prefix"] == f"customer-success-{stage}"
    assert f"stage={stage}" in deploy["tags"]
    assert overrides(configured)["Stage"] == stage


def test_a_deployment_may_make_the_roles_and_asks_before_it_changes_anything(
    environment_of: tuple[str, dict[str, Any]],
) -> None:
    deploy = environment_of[1]["deploy"]["parameters"]
    assert deploy["capabilities"] == "CAPABILITY_IAM"
    assert deploy["confirm_changeset"] is True
    assert deploy["resolve_s3"] is True


def test_a_new_stage_begins_in_the_shadow(environment_of: tuple[str, dict[str, Any]]) -> None:
    given = overrides(environment_of[1])
    # A file with a tenant in it belongs to a user, who may be live.
    assert given["Shadow"] == "true" or "TenantId" in given


def test_what_is_set_is_a_parameter_and_a_value_that_it_takes(
    source: Template, environment_of: tuple[str, dict[str, Any]]
) -> None:
    for name, value in overrides(environment_of[1]).items():
        parameter = source["Parameters"][name]
        assert re.fullmatch(parameter.get("AllowedPattern", ".+"), value), name
        assert value in map(str, parameter.get("AllowedValues", [value])), name


def test_the_parameters_without_a_default_are_named(source: Template) -> None:
    comment = "".join(line for line in (ROOT / "samconfig.toml").read_text("utf-8").splitlines(True) if line[0] == "#")
    named = set(re.findall(r"\b[A-Z]\w+", comment))
    assert {name for name, parameter in source["Parameters"].items() if "Default" not in parameter} <= named


def overrides(configured: dict[str, Any]) -> dict[str, str]:
    """The parameters that are set, read as SAM reads them: a blank ends a value that is not quoted.

    They are a list as they are shipped, and one text after `sam deploy --guided`.
    """
    given = configured["deploy"]["parameters"]["parameter_overrides"]
    words = shlex.split(given if isinstance(given, str) else " ".join(given))
    return dict(word.split("=", 1) for word in words if "=" in word)
