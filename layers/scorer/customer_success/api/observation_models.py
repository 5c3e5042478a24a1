"""What feeds deliver to the API, and what it answers to each line."""

# Annotations are evaluated: pydantic would compile each one from its text at every cold start.
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

from customer_success.api.accounts import Answer
from customer_success.signals.kinds import FeedKind, Kind, Source

MOST_LINES = 500
LONGEST_TENANT = 200
OUTCOMES = "/observations/outcomes"


def _of_a_feed(kind: object) -> object:
    if kind == "outcomes":
        raise ValueError(f"they need a grant of their own: send them to POST {OUTCOMES}")
    return kind


Lines = Annotated[list[JsonValue], Field(max_length=MOST_LINES)]


class _Request(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", defer_build=True)

    source: Source
    """The tool that they come from: letters, digits, `-` and `_`. Values of one source replace each other."""
    lines: Lines
    """Objects with the fields of their kind, `account` being an Account ID, the source's own id, or a domain.

    None at all says that the feed is alive and has nothing new.
    """
    tenant_id: Annotated[str, Field(min_length=1, max_length=LONGEST_TENANT)] | None = None
    """The tenant that is served here, where a caller wants to be sure of it."""


class ObservationsRequest(_Request):
    """Lines of one kind and source."""

    kind: Annotated[FeedKind, BeforeValidator(_of_a_feed)]
    """What the lines are of; `outcomes` have a path of their own."""


class OutcomesRequest(_Request):
    """What became of contracts."""

    kind: Literal["outcomes"] = "outcomes"
    """It may be left out."""


class AcceptedLine(Answer):
    """A line that was taken."""

    status: Literal["accepted", "unchanged"]
    """`unchanged` says that the same was there already."""
    joined: bool
    """False for an account that is not known: the line is stored, and waits until an account bears its id."""


class RefusedLine(Answer):
    """A line that was not taken. The others of its request are."""

    status: Literal["refused"]
    field: str
    """The first field that was wrong."""
    value: str
    """As it was given, cut short; empty where the field is missing, or names people."""
    bound: str
    """What would be right."""
    reason: str
    """All that was wrong, in a sentence for each field."""


class ObservationsAnswer(Answer):
    """What became of each line."""

    kind: Kind
    source: str
    accepted: int
    unchanged: int
    refused: int
    lines: list[AcceptedLine | RefusedLine]
    """One for each line of the request, in its order."""
    unjoined: list[str]
    """The accounts, as the lines name them, that lead to none of the book."""
