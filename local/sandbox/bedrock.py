"""Bedrock's Converse: checks a request as Bedrock does, and has the sandbox's model answer it."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from local.sandbox.bedrock_model import Answer, Behaviours, account_data, answer
from local.sandbox.store import Store
from local.sandbox.wire import Json, Reply, Request, Route, Vendor, VendorError

CALLS = "bedrock/calls.jsonl"
NO_LONGER_TAKEN = {"temperature": "temperature", "topP": "top_p"}
"""What present Claude models refuse, by its name in Converse and their own."""
WITHOUT_SCHEMAS = re.compile(r"claude-(v2|instant|3|(opus|sonnet)-4-2025)")
"""Models of before structured outputs."""
CHARACTERS_PER_TOKEN = 4
"""A token is counted as four characters, begun ones as whole ones: near enough for English, and the same each time."""
# By HTTP status: the exception's name and message.
ERRORS: Mapping[int, tuple[str, str]] = {
    400: ("ValidationException", "The request is not valid."),
    403: ("AccessDeniedException", "You don't have access to the model with the specified model ID."),
    404: ("ResourceNotFoundException", "Could not resolve the foundation model from the provided model identifier."),
    408: ("ModelTimeoutException", "The model took too long to process the request."),
    424: ("ModelErrorException", "The model failed while it processed the request."),
    429: ("ThrottlingException", "Too many requests, please wait before trying again."),
    500: ("InternalServerException", "An internal server error occurred."),
    503: ("ServiceUnavailableException", "The service is currently unavailable."),
}
UNSUPPORTED = (
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems"),
)


class Bedrock(Vendor):
    """Every model that has a name, as strict as a Claude model of today; one of before structured outputs refuses a
    schema. It writes reviews and offers, and refuses other questions in words; a question that may be answered with
    one token is answered with the beginning of an object.

    Each answer is stored as a line of `bedrock/calls.jsonl`, with the prompt that it answers.
    """

    name = "bedrock"

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self.behaviours = Behaviours()
        self.count_anew()
        self.routes = (Route("POST", "/model/{model_id}/converse", self._converse),)

    def count_anew(self) -> None:
        """Begin to count calls and tokens anew."""
        self.tokens = {"calls": 0, "input": 0, "output": 0}

    def error(self, status: int) -> Reply:
        """Bedrock's answer for this status."""
        return _error(status)

    def error_of(self, code: str, status: int | None) -> Reply:
        """Bedrock's answer with this kind of exception."""
        usual = next((usual for usual, (kind, _) in ERRORS.items() if kind == code), 400)
        return _error(status or usual, f"The request was refused: {code}.", code)

    def admit(self, request: Request) -> None:
        """Bedrock asks for a signed request. The signature itself is not checked, as the sandbox knows no keys."""
        if not request.headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 Credential="):
            raise VendorError(_error(403, "Missing Authentication Token", "MissingAuthenticationTokenException"))

    def _converse(self, request: Request, model_id: str) -> Reply:
        begun = time.perf_counter()
        asked = request.json()
        _check(asked)
        _check_for_model(asked, model_id)
        account = account_data(_texts(asked["messages"][:1]))
        longest = asked.get("inferenceConfig", {}).get("maxTokens")
        if account is None and longest == 1:
            return self._reply(begun, model_id, asked, Answer("{", "max_tokens"))
        bound = "outputConfig" in asked or _forced_tool(asked) is not None
        if account is None or account.keys().isdisjoint(("facts", "rationales")) or not bound:
            raise _invalid(
                "The sandbox writes reviews and offers only: from fenced account data with facts or rationales, to a "
                "JSON schema"
            )
        behaviour = self.behaviours.take(account)
        if behaviour == "throttled":
            raise VendorError(self.error(429))
        return self._reply(begun, model_id, asked, _within(answer(account, behaviour), longest))

    def _reply(self, begun: float, model_id: str, asked: Json, answer: Answer) -> Reply:
        usage = self._count(asked, answer)
        body = {
            "output": {"message": {"role": "assistant", "content": _blocks(answer, _forced_tool(asked))}},
            "stopReason": "tool_use" if _uses_tool(answer, asked) else answer.stop_reason,
            "usage": usage,
            "metrics": {"latencyMs": round((time.perf_counter() - begun) * 1000)},
        }
        self._keep(model_id, asked, answer, usage)
        return Reply(body, headers={"x-amzn-RequestId": str(uuid4())})

    def _count(self, asked: Json, answer: Answer) -> Json:
        """The tokens of all texts of the request, and of the answer; the schema is not counted."""
        read = _tokens(_texts([{"content": asked.get("system", [])}, *asked["messages"]]))
        written = _tokens(answer.text)
        self.tokens["calls"] += 1
        self.tokens["input"] += read
        self.tokens["output"] += written
        return {"inputTokens": read, "outputTokens": written, "totalTokens": read + written}

    def _keep(self, model_id: str, asked: Json, answer: Answer, usage: Json) -> None:
        call = {
            "time": self._clock().isoformat(),
            "model": model_id,
            "stopReason": answer.stop_reason,
            "usage": usage,
            "prompt": {"system": asked.get("system", []), "messages": asked["messages"]},
            "answer": answer.text,
        }
        self._store.append(CALLS, call)


def _error(status: int, message: str = "", kind: str = "") -> Reply:
    usual_kind, usual_message = ERRORS.get(status, ERRORS[500 if status >= 500 else 400])
    headers = {"x-amzn-ErrorType": kind or usual_kind, "x-amzn-RequestId": str(uuid4())}
    return Reply({"message": message or usual_message}, status, headers)


def _invalid(message: str) -> VendorError:
    return VendorError(_error(400, message))


def _tokens(text: str) -> int:
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)


