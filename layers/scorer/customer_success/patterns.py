"""Regular expressions that are compiled at their first use: a function that never checks a text starts without them."""

from __future__ import annotations

import re
from typing import Any, cast


class _Pattern:
    """Stands for a pattern: its first use compiles it."""

    def __init__(self, text: str, flags: int) -> None:
        self._given = text, flags

    def __getattr__(self, name: str) -> Any:
        compiled = re.compile(*self._given)
        for method in ("match", "search", "fullmatch", "finditer", "findall", "sub", "split", "pattern"):
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)


def lazy_pattern(text: str, flags: int = 0) -> re.Pattern[str]:
    """A pattern of a module, for its methods alone: it is none for the functions of `re`."""
    return cast("re.Pattern[str]", _Pattern(text, flags))
