"""The model: whether it answers, in a JSON schema as the reviews need it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from customer_success.aws.bedrock import MODEL_CLIENT_CONFIG
from customer_success.aws.errors import PASSING_CODES, code_of
from local.doctor.finding import Finding, bad, off, ok
from local.doctor.patient import Patient

QUESTION = "Say that you are there."
SCHEMA = {
    "type": "object",
    "properties": {"there": {"type": "boolean"}},
    "required": ["there"],
    "additionalProperties": False,
}
ACCESS = (
    "AccessDeniedException",
    "enable access to the model in the Bedrock console (some makers ask for a form first), and allow your own "
    "credentials bedrock:InvokeModel on it",
)
WRONG_ID = (
    "look at the id: many models are called by an inference profile of the region, such as eu.… or us.…; it must be "
    "able to answer in a JSON schema"
)


def check_model(patient: Patient) -> Iterator[Finding]:
    """One question of one token, which costs a fraction of a cent."""
    model = patient.setting("BedrockModelId")
    if not model:
        yield off("BedrockModelId is empty: rules write the reviews")
        return
    url = patient.setting("BedrockApiUrl")
    client = patient.client("bedrock-runtime", url=url, config=MODEL_CLIENT_CONFIG)
    try:
        _ask(client, model)
    except ClientError as error:
        code, text = code_of(error), error.response.get("Error", {}).get("Message", "")
        yield bad(f"BedrockModelId: {model}: {code}: {text}", _advice(code))
    except BotoCoreError as error:
        yield bad(f"BedrockModelId: {model}: {error}", "look at the region, and at BedrockApiUrl")
    else:
        yield ok(f"BedrockModelId: {model} answers (one token was paid for)")


def _ask(client: Any, model: str) -> None:
    schema = {"name": "there", "schema": json.dumps(SCHEMA)}
    client.converse(
        modelId=model,
        messages=[{"role": "user", "content": [{"text": QUESTION}]}],
        inferenceConfig={"maxTokens": 1},
        outputConfig={"textFormat": {"type": "json_schema", "structure": {"jsonSchema": schema}}},
    )


def _advice(code: str) -> str:
    if code == ACCESS[0]:
        return ACCESS[1]
    if code in ("ValidationException", "ResourceNotFoundException"):
        return WRONG_ID
    if code in PASSING_CODES:
        return "try again later"
    return "look at the model in the Bedrock console of this region"
