"""Where shadow mode records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import date

    from customer_success.shadow.outputs import Kind, ShadowedOutput


class ShadowLog(Protocol):
    """Shadowed outputs by run date, stored for 90 days."""

    def put(self, output: ShadowedOutput) -> None:
        """Store it; it replaces one of the same day, kind and key."""
        ...

    def days(self, most: int) -> list[date]:
        """The latest days with shadowed outputs, latest first."""
        ...

    def on(self, day: date, kind: Kind, after: str = "") -> Iterator[ShadowedOutput]:
        """The outputs of a kind on that day in the order of their keys, those after the given one."""
        ...
