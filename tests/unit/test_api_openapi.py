"""The API's document is made from the code, complete, and as the file in docs/ has it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from customer_success.api.routes import OPERATIONS
from local.api import openapi
from local.api.openapi import document, main

OPERATION_IDS = {
    ("/tasks", "post"): "submitTask",
    ("/tasks/{task_id}", "get"): "showTask",
    ("/accounts/{account_id}/health", "get"): "showHealth",
    ("/accounts/{account_id}/history", "get"): "showHistory",
    ("/portfolio", "get"): "showPortfolio",
    ("/shadow", "get"): "showShadow",
    ("/alerts/{alert_id}/acknowledge", "post"): "acknowledgeAlert",
    ("/observations", "post"): "takeObservations",
    ("/observations/outcomes", "post"): "takeOutcomes",
}
BY_ANY = {"403", "405", "422", "429", "500", "503"}


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_the_file_in_docs_is_what_the_code_makes() -> None:
    assert main(["--check"]) == 0, "run make openapi"


def test_a_stale_document_is_reported_and_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # GIVEN a document that is there and one that is not
    monkeypatch.setattr(openapi, "DOCUMENT", tmp_path / "openapi.json")
    assert main(["--check"]) == 1
    openapi.DOCUMENT.write_text(openapi.text().replace("showHealth", "health"), "utf-8")
    # WHEN it is compared THEN it is reported as stale, with the fix
    assert main(["--check"]) == 1
    assert "docs/openapi.json is stale: run make openapi" in capsys.readouterr().err
    # WHEN it is written THEN it is stale no more
    assert main([]) == 0
    assert main(["--check"]) == 0


def test_what_is_misspelt_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--chek"]) == 2
    assert "[--check]" in capsys.readouterr().err


def test_it_is_of_openapi_3_1_and_says_how_to_sign() -> None:
    made = document()
    assert made["openapi"] == "3.1.0"
    assert made["security"] == [{"sigv4": []}]
    assert made["components"]["securitySchemes"]["sigv4"]["x-amazon-apigateway-authtype"] == "awsSigv4"
    assert made["servers"][0]["url"].startswith("https://{api}.execute-api.")


def test_it_has_every_operation_with_its_parameters_and_nothing_else() -> None:
    assert {(path, method): operation["operationId"] for path, method, operation in operations()} == OPERATION_IDS
    # THEN what is let through by its name is what the document lists
    reported = {
        (path, method.upper()): {p["name"] for p in operation["parameters"] if p["in"] == "query"}
        for path, method, operation in operations()
    }
    known = {(o.path.replace("<", "{").replace(">", "}"), o.method): set(o.query) for o in OPERATIONS}
    assert reported == known
    # AND only what has a body is read for one
    with_body = {operation["operationId"] for _, _, operation in operations() if "requestBody" in operation}
    assert with_body == {"submitTask", "acknowledgeAlert", "takeObservations", "takeOutcomes"}
    assert sum(bool(o.body) for o in OPERATIONS) == len(with_body)


def test_every_problem_is_documented_as_problem_json() -> None:
    for _, _, operation in operations():
        problems = {status: reported for status, reported in operation["responses"].items() if status >= "400"}
        assert problems.keys() >= BY_ANY, operation["operationId"]
        for reported in problems.values():
            assert reported["content"] == {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemAnswer"}}
            }
        assert problems["405"]["headers"]["Allow"]["required"]
        assert problems["503"]["headers"]["Retry-After"]["required"]
    assert "Location" in document()["paths"]["/tasks"]["post"]["responses"]["202"]["headers"]


def test_every_parameter_has_a_description_and_a_bound() -> None:
    bounds = {"maxLength", "maximum", "enum", "format"}
    for _, _, operation in operations():
        for parameter in operation["parameters"]:
            assert parameter["description"], parameter["name"]
            assert bounds & parameter["schema"].keys(), parameter["name"]
            assert "anyOf" not in parameter["schema"], f"{parameter['name']} is never null"


def test_every_model_that_is_named_is_there_and_used() -> None:
    made = document()
    text = json.dumps(made)
    for name in made["components"]["schemas"]:
        assert f'"#/components/schemas/{name}"' in text, name
    for piece in text.split('"#/components/schemas/')[1:]:
        assert piece.partition('"')[0] in made["components"]["schemas"]
