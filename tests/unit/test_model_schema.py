"""The schema that binds a model's answer: what Bedrock takes, and no looser than it has to be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from customer_success.aws.bedrock.model_schema import answer_schema
from customer_success.aws.bedrock.questions import Opportunities
from customer_success.schemas import ExpansionOpportunity, QBRContent


class Part(BaseModel):
    """A part."""

    model_config = ConfigDict(extra="forbid")

    minimum: Annotated[int, Field(ge=1, le=9, multiple_of=2)]
    note: Annotated[str, Field(max_length=9, pattern="^a")] = "a"
    kind: Literal["a", "b"] | None = None


class Whole(BaseModel):
    """Open to extra fields, and with properties whose names are keywords of JSON schema."""

    title: Annotated[str, Field(min_length=1)]
    default: Annotated[list[Part], Field(min_length=1, max_length=3)]


def schema_of(model: type[BaseModel]) -> Any:
    return json.loads(answer_schema(model))


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, list):
        for part in schema:
            yield from objects(part)
    elif isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for part in schema.values():
            yield from objects(part)


def test_bounds_titles_and_defaults_are_left_to_the_class() -> None:
    # GIVEN a model with every kind of bound, and properties that are called as keywords are
    # WHEN its schema is made  THEN types, choices and references are left, and the properties
    assert schema_of(Whole) == {
        "$defs": {
            "Part": {
                "type": "object",
                "properties": {
                    "minimum": {"type": "integer"},
                    "note": {"type": "string"},
                    "kind": {"anyOf": [{"enum": ["a", "b"], "type": "string"}, {"type": "null"}]},
                },
                "required": ["minimum", "note", "kind"],
                "additionalProperties": False,
            }
        },
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            "default": {"type": "array", "items": {"$ref": "#/$defs/Part"}},
        },
        "required": ["title", "default"],
        "additionalProperties": False,
    }


def test_a_review_has_to_have_every_field_and_no_other() -> None:
    # GIVEN the schema of a review  THEN each of its objects is closed, and asks for all but what called for it
    found = list(objects(schema_of(QBRContent)))
    assert {tuple(one["required"]) for one in found} == {
        tuple(name for name in QBRContent.model_fields if name != "trigger"),
        ("feature", "status", "comment"),
    }
    assert all(one["additionalProperties"] is False for one in found)


def test_an_offer_has_to_have_every_field_and_no_other() -> None:
    # GIVEN the schema of offers  THEN types and confidences are choices, and what is unknown has to be null
    found = {tuple(one["required"]): one for one in objects(schema_of(Opportunities))}
    offer = tuple(name for name in ExpansionOpportunity.model_fields if name not in ("account_id", "made_at"))
    assert found.keys() == {("opportunities",), offer}
    assert all(one["additionalProperties"] is False for one in found.values())
    assert found[offer]["properties"] == {
        "opportunity_type": {"type": "string", "enum": ["seats", "module", "integration"]},
        "evidence": {"type": "array", "items": {"type": "string"}},
        "estimated_arr_impact": {"anyOf": [{"type": "number"}, {"type": "null"}]},
        "recommended_talk_track": {"type": "string"},
        "confidence": {"type": "string", "enum": ["high", "medium", "low"]},
    }


def test_the_schema_is_the_same_each_time() -> None:
    # Bedrock keeps a compiled schema for a day; one that differed by a letter would be compiled anew.
    assert answer_schema(QBRContent) == answer_schema(QBRContent)