def _texts(messages: list[Json]) -> str:
    return "".join(block["text"] for message in messages for block in message["content"])


def _within(answer: Answer, max_tokens: int | None) -> Answer:
    """The answer as far as it may go."""
    if max_tokens is None or _tokens(answer.text) <= max_tokens:
        return answer
    return Answer(answer.text[: max_tokens * CHARACTERS_PER_TOKEN], "max_tokens")


def _check(asked: Json) -> None:
    """Raise `VendorError` for a request that Bedrock would refuse."""
    messages = asked.get("messages")
    if not isinstance(messages, list) or not messages or messages[0].get("role") != "user":
        raise _invalid("A conversation must start with a user message.")
    for before, message in zip([None, *messages], messages, strict=False):
        if before is not None and before.get("role") == message.get("role"):
            raise _invalid("A conversation must alternate between user and assistant roles.")
        _check_content(message.get("content"))
    if messages[-1]["role"] != "user":
        raise _invalid("This model does not support assistant message prefill; it must end with a user message.")
    if asked.get("system"):
        _check_content(asked["system"])
    if "outputConfig" in asked:
        _check_output(asked["outputConfig"])
    if "toolConfig" in asked:
        _check_tools(asked["toolConfig"])


def _check_for_model(asked: Json, model_id: str) -> None:
    """Raise `VendorError` for what the model itself does not take; Bedrock hands its words on."""
    inference = asked.get("inferenceConfig", {})
    for name, own in NO_LONGER_TAKEN.items():
        if name in inference:
            raise _model_says(f"`{own}` is deprecated for this model.")
    if not WITHOUT_SCHEMAS.search(model_id):
        return
    if "outputConfig" in asked:
        raise _model_says("output_config.format: Extra inputs are not permitted")
    for index, tool in enumerate(asked.get("toolConfig", {}).get("tools", [])):
        if "strict" in tool.get("toolSpec", {}):
            raise _model_says(f"tools.{index}.custom.strict: Extra inputs are not permitted")


def _model_says(words: str) -> VendorError:
    return _invalid(f"The model returned the following errors: {words}")


def _check_content(content: Any) -> None:
    if not isinstance(content, list) or not content:
        raise _invalid("The content field in the Message object is empty.")
    for block in content:
        text = block.get("text") if isinstance(block, dict) else None
        if not isinstance(text, str) or not text.strip():
            raise _invalid("The text field in the ContentBlock object is blank; the sandbox reads nothing but text.")


def _check_output(config: Json) -> None:
    text_format = config.get("textFormat", {})
    text = text_format.get("structure", {}).get("jsonSchema", {}).get("schema")
    if text_format.get("type") != "json_schema" or not isinstance(text, str):
        raise _invalid("outputConfig.textFormat must be of type json_schema, its schema a string of JSON.")
    try:
        schema = json.loads(text)
    except ValueError as error:
        raise _invalid(f"outputConfig.textFormat: the schema is not valid JSON: {error}") from error
    if complaint := next(_complaints(schema, "schema"), None):
        raise _invalid(f"outputConfig.textFormat: {complaint}")


def _check_tools(config: Json) -> None:
    tools = [tool.get("toolSpec", {}) for tool in config.get("tools", [])]
    if not tools:
        raise _invalid("The tools field of toolConfig must have at least one tool.")
    for index, tool in enumerate(tools):
        schema = tool.get("inputSchema", {}).get("json")
        if not isinstance(schema, dict) or schema.get("type") != "object":
            raise _invalid(f"The value at toolConfig.tools.{index}.toolSpec.inputSchema.json.type must be object.")
        complaint = next(_complaints(schema, "schema"), None) if tool.get("strict") else None
        if complaint:
            raise _model_says(f"tools.{index}.custom: {complaint}")
    chosen = config.get("toolChoice", {}).get("tool", {}).get("name")
    if chosen is not None and chosen not in [tool.get("name") for tool in tools]:
        raise _invalid(f"The tool {chosen!r} of toolChoice is not among the tools of toolConfig.")


def _forced_tool(asked: Json) -> str | None:
    """The name of the tool that the model must use."""
    name = asked.get("toolConfig", {}).get("toolChoice", {}).get("tool", {}).get("name")
    return None if name is None else str(name)


def _uses_tool(answer: Answer, asked: Json) -> bool:
    return _forced_tool(asked) is not None and answer.stop_reason == "end_turn" and _given(answer) is not None


def _blocks(answer: Answer, tool: str | None) -> list[Json]:
    """The answer as Converse has it: a text, or what the tool is given."""
    given = None if tool is None else _given(answer)
    if given is not None:
        return [{"toolUse": {"toolUseId": f"tooluse_{uuid4().hex[:22]}", "name": tool, "input": given}}]
    return [{"text": answer.text}] if answer.text else []


def _given(answer: Answer) -> Json | None:
    try:
        given = json.loads(answer.text)
    except ValueError:
        return None
    return given if isinstance(given, dict) else None


def _complaints(schema: Any, place: str) -> Iterator[str]:
    """What a schema has that Bedrock does not take. Names of properties and definitions are no keywords."""
    if isinstance(schema, list):
        for index, part in enumerate(schema):
            yield from _complaints(part, f"{place}[{index}]")
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        yield f"{place}: for 'object' type, 'additionalProperties' must be explicitly set to false"
    for name, part in schema.items():
        if name in UNSUPPORTED:
            yield f"{place}: for '{schema.get('type')}' type, property '{name}' is not supported"
        named = part.items() if name in ("properties", "$defs") and isinstance(part, dict) else ()
        for key, inner in named:
            yield from _complaints(inner, f"{place}.{name}.{key}")
        if not named:
            yield from _complaints(part, f"{place}.{name}")
