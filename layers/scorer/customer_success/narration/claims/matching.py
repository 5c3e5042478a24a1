"""What a figure would be if it stated a fact, or the change from one fact to another."""

from __future__ import annotations

from collections.abc import Iterator

from customer_success.narration.claims.figures import Figure
from customer_success.narration.evidence import Fact

DAYS_IN = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "quarter": 365.25 / 4, "year": 365.25}
FAR_OFF = 0.2
"""How far a duration in weeks or more may be from the days that are known, as a share of it."""


def stated(figure: Figure, fact: Fact) -> float | None:
    """The fact's value in the figure's unit; None if such a figure cannot state it."""
    if not isinstance(fact.value, float):
        return None
    match figure.kind, fact.unit:
        case ("percent", "share"):
            return 100 * fact.value
        case ("share", "share"):
            return fact.value
        case ("share", "points"):
            return fact.value / 100
        case ("amount", "amount" | "number"):
            return fact.value
        case ("plain", "points" | "count" | "days" | "number" | "amount"):
            return fact.value
        case ("plain", "share") if figure.fraction:
            return fact.value
        case ("points", "points" | "number" | "count"):
            return fact.value
        case ("duration", "days") if figure.unit in DAYS_IN:
            return fact.value / DAYS_IN[figure.unit]
        case ("duration", "number") if figure.unit in fact.label.casefold():
            return fact.value
        case ("times", "number" | "count") if figure.unit == "x":
            return fact.value
    return None


def is_of(figure: Figure, value: float) -> bool:
    """True if the figure states the value, a duration in weeks or more not too roughly."""
    rough = figure.kind == "duration" and DAYS_IN.get(figure.unit, 1.0) > 1
    return figure.is_of(value) and not (
        rough and any(abs(value - reading.value) > FAR_OFF * abs(reading.value) for reading in figure.readings)
    )


def changes(figure: Figure, earlier: Fact, later: Fact) -> Iterator[float]:
    """What the figure may be if it states the change between two facts of a series."""
    was, became = earlier.value, later.value
    if not (isinstance(was, float) and isinstance(became, float)):
        return
    if figure.kind == "percent" and was:
        yield 100 * (became - was) / abs(was)
    if figure.kind == "share" and was:
        yield (became - was) / abs(was)
    if figure.kind in ("percentage_points", "points") and earlier.unit == "share":
        yield 100 * (became - was)
    if figure.kind == "times" and was:
        yield became / was
    first, last = stated(figure, earlier), stated(figure, later)
    if first is not None and last is not None and figure.kind not in ("share", "times"):
        yield last - first


def can_change(figure: Figure, fact: Fact) -> bool:
    """True if such a figure can state a change of the fact."""
    return fact.series is not None and any(True for _ in changes(figure, fact, fact))
