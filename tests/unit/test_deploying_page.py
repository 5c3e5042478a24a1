"""The page on deploying names commands, parameters, outputs, scopes and files that there are, and Slack's manifest asks
for what is used.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

from connectors.gmail.drafts import SCOPE as GMAIL_SCOPE
from connectors.google_auth import credentials_for
from connectors.google_chat.space import SCOPE as CHAT_SCOPE
from connectors.slack.checks import SCOPES
from local.deployment import ROOT
from local.stack.template import read_template

PAGE = (ROOT / "docs/deploying.md").read_text("utf-8")
TEMPLATE = read_template(ROOT / "template.yaml")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
MANIFEST = yaml_parse((ROOT / "docs/slack-manifest.yaml").read_text("utf-8"))
LONGEST = 155
"""Lines of the page."""

# What each method asks for, as https://docs.slack.dev/reference/methods says, for the kinds of channel that we have to
# do with: the team's, public or private, and direct messages.
SLACK_METHODS = {
    "auth_test": set(),
    "chat_postMessage": {"chat:write"},
    "conversations_history": {"channels:history", "groups:history", "im:history"},
    "conversations_info": {"channels:read", "groups:read"},
    "conversations_list": {"channels:read", "groups:read"},
    "conversations_open": {"im:write"},
    "conversations_replies": {"channels:history", "groups:history", "im:history"},
    "users_lookupByEmail": {"users:read.email", "users:read"},  # the first is given with the second only
}


def commands() -> Iterator[list[str]]:
    """The words of each command of the page's blocks."""
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines() if not language else ():
            for command in re.split(r" && ", line):
                # A place to be filled in is one word.
                yield shlex.split(re.sub(r"<[^>]*>", lambda place: place[0].replace(" ", "-"), command))


def started_by(program: str) -> list[list[str]]:
    return [words[1:] for words in commands() if words[0] == program]


def test_the_page_is_one_page() -> None:
    assert len(PAGE.splitlines()) <= LONGEST


MODELS_WITH_SCHEMAS = re.compile(r"claude-((sonnet|haiku|opus)-4-5-\d{8}-v1:0|opus-4-6-v1)$")
"""As https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html lists them."""


def test_every_model_that_is_named_answers_in_a_json_schema() -> None:
    template = (ROOT / "template.yaml").read_text("utf-8")
    named = re.findall(r"anthropic\.([a-z0-9:.-]*[a-z0-9])", PAGE + template)
    assert len(set(named)) >= 4
    assert [each for each in named if not MODELS_WITH_SCHEMAS.match(each)] == []


def test_how_access_to_a_model_begins_is_shown() -> None:
    for needed in ("aws-marketplace:Subscribe", "use-case form", "15 minutes"):
        assert needed in PAGE


def test_every_command_is_looked_at_here() -> None:
    assert {words[0] for words in commands()} == {"aws", "export", "make", "pipx", "read", "rm", "sam", "sed"}


@pytest.mark.parametrize("words", started_by("make"), ids=" ".join)
def test_make_has_the_target_and_knows_its_variables(words: list[str]) -> None:
    target, *variables = words
    named = re.search(rf"^{target}: .*## (.*)$", MAKEFILE, re.MULTILINE)
    assert named, target
    for variable in variables:
        name = variable.partition("=")[0]
        assert re.search(rf"\b{name}=", named[1]), f"make {target} does not tell of {name}"


@pytest.mark.parametrize("words", started_by("aws"), ids=" ".join)
def test_aws_has_the_operation_and_its_options(words: list[str]) -> None:
    service, operation, *rest = words
    model = botocore.session.Session().get_service_model(service)
    found = {xform_name(name, "-"): model.operation_model(name) for name in model.operation_names}[operation]
    members = {xform_name(name, "-") for name in found.input_shape.members}
    options = [word.removeprefix("--") for word in rest if word.startswith("--")]
    assert set(options) <= members
    assert {xform_name(name, "-") for name in found.input_shape.required_members} <= set(options)


def test_sam_is_called_as_the_deployment_was_tried() -> None:
    tried = (ROOT / "tests/e2e/test_sam_deploy.py").read_text("utf-8")
    for words in started_by("sam"):
        assert ["sam", *words] == ["sam", "build"] or all(f'"{word}"' in tried for word in words), words


def test_files_that_are_named_are_there() -> None:
    named = set(re.findall(r"\]\(((?!https?:)[^)#]+)\)", PAGE)) | set(re.findall(r"file://(docs/\S+)", PAGE))
    assert len(named) > 4
    for path in named:
        assert (ROOT / path).exists() or (ROOT / "docs" / path).exists(), path


