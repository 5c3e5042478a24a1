"""A request to a model over Converse, bound to a JSON schema as the SDK at hand can; what to do about a refusal.

Reviews, offers and `make doctor` ask in this one way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import botocore
from pydantic import BaseModel

from customer_success.aws.bedrock.model_schema import answer_schema
from customer_success.dataclass import dataclass

Way = Literal["outputConfig", "tool"]
Turn = dict[str, Any]

OUTPUT_CONFIG: Way = "outputConfig"
TOOL: Way = "tool"

_ACCESS = (
    "access begins with a first call by somebody with aws-marketplace:Subscribe and aws-marketplace:ViewSubscriptions, "
    "for Anthropic's models after their use-case form in the Bedrock console; until both are done, calls can work for "
    "15 minutes and fail afterwards. The caller itself needs bedrock:InvokeModel"
)
_WRONG_ID = (
    "look at the id: many models are called by an inference profile of the region, such as "
    "eu.anthropic.claude-sonnet-4-5-20250929-v1:0, and not by their own id"
)
_NO_SCHEMA = (
    "the model does not answer in a JSON schema, or not in this one: take one that does, such as Claude Sonnet, Haiku "
    "or Opus 4.5, or Opus 4.6"
)
_OF_ACCESS = ("use case", "use-case", "marketplace", "subscription")
_OF_SCHEMA = ("outputconfig", "output_config", "toolconfig", "tools.", "tool_choice", "toolchoice", "schema", "strict")


@dataclass(frozen=True, slots=True)
class Binding:
    """How an answer is bound to a schema: `outputConfig`, or a tool that the model must use.

    `strict` is whether the SDK knows a tool's own `strict`; without it a model may stray from the schema.
    """

    way: Way
    strict: bool = False

    @classmethod
    def known_to(cls, client: Any) -> Binding:
        """By the client's own service model: which SDK a Lambda runtime brings is not published.

        A client that has no service model is taken for a present one.
        """
        service = getattr(getattr(client, "meta", None), "service_model", None)
        if service is None:
            return cls(OUTPUT_CONFIG)
        known = service.operation_model("Converse").input_shape.members
        if "textFormat" in getattr(known.get("outputConfig"), "members", {}):
            return cls(OUTPUT_CONFIG)
        tool = known["toolConfig"].members["tools"].member.members["toolSpec"]
        return cls(TOOL, strict="strict" in tool.members)

    def of(self, name: str, model: type[BaseModel]) -> dict[str, Any]:
        """The part of a request that binds its answer to `model`.

        It is the same each time, since Bedrock compiles a schema when it first sees it and keeps it for a day.
        """
        schema = answer_schema(model)
        if self.way == OUTPUT_CONFIG:
            bound = {"name": name, "schema": schema}
            return {"outputConfig": {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": bound}}}}
        tool: dict[str, Any] = {
            "name": name,
            "description": "Takes the whole answer. Use it once.",
            "inputSchema": {"json": json.loads(schema)},
        }
        if self.strict:
            tool["strict"] = True
        return {"toolConfig": {"tools": [{"toolSpec": tool}], "toolChoice": {"tool": {"name": name}}}}


def converse_request(
    model_id: str,
    *,
    system: str,
    turns: Sequence[Turn],
    max_tokens: int,
    bound: Mapping[str, Any],
) -> dict[str, Any]:
    """What `converse` is called with. It has no temperature and no top_p: present Claude models refuse both."""
    return {
        "modelId": model_id,
        "system": [{"text": system}],
        "messages": list(turns),
        "inferenceConfig": {"maxTokens": max_tokens},
        **bound,
    }


def answered(blocks: Sequence[Mapping[str, Any]]) -> str:
    """The answer as text: what was given to the tool, as JSON, else all that was written."""
    given = [json.dumps(block["toolUse"].get("input"), ensure_ascii=False) for block in blocks if "toolUse" in block]
    return "".join(given or (block.get("text", "") for block in blocks))


def runtime_of(client: Any) -> dict[str, Any]:
    """What the SDK of this runtime can do, for `make doctor`."""
    binding = Binding.known_to(client)
    return {"botocore": botocore.__version__, "structured_output": binding.way, "strict": binding.strict}


def advice(code: str, text: str) -> str:
    """What to do about a call that Bedrock refused with this code and these words."""
    words = text.lower()
    if code == "AccessDeniedException" or any(word in words for word in _OF_ACCESS):
        return _ACCESS
    if code == "ValidationException" and any(word in words for word in _OF_SCHEMA):
        return _NO_SCHEMA
    if code in ("ValidationException", "ResourceNotFoundException"):
        return f"{_WRONG_ID}; {_NO_SCHEMA}"
    return "look at the model in the Bedrock console of this region"
