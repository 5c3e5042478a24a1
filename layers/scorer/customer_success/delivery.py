"""Delivers something to a vendor once, however often it is asked to."""

from __future__ import annotations

from collections.abc import Callable

from customer_success.documents import MailDraft
from customer_success.errors import Misconfigured, Refused, Unavailable, Unclear
from customer_success.metrics import Count, Metric
from customer_success.ports import Drafts, Ledger


def deliver_once(
    ledger: Ledger, key: str, channel: str, *, find: Callable[[], str | None], create: Callable[[], str]
) -> str:
    """Create what `key` names on `channel` unless it was created before; returns the vendor's id for it.

    `find` looks it up at the vendor. It is asked only when an earlier call broke off and may have been carried out.
    Raises `Unavailable` while another delivery of the same key is under way, and all that `create` raises.
    """
    claim = ledger.claim(key, channel)
    if claim.state == "done":
        return claim.outcome or ""
    if claim.state == "busy":
        raise Unavailable(f"{key} is being delivered to {channel} elsewhere", retry_after=claim.seconds)
    try:
        reference = (find() if claim.state == "stale" else None) or create()
    except Exception as fault:
        # An unexpected error, such as an answer that cannot be read, may have come after the work was done.
        surely_undone = isinstance(fault, Unavailable | Misconfigured | Refused) and not isinstance(fault, Unclear)
        ledger.release(key, channel, unclear=claim.state == "stale" or not surely_undone)
        raise
    ledger.done(key, channel, reference)
    return reference


def draft_if_possible(
    ledger: Ledger, channel: str, drafts: Drafts, draft: MailDraft, *, last_try: bool, count: Count
) -> tuple[str | None, str | None]:
    """The id of the draft, made once, or why it cannot be had: what is only enriched by it goes on without.

    Raises `Unavailable` while another try may bring it.
    """
    try:
        draft_id = deliver_once(
            ledger,
            draft.key,
            channel,
            find=lambda: drafts.find(draft.mailbox, draft.key),
            create=lambda: drafts.create(draft),
        )
    except (Unavailable, Misconfigured, Refused) as error:
        if isinstance(error, Unavailable) and not last_try:
            raise
        count({Metric.ENRICHMENTS: 1, Metric.FAIL_OPENS: 1})
        return None, str(error)
    count({Metric.ENRICHMENTS: 1})
    return draft_id, None
