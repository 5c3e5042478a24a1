"""Each function loads what it uses, as its list in docs/imports says; what sneaks in is named with who imported it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.cold_start.environment import environments, secrets_manager
from local.cold_start.lists import LISTS, ROOT, Start, committed, deployed_packages, differences, start_of
from local.stack.template import read_template

FUNCTIONS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
CHANNELS = ["alert_chat", "alert_email", "alert_event_bus", "alert_notion"]


@pytest.fixture(scope="module")
def variables() -> Iterator[dict[str, dict[str, str]]]:
    with secrets_manager() as secrets:
        yield environments(read_template(ROOT / "template.yaml"), secrets)


def test_every_function_has_a_list_and_no_list_is_left_behind() -> None:
    assert sorted(path.stem for path in LISTS.glob("*.txt")) == FUNCTIONS


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_loads_what_its_list_says_and_opens_one_session(
    name: str, variables: dict[str, dict[str, str]]
) -> None:
    start = start_of(name, variables[name])
    lines = differences(name, start, committed(name))
    assert not lines, "\n".join(lines)
    assert start.sessions <= 1, "a client of each service from boto3.client: another session costs 40 ms"


@pytest.mark.parametrize("name", CHANNELS)
def test_a_channel_knows_no_review_and_no_offer(name: str) -> None:
    packages = {line.split(".")[1] for line in committed(name) if line.startswith("customer_success.")}
    assert packages & {"reviews", "expansion", "renewals", "adoption", "narration", "scan", "api"} == set()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_function_loads_the_models_of_the_events_of_all_of_aws(name: str) -> None:
    parts = {line for line in committed(name) if line.startswith("aws_lambda_powertools.utilities.")}
    heavy = {"batch", "parser", "validation"} if name != "api" else set()
    assert {part for part in parts if part.rsplit(".", 1)[1] in heavy} == set()


def test_what_sneaks_in_is_named_with_the_way_it_came_and_what_to_do() -> None:
    # GIVEN a function whose channel has come to import a module that imports reviews, and these a package
    start = Start(
        {
            "app": "",
            "wiring": "app",
            "customer_success.alerts.channels": "wiring",
            "customer_success.reviews.text": "customer_success.alerts.channels",
            "requests": "customer_success.reviews.text",
            "requests.adapters": "requests",
        },
        (),
    )
    # WHEN it is compared with its list, in which a module stands that it has lost
    lines = differences("alert_event_bus", start, ["customer_success.alerts.channels", "customer_success.once"])
    # THEN each line names one, the new ones with everyone between the function and them
    assert lines[:3] == [
        "alert_event_bus loads customer_success.reviews.text, which its list does not have: "
        "app → wiring → customer_success.alerts.channels → customer_success.reviews.text",
        "alert_event_bus loads requests, which its list does not have: "
        "app → wiring → customer_success.alerts.channels → customer_success.reviews.text → requests",
        "alert_event_bus does not load customer_success.once any more",
    ]
    # AND the last one says what to do
    assert "make imports" in lines[3]


def test_a_package_that_is_not_deployed_is_not_there(variables: dict[str, dict[str, str]]) -> None:
    # GIVEN what the development environment has besides
    assert {"boto3", "pydantic", "notion_client", "slack_sdk"} <= deployed_packages()
    assert not {"pytest", "rich", "moto"} & deployed_packages()
    # THEN no function's start sees it, not even by an optional import of a vendor's SDK
    assert "rich" not in start_of("alert_notion", variables["alert_notion"]).modules
