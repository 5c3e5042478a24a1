"""What can be an id: of an account, of a ticket, of anything that goes into a key and into a URL."""

from __future__ import annotations

import re

LONGEST_ID = 500
ID_BOUND = f"1 to {LONGEST_ID} bytes without control characters or spaces at the ends, and neither '.' nor '..'"
_UNNAMEABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def is_nameable(account_id: str, *, longest: int = LONGEST_ID) -> bool:
    """True for what can be an id, an account's or another of at most `longest` bytes: it goes into keys, and into the
    path of the API's URLs.

    A path segment of one or two dots is removed by clients and proxies, also where it is escaped.
    """
    if _UNNAMEABLE.search(account_id) or account_id != account_id.strip() or account_id in (".", ".."):
        return False
    return 1 <= len(account_id.encode()) <= longest