def test_parameters_and_outputs_are_those_of_the_template() -> None:
    known = set(TEMPLATE["Parameters"]) | set(TEMPLATE["Outputs"])
    named = set(re.findall(r"`([A-Z][a-z]+[A-Z]\w+|Shadow)[`=]", PAGE)) - {"Roles"}
    assert {"Shadow", "TenantId", "NotionSecret", "GmailSecret", "SlackSecret", "TableName", "ApiId"} <= named
    assert named - known == set()


def test_what_has_no_default_is_named() -> None:
    required = {name for name, parameter in TEMPLATE["Parameters"].items() if "Default" not in parameter}
    ids = {name for name in required if name.startswith("Notion") and name != "NotionSecret"}
    assert len(ids) == 4 and "the four Notion ids" in PAGE and "Seven have no default" in PAGE and len(required) == 7
    for name in required - ids:
        assert f"`{name}`" in PAGE


def test_googles_scopes_are_those_that_are_asked_for() -> None:
    assert set(re.findall(r"https://www\.googleapis\.com/auth/[\w.]+", PAGE)) == {GMAIL_SCOPE, CHAT_SCOPE}


def test_what_googles_tool_writes_becomes_a_secret_that_is_taken(tmp_path: Path) -> None:
    # GIVEN a grant as google-oauthlib-tool saves it
    grant = {
        "refresh_token": "1//grant",
        "token_uri": "https://oauth2.googleapis.com/token",
        "client_id": "1-a.apps.googleusercontent.com",
        "client_secret": "secret",
        "scopes": [GMAIL_SCOPE],
    }
    (tmp_path / "grant.json").write_text(json.dumps(grant))
    # WHEN the page's line makes the secret of it
    (sed,) = started_by("sed")
    program, file, into, name = sed
    assert (file, into, name) == ("grant.json", ">", "google.json")
    made = subprocess.run(["sed", program, tmp_path / file], capture_output=True, text=True, check=True).stdout
    # THEN it can be used as it is
    assert credentials_for(json.loads(made), [GMAIL_SCOPE]) is not None


def test_the_policy_for_callers_lets_read_and_start_nothing() -> None:
    (block,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    (statement,) = json.loads(block)["Statement"]
    assert statement["Action"] == "execute-api:Invoke"
    assert statement["Resource"].endswith(":<ApiId>/dev/GET/*")
    paths = json.loads((ROOT / "docs/openapi.json").read_text("utf-8"))["paths"]
    posted = {path for path, methods in paths.items() if "post" in methods}
    assert {re.sub(r"{\w+}", "*", path) for path in posted} == {
        path.removeprefix("POST") for path in re.findall(r"`(POST/[\w*/]+)`", PAGE)
    }


def test_the_slack_app_may_what_is_called_and_nothing_more() -> None:
    # GIVEN every method that the code calls
    called = {
        method
        for path in (ROOT / "layers/connectors/connectors/slack").glob("*.py")
        for method in re.findall(r"\bslack\.([a-z]+_\w+)\(", path.read_text("utf-8"))
    }
    assert called == set(SLACK_METHODS)
    # THEN the manifest asks for the scopes of these, as doctor does
    asked = MANIFEST["oauth_config"]["scopes"]
    assert set(asked) == {"bot"}
    assert set(asked["bot"]) == set().union(*SLACK_METHODS.values()) == set(SCOPES)
    assert len(asked["bot"]) == len(set(asked["bot"])) == 9
    assert "the nine scopes" in PAGE


def test_the_slack_app_may_write_to_people() -> None:
    # GIVEN a new app, whose Messages Tab is off unless its manifest says so  THEN it is on
    home = MANIFEST["features"]["app_home"]
    assert (home["messages_tab_enabled"], home["home_tab_enabled"]) == (True, False)
    assert "switch the Messages Tab on" in PAGE


def test_the_slack_app_hears_nothing() -> None:
    # No events, commands, interactivity: nothing of ours could be called by Slack.
    assert set(MANIFEST) == {"display_information", "features", "oauth_config", "settings"}
    assert set(MANIFEST["features"]) == {"app_home", "bot_user"}
    assert MANIFEST["features"]["app_home"]["messages_tab_read_only_enabled"] is True
    assert not any(MANIFEST["settings"].values())
    # Slack's bounds.
    assert len(MANIFEST["display_information"]["name"]) <= 35
    assert len(MANIFEST["features"]["bot_user"]["display_name"]) <= 80
