"""Small words of the report: names, amounts, days and colours as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from connectors.text import one_line
from customer_success.text import short

COLOUR_STYLES: Mapping[str, str] = {"GREEN": "green", "AMBER": "yellow", "RED": "red"}
RISK_STYLES: Mapping[str, str] = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "green"}
MILLIONS_FROM, POWERS_FROM = 1e7, 1e12


def name_of(text: str, limit: int) -> str:
    """An account's name in one line, without what a terminal would obey."""
    return short(one_line(text), limit)


def amount(arr: float | None) -> str:
    """An amount in at most ten characters: in full, in millions, or as a power of ten."""
    if arr is None:
        return "unknown"
    if abs(arr) < MILLIONS_FROM:
        return f"{arr:,.0f}"
    return f"{arr / 1e6:,.0f}M" if abs(arr) < POWERS_FROM else f"{arr:.1e}"


def renewal(end: date | None, today: date) -> str:
    """When the contract ends, in days."""
    if end is None:
        return "unknown"
    days = (end - today).days
    return f"lapsed {-days} d" if days < 0 else f"in {days} days"


def owner(email: str | None) -> str:
    """An owner by the part of the address that distinguishes colleagues."""
    return email.partition("@")[0] if email else "no owner"


def signed(points: float) -> str:
    return f"{points:+.1f}".replace("-", "−")


def counted(counts: Mapping[str, int]) -> str:
    """Counts by name, the biggest first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in ordered)
