"""What the API answers, as every reader takes it: numbers with two decimals in parts that still add up, never NaN or
infinite, and texts of whole characters.

What works an answer out keeps every decimal; they are cut here, on the way out, and nowhere else.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence, Set
from decimal import Decimal
from typing import Any

FULL_SCORE = 100.0
_CENTS = 100


def as_json(answer: Any) -> str:
    """The body of an answer."""
    return json.dumps(rounded(answer), separators=(",", ":"), allow_nan=False, default=_of_no_json)


def _of_no_json(value: Any) -> Any:
    """A value that JSON does not know, such as a day, by its text. A set is a list, a decimal number is one."""
    if isinstance(value, Set):
        return sorted(map(rounded, value), key=str)
    return rounded(float(value)) if isinstance(value, Decimal) else whole(str(value))


def rounded(value: Any) -> Any:
    """The same with two decimals; a number that is none is null.

    What drivers lose adds up to 100 − score, what made a change to the change, and a breakdown to its sum.
    """
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, Mapping):
        return _adding_up({whole(str(name)): rounded(part) for name, part in value.items()}, value)
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [rounded(part) for part in value]
    return value


def whole(text: str) -> str:
    """The text with U+FFFD for half of a surrogate pair, which is no character and has no place in UTF-8."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def shares(parts: Sequence[float], total: float) -> list[float]:
    """The parts with two decimals, so that they add up to `total`, which has no more itself.

    Each is cut, and the cents that are missing go to those that lost most by it.
    """
    cents = [math.floor(round(part * _CENTS, 6)) for part in parts]
    missing = round(total * _CENTS) - sum(cents)
    by_loss = sorted(range(len(parts)), key=lambda place: parts[place] * _CENTS - cents[place], reverse=True)
    if missing < 0:
        by_loss = [place for place in reversed(by_loss) if cents[place]]
    for step in range(abs(missing) if by_loss else 0):
        cents[by_loss[step % len(by_loss)]] += 1 if missing > 0 else -1
    return [part / _CENTS for part in cents]


def _number(value: float) -> float | None:
    # Adding 0.0 makes 0.0 of -0.0.
    return round(value, 2) + 0.0 if math.isfinite(value) else None


def _adding_up(answer: dict[str, Any], exact: Mapping[str, Any]) -> dict[str, Any]:
    """The answer with those of its parts that belong together rounded together."""
    score = next((answer[name] for name in ("exact_score", "score") if _is_number(answer.get(name))), None)
    if score is not None and _are(exact.get("drivers"), "points_lost"):
        _share(answer["drivers"], exact["drivers"], "points_lost", FULL_SCORE - score)
        _repeat(answer["drivers"], answer.get("caps") or ())
    if _is_number(answer.get("delta")) and _are(exact.get("made_by"), "delta"):
        _share(answer["made_by"], exact["made_by"], "delta", answer["delta"])
    breakdown = exact.get("signal_breakdown")
    if isinstance(breakdown, Mapping) and breakdown and all(map(_is_number, breakdown.values())):
        total = round(math.fsum(breakdown.values()), 2)
        answer["signal_breakdown"] = dict(zip(breakdown, shares(list(breakdown.values()), total), strict=True))
    return answer


def _share(parts: list[dict[str, Any]], exact: Sequence[Mapping[str, Any]], name: str, total: float) -> None:
    for part, share in zip(parts, shares([each[name] for each in exact], total), strict=True):
        part[name] = share


def _repeat(drivers: Iterable[Mapping[str, Any]], caps: Iterable[dict[str, Any]]) -> None:
    """A cap is a driver too, and costs the same in both places."""
    lost = {driver.get("signal", driver.get("key")): driver["points_lost"] for driver in drivers}
    for cap in caps:
        named = cap.get("signal", cap.get("name"))
        if named in lost and "points_lost" in cap:
            cap["points_lost"] = lost[named]


def _are(parts: Any, name: str) -> bool:
    """Whether these are parts that can be shared out: a list of objects, each with that number."""
    return (
        isinstance(parts, Sequence)
        and not isinstance(parts, str)
        and len(parts) > 0
        and all(isinstance(part, Mapping) and _is_number(part.get(name)) for part in parts)
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool) and math.isfinite(value)
