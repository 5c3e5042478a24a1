"""What scoring answers about signals that it refuses."""

from __future__ import annotations


def above_bound(field: str, value: object, bound: object) -> str:
    """A signal whose value is too high."""
    return f"{field}: {value} is above the bound {bound}"


NPS_11 = above_bound("nps_score", 11, 10)
"""The refusal of an NPS of 11."""
