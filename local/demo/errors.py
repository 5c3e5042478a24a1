"""Errors that the demo prints in one line."""

from __future__ import annotations

import sqlite3
from pathlib import Path


class DemoError(Exception):
    """The demo cannot go on; the text says what, where, and what would be right."""


def state_in_words(error: sqlite3.DatabaseError, folder: Path) -> str:
    """Why the state stored in the folder cannot be used, and what to do."""
    if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
        return f"another demo uses {folder}: wait for it to end"
    return f"{folder}: {error}; forget what demos have left behind: make demo-clean"
