"""What a model is asked for, in which schema it answers, and which of its answers can be used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from customer_success.dataclass import dataclass
from customer_success.narration.evidence import QBREvidence
from customer_success.narration.offer_evidence import ExpansionEvidence
from customer_success.narration.prompts import Prompt, build_expansion_prompt, build_qbr_prompt
from customer_success.schemas import Confidence, OpportunityType, QBRContent

MOST_OPPORTUNITIES = 10
"""More than that of one account is a model that has lost its way."""

_SECTIONS = ("account_health_summary", "roi_and_business_impact", "expansion_and_next_steps")
_COPIED = ("account_id", "period", "reviewed_period")
_MOST_PROBLEMS = 5

Content = TypeVar("Content")
Whole = TypeVar("Whole", bound=BaseModel)


class Unusable(Exception):
    """An answer that is not what was asked for. The text says why and quotes nothing of the answer; `advice` is for
    the model.
    """

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(reason)
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Question(Generic[Content]):
    """One thing that is asked of a model."""

    wanted: str
    """What is asked for and about which account, as in "review of account 'A-0001'"."""
    prompt: Prompt
    schema_name: str
    schema: type[BaseModel]
    """To which the answer is bound."""
    read: Callable[[str], Content]
    """What the text of an answer holds. Raises `Unusable`."""
    shorter: str
    """Advice on an answer that was cut off."""
    plainer: str
    """Advice on an answer that was refused."""


class _Opportunity(BaseModel):
    opportunity_type: OpportunityType
    evidence: list[str]
    estimated_arr_impact: float | None
    recommended_talk_track: str
    confidence: Confidence


class Opportunities(BaseModel):
    """Offers as a model's answer is bound to them."""

    opportunities: list[_Opportunity]


class _Proposed(BaseModel):
    """What is read of an answer: each opportunity as it comes, so that one that is wrong costs none of the others."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    opportunities: Annotated[list[dict[str, Any]], Field(max_length=MOST_OPPORTUNITIES)]


REVIEW: tuple[str, type[BaseModel]] = ("quarterly_review", QBRContent)
OFFERS: tuple[str, type[BaseModel]] = ("expansion_opportunities", Opportunities)
"""Name and schema of what is asked for."""


def review_question(evidence: QBREvidence) -> Question[QBRContent]:
    """Asks for the quarterly review."""
    return Question(
        wanted=f"review of account {evidence.account_id!r}",
        prompt=build_qbr_prompt(evidence),
        schema_name=REVIEW[0],
        schema=REVIEW[1],
        read=partial(_review, evidence),
        shorter="Be much shorter: at most three sentences in each written section, and comments of a few words.",
        plainer="Write the review in plain business words from the facts alone.",
    )


def expansion_question(evidence: ExpansionEvidence) -> Question[tuple[Mapping[str, Any], ...]]:
    """Asks what could be offered to the account."""
    return Question(
        wanted=f"offer to account {evidence.account_id!r}",
        prompt=build_expansion_prompt(evidence),
        schema_name=OFFERS[0],
        schema=OFFERS[1],
        read=partial(_proposed, evidence),
        shorter="Be much shorter: one opportunity of each type at most, and talk tracks of two sentences.",
        plainer="Write the talk tracks in plain business words from the evidence alone.",
    )


def _review(evidence: QBREvidence, text: str) -> QBRContent:
    content = _validated(QBRContent, text)
    wrong = [name for name in _COPIED if getattr(content, name) != getattr(evidence, name)]
    if wrong:
        raise Unusable(f"{' and '.join(wrong)} not copied", "Copy them from the account data letter by letter.")
    empty = [name for name in _SECTIONS if not getattr(content, name)]
    if empty:
        raise Unusable(f"nothing in {' and '.join(empty)}", "Write at least one sentence in each written section.")
    return content


def _proposed(evidence: ExpansionEvidence, text: str) -> tuple[Mapping[str, Any], ...]:
    return tuple({"account_id": evidence.account_id} | one for one in _validated(_Proposed, text).opportunities)


def _validated(model: type[Whole], text: str) -> Whole:
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise _unfit(error.errors(include_url=False, include_input=False)) from error


def _unfit(details: Sequence[ErrorDetails]) -> Unusable:
    if details[0]["type"] == "json_invalid":
        return Unusable("not JSON", "Answer in the JSON schema.")
    problems = list(dict.fromkeys(map(_problem, details)))[:_MOST_PROBLEMS]
    return Unusable(f"not as the schema has it: {'; '.join(problems)}", "Use the fields of the schema and no others.")


def _problem(detail: ErrorDetails) -> str:
    """What is wrong with one field. Names that the model made up are left out: they may be account data."""
    if detail["type"] == "extra_forbidden":
        return "a field too many"
    place = ".".join(map(str, detail["loc"])) or "the whole"
    return f"{place}: {detail['msg']}"
