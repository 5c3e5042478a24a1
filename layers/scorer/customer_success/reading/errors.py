"""What is wrong with a whole file."""

from __future__ import annotations


class UnreadableTableError(Exception):
    """A file that is no table of what is asked for; the text names what is wrong and what would be right."""
