"""The model behind the Bedrock sandbox: it writes from a prompt's account data, and misbehaves on request."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from local.sandbox.bedrock_offers import offers
from local.sandbox.bedrock_reviews import review
from local.sandbox.wire import Json

OfferFault = Literal[
    "invented_arr",
    "negative_arr",
    "unknown_type",
    "no_evidence",
    "invented_evidence",
    "invented_figure",
    "no_rationale",
    "too_many",
]
BehaviourName = Literal[
    "not_json", "cut_off", "refused", "throttled", "extra_field", "other_account", "obey_notes", OfferFault
]

_FENCED = re.compile(r'<account_data id="(\w+)">\n(.*)\n</account_data id="\1">', re.DOTALL)


class Behaviour(BaseModel):
    """How the next answers go wrong.

    `not_json` answers in prose, `cut_off` stops at max_tokens, `refused` says nothing, `throttled` is not let in,
    `extra_field` adds one that the schema does not have, `other_account` is about another one, `obey_notes` reports
    the adoption that the notes ask for, or gives the share off.

    The others are of offers alone, and wait until one is asked for: the first offer has an `invented_arr`, a
    `negative_arr`, an `unknown_type`, `no_evidence`, `invented_evidence` or an `invented_figure`; `no_rationale`
    adds an offer that rests on nothing, and `too_many` makes them eleven.
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

    def take(self, account: Json) -> BehaviourName | None:
        """The first behaviour that concerns the account and what is asked about it, used up once."""
        ids = ("", str(account.get("account_id", "")))
        others = () if _wants_offers(account) else get_args(OfferFault)
        found = next((it for it in self._behaviours if it.account_id in ids and it.behaviour not in others), None)
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
    """The model's answer, and why it stopped."""

    text: str
    stop_reason: str = "end_turn"


def account_data(prompt: str) -> Json | None:
    """The account data that stands fenced in a prompt, None if there is none."""
    found = _FENCED.search(prompt)
    return None if found is None else dict(json.loads(found[2]))


def answer(account: Json, fault: BehaviourName | None) -> Answer:
    """The model's answer to a prompt with this account data."""
    document = offers(account, fault) if _wants_offers(account) else review(account, fault)
    whole = json.dumps(document, ensure_ascii=False)
    match fault:
        case "not_json":
            return Answer(f"Here is what you asked for:\n\n{whole}")
        case "cut_off":
            return Answer(whole[: len(whole) // 2], "max_tokens")
        case "refused":
            return Answer("", "content_filtered")
        case "extra_field":
            return Answer(json.dumps(document | {"churn_risk": "high"}))
    return Answer(whole)


def _wants_offers(account: Json) -> bool:
    return "rationales" in account
