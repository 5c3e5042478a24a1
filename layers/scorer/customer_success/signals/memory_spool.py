"""Sorts what a request holds by account: it is little, and stays in memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from customer_success.signals.slots import Fields


class MemorySpool:
    """The entries of a request, which are few."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], tuple[Fields, date]] = {}

    def add(self, account: str, key: str, fields: Fields, day: date) -> None:
        """Add one entry."""
        self._entries[account, key] = fields, day

    def by_account(self) -> Iterator[tuple[str, str, Fields, date]]:
        """Everything that was added, account by account, key by key."""
        for (account, key), (fields, day) in sorted(self._entries.items(), key=lambda held: held[0]):
            yield account, key, fields, day

    def close(self) -> None:
        """Forget it."""
        self._entries.clear()
