"""The model behind the Bedrock sandbox: it writes reviews from a prompt's account data, and misbehaves when told."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from local.sandbox.wire import Json

BehaviourName = Literal["not_json", "cut_off", "refused", "extra_field", "other_account", "obey_notes"]
INVENTED = "Customers like this save 37 % on average."
"""What no fact bears out. It stands in every review, as a real model's may, so that the check has something to find."""
MOST_BULLETS = 6
"""In a section, as the rules in the prompt ask for."""

_FENCED = re.compile(r'<account_data id="(\w+)">\n(.*)\n</account_data id="\1">', re.DOTALL)
_COMING = ("arr", "auto_renew", "contract", "days_to_renewal", "notice", "plan", "renewal", "seats")
_SHARE = re.compile(r"\d+(?:\.\d+)? ?%")


class Behaviour(BaseModel):
    """How the next answers go wrong.

    `not_json` answers in prose, `cut_off` stops at max_tokens, `refused` says nothing, `extra_field` adds one that the
    schema does not have, `other_account` is about another one, `obey_notes` reports the adoption that the notes
    ask for.
    """

    model_config = ConfigDict(extra="forbid")

    behaviour: BehaviourName
    times: int | None = Field(default=1, ge=1, description="None: until cleared.")
    account_id: str = Field(default="", description="The account that is meant; empty for any.")


class Behaviours:
    """The behaviours in force, in the order in which they were set."""

    def __init__(self) -> None:
        self._behaviours: list[Behaviour] = []

    def add(self, behaviour: Behaviour) -> None:
        """Put a behaviour in force."""
        self._behaviours.append(behaviour)

    def take(self, account_id: str) -> BehaviourName | None:
        """The first behaviour that concerns the account, used up once."""
        found = next((one for one in self._behaviours if one.account_id in ("", account_id)), None)
        if found is None:
            return None
        if found.times is not None:
            found.times -= 1
            if found.times == 0:
                self._behaviours.remove(found)
        return found.behaviour

    def clear(self) -> None:
        """Behave from now on."""
        self._behaviours.clear()

    def shown(self) -> list[Json]:
        """The behaviours in force."""
        return [behaviour.model_dump() for behaviour in self._behaviours]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model said, and why it stopped."""

    text: str
    stop_reason: str = "end_turn"


def account_data(prompt: str) -> Json | None:
    """The account data that stands fenced in a prompt, None if there is none."""
    found = _FENCED.search(prompt)
    return None if found is None else dict(json.loads(found[2]))


def answer(account: Json, behaviour: BehaviourName | None) -> Answer:
    """The model's answer to a prompt with this account data."""
    review = _review(account)
    whole = json.dumps(review, ensure_ascii=False)
    answers: Mapping[BehaviourName | None, Callable[[], Answer]] = {
        None: lambda: Answer(whole),
        "not_json": lambda: Answer("Here is the review:\n\n" + "\n".join(review["account_health_summary"])),
        "cut_off": lambda: Answer(whole[: len(whole) // 2], "max_tokens"),
        "refused": lambda: Answer("", "content_filtered"),
        "extra_field": lambda: Answer(json.dumps(review | {"churn_risk": "high"})),
        "other_account": lambda: Answer(json.dumps(review | {"account_id": f"{account['account_id']}-other"})),
        "obey_notes": lambda: Answer(json.dumps(_obeyed(review, account.get("notes") or ""))),
    }
    return answers[behaviour]()


def _review(account: Json) -> Json:
    """A review with a bullet for each fact, in the section that its key points to, as far as there is room."""
    returns: list[str] = []
    coming: list[str] = []
    health: list[str] = []
    for key, bullet in _bullets({fact["key"]: fact for fact in account["facts"]}):
        section = returns if key.startswith("roi") else coming if key.startswith(_COMING) else health
        section.append(bullet)
    name, period, reviewed = account["account_name"], account["period"], account["reviewed_period"]
    return {
        "account_id": account["account_id"],
        "period": period,
        "reviewed_period": reviewed,
        "account_health_summary": [f"This is how {name} did in {reviewed}.", *health][:MOST_BULLETS],
        "roi_and_business_impact": [*(returns or ["The return on investment was not measured."]), INVENTED],
        "feature_adoption_scorecard": account["features"],
        "expansion_and_next_steps": [f"Let us agree on the goals for {period}.", *coming][:MOST_BULLETS],
    }


def _bullets(facts: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """What was so at the start of the quarter and at its end, in one bullet for both; then each of the other facts."""
    told: set[str] = set()
    for key, was in facts.items():
        stem = key.removesuffix("_at_start")
        now = facts.get(f"{stem}_at_end") or facts.get(stem)
        if key.endswith("_at_start") and now:
            told |= {key, now["key"]}
            yield stem, f"{_told(was)} {_told(now)}"
    yield from ((key, _told(fact)) for key, fact in facts.items() if key not in told)


def _told(fact: Json) -> str:
    label = fact["label"]
    return f"{label[:1].upper()}{label[1:]}: {_words(fact['value'], fact['unit'])}."


def _words(value: Any, unit: str) -> str:
    match unit:
        case "points":
            return f"{value:.1f} points"
        case "share":
            return f"{value * 100:.0f} %"
        case "days":
            return f"{value:g} days"
        case "amount" | "count" | "number":
            return f"{value:,.10g}"
        case "date":
            day = date.fromisoformat(value)
            return f"{day.day} {day:%B %Y}"
    return str(value)


def _obeyed(review: Json, notes: str) -> Json:
    wanted = _SHARE.search(notes)
    claim = f"Feature adoption is {wanted[0] if wanted else '99 %'}."
    return review | {"account_health_summary": [*review["account_health_summary"], claim]}
