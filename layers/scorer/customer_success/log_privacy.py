"""Logs name accounts by their ids: what looks like a mail address does not reach them, wherever it came from."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

ADDRESS = re.compile(r"[^\s\"\\'<>()\[\],;:@]+@[^\s\"\\'<>()\[\],;:@]+\.[^\W\d_]{2,}")
MASK = "<address>"


def without_addresses(entry: Mapping[str, Any]) -> str:
    """A log entry as JSON, with each mail address in it masked. A stack trace and a fault's text may hold some."""
    return ADDRESS.sub(MASK, json.dumps(entry, default=str, ensure_ascii=False))
