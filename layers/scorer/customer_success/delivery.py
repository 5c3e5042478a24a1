"""Delivers something to a vendor once, however often it is asked to."""

from __future__ import annotations

from collections.abc import Callable

from customer_success.errors import Misconfigured, Refused, Unavailable, Unclear
from customer_success.ports import Ledger


def deliver_once(
    ledger: Ledger, key: str, channel: str, *, find: Callable[[], str | None], create: Callable[[], str]
) -> str:
    """Create what `key` names on `channel` unless it was created before; returns the vendor's id for it.

    `find` looks it up at the vendor. It is asked only when an earlier call broke off and may have been carried out.
    Raises `Unavailable` while another delivery of the same key is under way, and whatever `create` raises.
    """
    claim = ledger.claim(key, channel)
    if claim.state == "done":
        return claim.outcome or ""
    if claim.state == "busy":
        raise Unavailable(f"{key} is being delivered to {channel} elsewhere", retry_after=claim.seconds)
    try:
        reference = (find() if claim.state == "stale" else None) or create()
    except Unclear:
        ledger.release(key, channel, unclear=True)
        raise
    except (Unavailable, Misconfigured, Refused):
        ledger.release(key, channel, unclear=claim.state == "stale")
        raise
    ledger.done(key, channel, reference)
    return reference
