"""What the sandbox keeps: rows in a database that survives restarts, and files that a person can open."""

from __future__ import annotations

import html
import json
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from local.sandbox.wire import Json

LONGEST_NAME = 60
LARGEST_NAME = 200
"""Bytes: a file's whole name takes 255."""
_LINE_BREAK = re.compile("[\x85\u2028\u2029]")
"""What begins a new line for some readers, and is none in JSON."""


class Table:
    """JSON rows by key, in order of creation: read from memory, each change written through."""

    def __init__(self, database: sqlite3.Connection, name: str) -> None:
        self._database = database
        self._name = name
        rows = database.execute("SELECT key, body FROM rows WHERE name = ? ORDER BY rowid", (name,))
        self._rows: dict[str, Json] = {key: json.loads(body) for key, body in rows}

    def __contains__(self, key: str) -> bool:
        return key in self._rows

    def __iter__(self) -> Iterator[Json]:
        return iter(self._rows.values())

    def get(self, key: str) -> Json | None:
        """The row itself, not a copy: `put` it back after a change."""
        return self._rows.get(key)

    def put(self, key: str, row: Json) -> None:
        """Add or replace a row."""
        self._rows[key] = row
        self._database.execute(
            "INSERT INTO rows (name, key, body) VALUES (?, ?, ?)"
            " ON CONFLICT (name, key) DO UPDATE SET body = excluded.body",
            (self._name, key, json.dumps(row)),
        )

    def delete(self, key: str) -> None:
        """Remove a row that is there."""
        del self._rows[key]
        self._database.execute("DELETE FROM rows WHERE name = ? AND key = ?", (self._name, key))


class Store:
    """One folder: `state.sqlite`, and a folder of readable files for each vendor.

    Raises sqlite3.OperationalError when another sandbox has the same folder.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._database = sqlite3.connect(folder / "state.sqlite", check_same_thread=False, timeout=1)
        # Rows are cached in memory, so a second process on the same folder would work on stale ones.
        self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._database.execute("PRAGMA journal_mode = WAL")
        # A killed process loses nothing; only a power cut could, and that is no loss here.
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("CREATE TABLE IF NOT EXISTS rows (name TEXT, key TEXT, body TEXT, UNIQUE (name, key))")

    def table(self, name: str) -> Table:
        """The table of this name, empty at first. Take each table once."""
        return Table(self._database, name)

    def commit(self) -> None:
        """Make all changes since the last commit lasting, as one."""
        self._database.commit()

    def close(self) -> None:
        """Commit and let go of the folder."""
        self.commit()
        self._database.close()

    def write(self, path: str, content: bytes) -> None:
        """Write a file below the folder."""
        target = self._at(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def append(self, path: str, record: Json) -> None:
        """Add a line of JSON to a file below the folder."""
        target = self._at(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("a", encoding="utf-8") as lines:
            lines.write(json_line(record))

    def remove(self, path: str) -> None:
        """Remove a file below the folder, if it is there."""
        self._at(path).unlink(missing_ok=True)

    def _at(self, path: str) -> Path:
        """Where a file lies. Raises ValueError for one that would not lie below the folder."""
        folder = self.folder.resolve()
        target = (folder / path).resolve()
        if folder not in target.parents:
            raise ValueError(f"{path!r} does not lie below {folder}")
        return target


def file_name(text: str) -> str:
    """`text` as part of a file name that is safe everywhere: at most 60 characters, never empty."""
    safe = re.sub(r"[^\w@.+-]+", "-", text).strip("-.")
    short = safe[:LONGEST_NAME].encode()[:LARGEST_NAME].decode(errors="ignore")
    return short.rstrip("-.") or "untitled"


def json_line(record: Json) -> str:
    """The record as one line of JSON, with half a character as an escape."""
    line = json.dumps(record, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()
    return _LINE_BREAK.sub(lambda found: f"\\u{ord(found[0]):04x}", line) + "\n"


def readable(payload: object) -> str:
    """All that a person would read in a message's blocks or cards, one line for each text."""
    return html.unescape("\n".join(_texts(payload)))


def _texts(payload: object) -> Iterator[str]:
    shown = ("text", "title", "subtitle", "topLabel", "bottomLabel")
    if isinstance(payload, list):
        for part in payload:
            yield from _texts(part)
    elif isinstance(payload, dict):
        for name, part in payload.items():
            if isinstance(part, str) and part and name in shown:
                yield part
            else:
                yield from _texts(part)
