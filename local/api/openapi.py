"""`python -m local.api.openapi [--check]`: writes the API's document, made from its code, or says that it is stale."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from aws_lambda_powertools.event_handler.openapi.models import APIKey, APIKeyIn, Server, ServerVariable

from customer_success.api.routes import ApiDesk, build
from local.api.descriptions import describe
from local.generated import generated

DOCUMENT = Path(__file__).parents[2] / "docs/openapi.json"
DESCRIPTION = """\
Answers from what the last scan of the account book knows, and takes tasks. Every request is signed with AWS Signature
Version 4 for the service `execute-api`. Whatever goes wrong is told as `application/problem+json`: its `type` names the
kind of problem, its `detail` the field, the value and what would be right, its `request_id` the request."""
UNUSED = ("HTTPValidationError", "ValidationError", "ResponseValidationError")
"""Models that Powertools documents and that no answer has here."""


def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document, the same for the same code."""
    server = Server(
        url="https://{api}.execute-api.{region}.amazonaws.com/{stage}",
        description="A deployment: its output ApiUrl.",
        variables={
            "api": ServerVariable(default="api", description="The API's id."),
            "region": ServerVariable(default="eu-central-1", description="The AWS region."),
            "stage": ServerVariable(default="dev", description="The deployment's stage."),
        },
    )
    signature = APIKey.model_validate(
        {
            "name": "Authorization",
            "in": APIKeyIn.header,
            "description": "AWS Signature Version 4; who may call what is a matter of IAM (`execute-api:Invoke`).",
            "x-amazon-apigateway-authtype": "awsSigv4",
        }
    )
    made: dict[str, Any] = json.loads(
        build(cast(ApiDesk, SimpleNamespace(cors_origin=None))).get_openapi_json_schema(
            title="Customer Success Manager",
            version="1.0.0",
            openapi_version="3.1.0",
            description=DESCRIPTION,
            servers=[server],
            security_schemes={"sigv4": signature},
            security=[{"sigv4": []}],
        )
    )
    for name in UNUSED:
        made["components"]["schemas"].pop(name, None)
    describe(made)
    return made


def text() -> str:
    """The document as its file holds it."""
    return json.dumps(document(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Write the file, or with `--check` only compare it; see `generated`."""
    return generated(DOCUMENT, text, "openapi", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
