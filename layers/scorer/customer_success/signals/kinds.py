"""The kinds of lines that feeds deliver, and how their sources are named."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

FeedKind = Literal["signals", "usage", "features", "tickets", "invoices", "touchpoints", "nps", "contracts", "ids"]
Kind = Literal[FeedKind, "outcomes"]
"""What became of a contract is not for a feed to deliver, but for who holds a grant of their own."""
Source = Annotated[
    str, StringConstraints(strip_whitespace=True, to_lower=True, pattern="^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")
]
