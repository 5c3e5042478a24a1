"""Sorts what a file holds by account in constant memory: a database of its own, on the disk of the function."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from customer_success.signals.slots import Fields

LINES_AT_ONCE = 5_000
CACHE_KIB = 4_096


class DiskSpool:
    """Entries on disk. Of two with the same account and key the later one counts: a file corrects itself downwards."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="spool-")
        self._database = sqlite3.connect(Path(self._folder.name) / "lines.sqlite", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self._database.execute("PRAGMA temp_store = FILE")
        self._database.execute(
            "CREATE TABLE entries (account TEXT, key TEXT, fields TEXT, day INTEGER, PRIMARY KEY (account, key)) "
            "WITHOUT ROWID"
        )
        self._waiting: list[tuple[str, str, str, int]] = []

    def add(self, account: str, key: str, fields: Fields, day: date) -> None:
        """Add one entry."""
        self._waiting.append((account, key, json.dumps(fields), day.toordinal()))
        if len(self._waiting) == LINES_AT_ONCE:
            self._flush()

    def by_account(self) -> Iterator[tuple[str, str, Fields, date]]:
        """Everything that was added, account by account, key by key. What was read is removed with the spool."""
        self._flush()
        rows = self._database.execute("SELECT account, key, fields, day FROM entries ORDER BY account, key")
        for account, key, fields, day in rows:
            yield account, key, json.loads(fields), date.fromordinal(day)

    def close(self) -> None:
        """Remove the spool from the disk."""
        self._database.close()
        self._folder.cleanup()

    def _flush(self) -> None:
        self._database.execute("BEGIN")
        self._database.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)", self._waiting)
        self._database.execute("COMMIT")
        self._waiting.clear()
