"""The JSON schema to which a model's answer is bound, made from the model class that then validates it."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from pydantic import BaseModel

_REFUSED = frozenset(
    {
        "exclusiveMaximum",
        "exclusiveMinimum",
        "maximum",
        "maxItems",
        "maxLength",
        "minimum",
        "minItems",
        "minLength",
        "multipleOf",
        "pattern",
        "uniqueItems",
    }
)
"""Bounds, which Bedrock answers with 400. The class checks them afterwards."""
_IDLE = frozenset({"title", "default", "description"})
"""What binds nothing and costs tokens."""


@cache
def answer_schema(model: type[BaseModel]) -> str:
    """The schema of `model` as the JSON text that Converse takes.

    Every object is closed and all its properties are required, those with defaults too: a model that may leave
    something out does.
    """
    return json.dumps(_bound(model.model_json_schema()))


def _bound(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_bound(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    allowed = {
        # Below these two stand names of properties and of definitions, not keywords.
        name: {key: _bound(inner) for key, inner in part.items()} if name in ("properties", "$defs") else _bound(part)
        for name, part in schema.items()
        if name not in _REFUSED | _IDLE
    }
    if allowed.get("type") == "object":
        allowed |= {"additionalProperties": False, "required": list(allowed.get("properties", {}))}
    return allowed
