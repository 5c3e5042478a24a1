"""The API of the template: the paths of its document and no others, each signed for, and errors in one form."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from local.stack.template import read_template
from tests.template.cloud import ROOT, SOURCE, Cloud, environment, named_by

PROBLEM = "'application/problem+json'"
GATEWAY_STATUS = {
    "ACCESS_DENIED": 403,
    "API_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_FAILURE": 500,
    "BAD_REQUEST_BODY": 400,
    "BAD_REQUEST_PARAMETERS": 400,
    "DEFAULT_4XX": None,
    "DEFAULT_5XX": None,
    "EXPIRED_TOKEN": 403,
    "INTEGRATION_FAILURE": 504,
    "INTEGRATION_TIMEOUT": 504,
    "INVALID_API_KEY": 403,
    "INVALID_SIGNATURE": 403,
    "MISSING_AUTHENTICATION_TOKEN": 403,
    "QUOTA_EXCEEDED": 429,
    "REQUEST_TOO_LARGE": 413,
    "RESOURCE_NOT_FOUND": 404,
    "THROTTLED": 429,
    "UNAUTHORIZED": 401,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "WAF_FILTERED": 403,
}
"""The kinds of gateway responses that API Gateway has, each with its own status; the last resorts have none."""


@pytest.fixture(scope="module")
def paths(cloud: Cloud) -> dict[str, dict[str, Any]]:
    """The operations that API Gateway knows, by path and method."""
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


def test_the_function_runs_by_its_own_role_for_every_caller(paths: dict[str, dict[str, Any]]) -> None:
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


@pytest.mark.parametrize("kind", sorted(GATEWAY_STATUS))
@pytest.mark.parametrize("message", ["Forbidden", 'a "quoted" \\ word', "two\nlines", ""])
def test_what_the_gateway_answers_by_itself_is_a_problem_with_its_number(kind: str, message: str) -> None:
    # GIVEN what the gateway says by itself of a call that never reaches the function
    response = _gateway_responses()[kind]
    # WHEN it fills in what it knows of the call
    problem = json.loads(_filled(response["ResponseTemplates"]["application/json"], message))
    # THEN it is a problem document like the function's own, for any message
    status = GATEWAY_STATUS[kind]
    assert response["ResponseParameters"]["Headers"]["Content-Type"] == PROBLEM
    assert response.get("StatusCode") == (None if status is None else str(status))
    assert problem.get("status") == status
    assert problem.keys() - {"status"} == {"type", "title", "detail", "request_id"}
    assert all(problem[name].strip() for name in ("type", "title", "detail", "request_id"))
    assert problem["type"] == f"urn:problem:gateway:{kind.lower().replace('_', '-')}"


def test_the_gateway_has_an_answer_of_ours_for_each_of_its_kinds() -> None:
    assert set(_gateway_responses()) == set(GATEWAY_STATUS)


def test_a_throttled_caller_gets_a_retry_after() -> None:
    assert _gateway_responses()["THROTTLED"]["ResponseParameters"]["Headers"]["Retry-After"] == "'1'"


def test_an_unknown_path_is_named_as_such() -> None:
    # API Gateway asks a caller of an unknown path for a token.
    problem = json.loads(_gateway_responses()["MISSING_AUTHENTICATION_TOKEN"]["ResponseTemplates"]["application/json"])
    assert "no such path" in problem["detail"]


def test_every_answer_of_the_gateway_reaches_aws(cloud: Cloud) -> None:
    (api,) = cloud.all("ApiGateway::RestApi")
    reported = api.properties["Body"]["x-amazon-apigateway-gateway-responses"]
    assert {kind: response.get("statusCode") for kind, response in reported.items()} == {
        kind: status and str(status) for kind, status in GATEWAY_STATUS.items()
    }


def _gateway_responses() -> dict[str, Any]:
    responses: dict[str, Any] = read_template(SOURCE)["Resources"]["Api"]["Properties"]["GatewayResponses"]
    return responses


def _filled(template: str, message: str) -> str:
    """As the gateway fills in a gateway response: values take the place of names, and nothing is escaped."""
    known = {
        "context.error.message": message,
        "context.error.messageString": f'"{message}"',  # quoted, and no more
        "context.error.responseType": "MISSING_AUTHENTICATION_TOKEN",
        "context.extendedRequestId": "JKJaXmPLvHcESHA=",
        "context.requestId": message,  # a caller can set it
        "context.status": "",
    }
    return re.sub(r"\$(context(?:\.\w+)+)", lambda name: known.get(name[1], ""), template)


def test_no_page_may_call_unless_one_is_named(cloud: Cloud) -> None:
    assert cloud.template["Parameters"]["ApiCorsOrigin"]["Default"] == ""
    assert environment(cloud.resources["ApiFunction"])["API_CORS_ORIGIN"] == {"Ref": "ApiCorsOrigin"}


def test_the_api_holds_no_vendors_key(cloud: Cloud) -> None:
    function = cloud.resources["ApiFunction"]
    secrets = {name for name in environment(function) if name.endswith("_SECRET")}
    assert secrets == {"API_CURSOR_SECRET"}
    layers = function.properties["Layers"]
    assert ["ConnectorsLayer" in named_by(layer) for layer in layers] == [False]
