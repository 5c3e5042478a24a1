"""What a person who starts the demo is told in one line."""

from __future__ import annotations


class DemoError(Exception):
    """The demo cannot go on; the text says what, where, and what would be right."""
