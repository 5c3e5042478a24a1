"""The API of the template: the paths of its document and no others, each signed for, and errors in one form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.stack.template import read_template
from tests.template.cloud import ROOT, SOURCE, Cloud, environment, named_by

PROBLEM = "'application/problem+json'"


@pytest.fixture(scope="module")
def paths(cloud: Cloud) -> dict[str, dict[str, Any]]:
    """The operations that API Gateway is told of, by path and method."""
    (api,) = cloud.all("ApiGateway::RestApi")
    found: dict[str, dict[str, Any]] = api.properties["Body"]["paths"]
    return found


def test_the_gateway_knows_the_paths_of_the_document_and_no_others(paths: dict[str, dict[str, Any]]) -> None:
    document = json.loads((ROOT / "docs/openapi.json").read_text("utf-8"))
    documented = {(path, method) for path, methods in document["paths"].items() for method in methods}
    known = {(path, method) for path, methods in paths.items() for method in methods if method != "options"}
    assert known == documented


def test_every_call_is_signed_but_a_browsers_question_whether_it_may_call(paths: dict[str, dict[str, Any]]) -> None:
    for path, methods in paths.items():
        for method, operation in methods.items():
            wanted = [{"NONE": []}] if method == "options" else [{"AWS_IAM": []}]
            assert operation.get("security", [{"NONE": []}]) == wanted, (path, method)


def test_the_function_runs_by_its_own_role_whoever_calls(paths: dict[str, dict[str, Any]]) -> None:
    for path, methods in paths.items():
        for method, operation in methods.items():
            assert "credentials" not in operation["x-amazon-apigateway-integration"], (path, method)


def test_calls_are_throttled_as_the_parameter_says(cloud: Cloud) -> None:
    (stage,) = cloud.all("ApiGateway::Stage")
    (settings,) = stage.properties["MethodSettings"]
    assert (settings["HttpMethod"], settings["ResourcePath"]) == ("*", "/*")
    assert settings["ThrottlingRateLimit"] == settings["ThrottlingBurstLimit"] == {"Ref": "ApiRequestsPerSecond"}


def test_access_is_logged_only_where_that_is_asked_for(cloud: Cloud) -> None:
    (stage,) = cloud.all("ApiGateway::Stage")
    condition, logged, otherwise = stage.properties["AccessLogSetting"]["Fn::If"]
    assert (condition, otherwise) == ("ApiLogsAccess", {"Ref": "AWS::NoValue"})
    assert named_by(logged["DestinationArn"]) == "ApiAccessLog"
    assert cloud.template["Parameters"]["ApiAccessLogs"]["Default"] == "false"


def test_what_the_gateway_refuses_is_told_as_the_function_tells_it() -> None:
    # GIVEN what the gateway says by itself of calls that never reach the function
    responses = read_template(SOURCE)["Resources"]["Api"]["Properties"]["GatewayResponses"]
    assert set(responses) == {"DEFAULT_4XX", "DEFAULT_5XX"}
    for response in responses.values():
        # THEN it is a problem document too, with the fields of ours
        assert response["ResponseParameters"]["Headers"]["Content-Type"] == PROBLEM
        told = response["ResponseTemplates"]["application/json"]
        told = told.replace("$context.status", "403").replace("$context.error.messageString", '"words"')
        assert set(json.loads(told)) == {"type", "title", "status", "detail", "request_id"}


def test_no_page_may_call_unless_one_is_named(cloud: Cloud) -> None:
    assert cloud.template["Parameters"]["ApiCorsOrigin"]["Default"] == ""
    assert environment(cloud.resources["ApiFunction"])["API_CORS_ORIGIN"] == {"Ref": "ApiCorsOrigin"}


def test_the_api_holds_no_vendors_key(cloud: Cloud) -> None:
    function = cloud.resources["ApiFunction"]
    secrets = {name for name in environment(function) if name.endswith("_SECRET")}
    assert secrets == {"API_CURSOR_SECRET"}
    layers = function.properties["Layers"]
    assert ["ConnectorsLayer" in named_by(layer) for layer in layers] == [False]
