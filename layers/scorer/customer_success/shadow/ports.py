"""Where shadow mode records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import date

    from customer_success.shadow.outputs import Kind, ShadowedOutput


class ShadowLog(Protocol):
    """What a deployment in shadow would have let out, by the run date; kept for 90 days."""

    def put(self, output: ShadowedOutput) -> None:
        """Keep it in the place of one of the same day, kind and key."""
        ...

    def days(self, most: int) -> list[date]:
        """The latest days of which anything is kept, latest first."""
        ...

    def on(self, day: date, kind: Kind, after: str = "") -> Iterator[ShadowedOutput]:
        """What was kept of a kind on that day, by its keys, those after the given one."""
        ...
