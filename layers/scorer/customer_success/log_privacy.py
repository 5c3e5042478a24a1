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
    masked = ADDRESS.sub(_masked, _json(entry))
    # Half a character cannot be written to a stream; as an escape of JSON it can.
    return masked.encode("utf-8", "backslashreplace").decode("utf-8")


def _json(entry: Mapping[str, Any]) -> str:
    """The entry as JSON, what of it cannot be so by its type alone: no work fails for how it is logged."""
    try:
        return json.dumps(entry, default=str, ensure_ascii=False)
    except Exception:  # noqa: BLE001 - a value's own text may fail in any way, and there is nowhere to log it
        return json.dumps({str(name): _sayable(value) for name, value in entry.items()}, ensure_ascii=False)


def _sayable(value: Any) -> Any:
    """The value where it can be logged; of an object that cannot be as a whole, each field for itself."""
    if isinstance(value, Mapping):
        return {str(_field(name)): _field(part) for name, part in value.items()}
    return _field(value)


def _field(value: Any) -> Any:
    try:
        return json.loads(json.dumps(value, default=str))
    except Exception:  # noqa: BLE001 - as above
        return f"not to be logged: {type(value).__name__}"


def _masked(found: re.Match[str]) -> str:
    """The mask for an address, with the punctuation around it; what ends in a number is a version or an IP."""
    text = found[0]
    address = text.lstrip("'").rstrip("'.!?")
    domain = address.partition("@")[2]
    ending = domain.rpartition(".")[2]
    return text.replace(address, MASK) if "." in domain and not ending.isdigit() else text
