"""Mail drafts as the jobs make them: each once, and without one where it only enriches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer_success.dataclass import dataclass
from customer_success.errors import Misconfigured, Refused, Unavailable
from customer_success.metrics import Count, Metric

if TYPE_CHECKING:
    from customer_success.documents import MailDraft
    from customer_success.once import Once
    from customer_success.ports import Drafts


@dataclass(frozen=True, slots=True)
class OnceDrafts:
    """Drafts of which each is created once for its key."""

    drafts: Drafts
    once: Once

    def create(self, draft: MailDraft) -> str:
        """Create the draft and return its id."""
        return self.once(
            draft.key,
            lambda: self.drafts.create(draft),
            find=lambda: self.drafts.find(draft.mailbox, draft.key),
        )


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft lies in the mailbox."""

    draft_id: str


@dataclass(frozen=True, slots=True)
class NotDrafted:
    """There is no draft, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class OptionalDrafts:
    """Drafts that only enrich what they belong to; `count` takes for metrics how often one was missing."""

    drafts: OnceDrafts
    count: Count

    def create(self, draft: MailDraft, *, last_try: bool) -> Drafted | NotDrafted:
        """Create the draft, or say why it cannot be had. Raises `Unavailable` while another try may bring it."""
        try:
            draft_id = self.drafts.create(draft)
        except (Unavailable, Misconfigured, Refused) as error:
            if isinstance(error, Unavailable) and not last_try:
                raise
            self.count({Metric.ENRICHMENTS: 1, Metric.FAIL_OPENS: 1})
            return NotDrafted(str(error))
        self.count({Metric.ENRICHMENTS: 1})
        return Drafted(draft_id)
