"""What a next step may say of its own: how long a meeting takes, within which time, in how many steps."""

from __future__ import annotations

import re

from customer_success.narration.claims.figures import Figure
from customer_success.patterns import lazy_pattern

LONGEST_MEETING = {"minute": 480.0, "min": 480.0, "hour": 8.0, "hr": 8.0}
MOST_STEPS = 10

_MEETING = lazy_pattern(
    r"\b(?:call|meeting|session|workshop|review|training|demo|webinar|check-in|conversation|discussion|sync|slot)s?\b",
    re.IGNORECASE,
)
_WITHIN = lazy_pattern(
    r"\b(?:(?:(?:within|in|over|during|for)\s)?(?:the\s)?(?:next|coming|following)|within|in|every)\s\Z", re.IGNORECASE
)
_STEPS = lazy_pattern(
    r"\s(?:\w+\s)?(?:steps?|actions?|options?|workshops?|sessions?|calls?|meetings?|topics?|priorit(?:y|ies)|questions?)\b",
    re.IGNORECASE,
)
_PER = lazy_pattern(r"\s(?:a|per|every)\s(?:day|week|month|quarter|year)\b", re.IGNORECASE)


def is_planned(figure: Figure, before: str, after: str, timed: bool) -> bool:
    """True if a figure between the two texts is part of a plan and claims nothing. `timed` says that its clause speaks
    of something whose days are known, such as the contract: then a time is a claim.
    """
    value = figure.readings[0].value
    if figure.kind == "duration" and figure.unit in LONGEST_MEETING:
        return value <= LONGEST_MEETING[figure.unit] and _MEETING.search(f"{before} {after}") is not None
    if figure.kind == "duration":
        return not timed and _WITHIN.search(before) is not None
    if figure.unit == "twice":
        return _PER.match(after) is not None
    return (
        figure.kind == "plain" and not figure.signed and value in range(1, MOST_STEPS + 1) and bool(_STEPS.match(after))
    )
