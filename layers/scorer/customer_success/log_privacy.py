"""Logs name accounts by their ids: what looks like a mail address does not reach them, wherever it came from."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_PART = r"[^\s\"\\<>()\[\],;:@]+"
ADDRESS = re.compile(rf"{_PART}@{_PART}\.{_PART}")
"""Wider than what passes as an address: one that is badly written is still a person's."""

MASK = "<address>"


def without_addresses(entry: Mapping[str, Any]) -> str:
    """A log entry as JSON, with each mail address in it masked. A stack trace and a fault's text may hold some."""
    masked = ADDRESS.sub(_masked, json.dumps(entry, default=str, ensure_ascii=False))
    # Half a character cannot be written to a stream; as an escape of JSON it can.
    return masked.encode("utf-8", "backslashreplace").decode("utf-8")


def _masked(found: re.Match[str]) -> str:
    """The mask for an address, with the punctuation around it; what ends in a number is a version or an IP."""
    text = found[0]
    address = text.lstrip("'").rstrip("'.!?")
    domain = address.partition("@")[2]
    ending = domain.rpartition(".")[2]
    return text.replace(address, MASK) if "." in domain and not ending.isdigit() else text
