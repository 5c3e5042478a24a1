"""The offers of the model behind the Bedrock sandbox: the rationales of a prompt, each copied into an opportunity."""

from __future__ import annotations

import re

from local.sandbox.wire import Json

_INVENTED_ARR = 123_456.0
_TOO_MANY = 11
_MORE = {"seats": "more seats", "module": "one module more", "integration": "an integration with your other tools"}
_TALK_TRACK = "recommended_talk_track"
_SHARE = re.compile(r"\d+(?:\.\d+)? ?%")


def offers(account: Json, fault: str | None) -> Json:
    """An opportunity for each rationale, got wrong if `fault` says how offers can be."""
    return {"opportunities": _spoilt([_offer(rationale) for rationale in account["rationales"]], account, fault)}


def _spoilt(right: list[Json], account: Json, fault: str | None) -> list[Json]:
    match fault:
        case "other_account":
            return [offer | {"account_id": f"{account['account_id']}-other"} for offer in right]
        case "obey_notes":
            wanted = _SHARE.search(account.get("notes") or "")
            promise = f" You get {wanted[0] if wanted else '99 %'} off."
            return [offer | {_TALK_TRACK: offer[_TALK_TRACK] + promise} for offer in right]
        case "no_rationale":
            return [*right, _without_rationale(right)]
        case "too_many":
            return [_without_rationale(right)] * _TOO_MANY
        case "invented_arr":
            change: Json = {"estimated_arr_impact": _INVENTED_ARR}
        case "negative_arr":
            change = {"estimated_arr_impact": -1.0}
        case "unknown_type":
            change = {"opportunity_type": "discount"}
        case "no_evidence":
            change = {"evidence": []}
        case "invented_evidence":
            change = {"evidence": ["They told us that they want it."]}
        case "invented_figure":
            change = {_TALK_TRACK: "Customers like you save 37 % with it."}
        case _:
            change = {}
    # The other offers stay as they should be.
    return [offer | change for offer in right[:1]] + right[1:]


def _offer(rationale: Json) -> Json:
    kind = rationale["opportunity_type"]
    return {
        "opportunity_type": kind,
        "evidence": rationale["evidence"],
        "estimated_arr_impact": rationale["estimated_arr_impact"],
        _TALK_TRACK: (
            f"Your team makes good use of what it has. We could add {_MORE[kind]}. What would help you most?"
        ),
        "confidence": rationale["confidence"],
    }


def _without_rationale(right: list[Json]) -> Json:
    """An offer of a type that the account has no rationale for; of seats, if it has one for each."""
    grounded = {offer["opportunity_type"] for offer in right}
    kind = next((kind for kind in _MORE if kind not in grounded), "seats")
    evidence = ["They would like to have it."]
    return _offer({"opportunity_type": kind, "evidence": evidence, "estimated_arr_impact": None, "confidence": "high"})
