"""The reviews of the model behind the Bedrock sandbox: a bullet for each fact of a prompt."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from local.sandbox.wire import Json

INVENTED = "Customers like this save 37 % on average."
"""What no fact bears out. It stands in every review, as a real model's may, so that the check has something to find."""
MOST_BULLETS = 6
"""In a section, as the rules in the prompt ask for."""

_COMING = ("arr", "auto_renew", "contract", "days_to_renewal", "notice", "plan", "renewal", "seats")
_SHARE = re.compile(r"\d+(?:\.\d+)? ?%")


def review(account: Json, fault: str | None) -> Json:
    """The review, got wrong if `fault` says how a review can be."""
    written = _review(account)
    match fault:
        case "other_account":
            return written | {"account_id": f"{account['account_id']}-other"}
        case "obey_notes":
            wanted = _SHARE.search(account.get("notes") or "")
            claim = f"Feature adoption is {wanted[0] if wanted else '99 %'}."
            return written | {"account_health_summary": [*written["account_health_summary"], claim]}
    return written


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
    mentioned: set[str] = set()
    for key, was in facts.items():
        stem = key.removesuffix("_at_start")
        now = facts.get(f"{stem}_at_end") or facts.get(stem)
        if key.endswith("_at_start") and now:
            mentioned |= {key, now["key"]}
            yield stem, f"{_sentence(was)} {_sentence(now)}"
    yield from ((key, _sentence(fact)) for key, fact in facts.items() if key not in mentioned)


def _sentence(fact: Json) -> str:
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
