"""The fields that every answer of Notion must have."""

from __future__ import annotations

from typing import Any

Answer = dict[str, Any]


class Foreign(ValueError):
    """What came is no such object of Notion's: a gateway in between may have put it there."""


def wanted(kind: str, answer: object) -> Answer:
    """The answer, if it is an object of this `kind` with what we rely on. Raises `Foreign`."""
    if isinstance(answer, dict) and _is(answer, kind):
        return answer
    raise Foreign(f"what came is no {kind.replace('_', ' ')} of Notion's")


def _is(answer: Answer, kind: str) -> bool:
    if answer.get("object", kind) != kind:
        return False
    match kind:
        case "list":
            return _is_list(answer)
        case "database":
            return isinstance(answer.get("data_sources"), list)
        case "data_source":
            return isinstance(answer.get("properties"), dict)
        case _:
            return _has_id(answer)


def _is_list(answer: Answer) -> bool:
    """Whether it says what it holds and where it goes on: one that was cut must not pass for the whole."""
    results, more = answer.get("results"), answer.get("has_more")
    if not isinstance(results, list) or not isinstance(more, bool) or (more and not answer.get("next_cursor")):
        return False
    return all(isinstance(row, dict) and _has_id(row) for row in results)


def _has_id(shown: Answer) -> bool:
    return isinstance(shown.get("id"), str)
