"""Stand-ins for pages, drafts, chat and bus while a deployment runs in shadow: they record their input and send
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

from pydantic import BaseModel

from customer_success.dataclass import dataclass
from customer_success.documents import (
    Bullet,
    Callout,
    ChatMessage,
    Grid,
    Heading,
    Line,
    MailDraft,
    PageBlock,
    Paragraph,
)
from customer_success.shadow.outputs import Kind, ShadowedOutput

if TYPE_CHECKING:
    from customer_success.accounts.row import PageValues
    from customer_success.alerts.records import HealthRecord
    from customer_success.expansion.offer import ExpansionRecord
    from customer_success.expansion.ports import RecordedAnswer
    from customer_success.reviews.qbr import QbrPage
    from customer_success.shadow.ports import ShadowLog


@dataclass(frozen=True, slots=True)
class Shadow:
    """Keeps in `log` what would have been let out; `on` is the run date of what is being worked at."""

    log: ShadowLog
    on: Callable[[], date]

    def keep(self, kind: Kind, key: str, title: str, lines: Sequence[str] = (), recipient: str | None = None) -> str:
        """Keep one thing, and return what stands where a vendor's id would stand. Safe to repeat."""
        output = ShadowedOutput(self.on(), kind, key, title, recipient, tuple(lines))
        self.log.put(output)
        return output.reference

    def pages(self) -> ShadowPages:
        return ShadowPages(self)

    def records(self) -> ShadowRecords:
        return ShadowRecords(self)

    def drafts(self) -> ShadowDrafts:
        return ShadowDrafts(self)

    def chat(self) -> ShadowChat:
        return ShadowChat(self)

    def bus(self) -> ShadowBus:
        return ShadowBus(self)

    def offers(self) -> ShadowOffers:
        return ShadowOffers(self)

    def reviews(self) -> ShadowReviews:
        return ShadowReviews(self)

    def sections(self) -> ShadowSections:
        return ShadowSections(self)


class _RecordedAgain:
    """Finds nothing: recording an output again does no harm, so the log is not searched."""

    __slots__ = ()

    def find(self, *_what: object, **_named: object) -> None:
        return None


@dataclass(frozen=True, slots=True)
class ShadowPages:
    """`AccountPages` that change no page."""

    shadow: Shadow

    def write(self, page_id: str, values: PageValues) -> None:
        score = "no score" if values.score is None else f"{values.score:.1f}"
        risk = f"churn risk {values.churn_risk}" if values.churn_risk else "churn risk unknown"
        lines = [values.why, *([f"Next step: {values.next_step}"] if values.next_step else [])]
        self.shadow.keep("page", page_id, f"{values.rag} {score}, {risk}", lines)

    def write_mute(self, page_id: str, quiet_until: date | None, verdict: str | None) -> None:
        values = {"CSM Quiet Until": quiet_until, "CSM Verdict": verdict}
        title = ", ".join(f"{name}: {value}" for name, value in values.items() if value)
        self.shadow.keep("page", f"{page_id}:wishes", title)


@dataclass(frozen=True, slots=True)
class ShadowRecords(_RecordedAgain):
    """`HealthRecords` that make no page."""

    shadow: Shadow

    def create(self, record: HealthRecord) -> str:
        return self.shadow.keep("record", record.key, record.title, _texts(record.lines), record.owner_email)


@dataclass(frozen=True, slots=True)
class ShadowReviews(_RecordedAgain):
    """`QbrPages` that make no page."""

    shadow: Shadow

    def create(self, page: QbrPage) -> str:
        return self.shadow.keep("review", page.key, page.title, list(_read(page.blocks)), page.owner_email)

    def replace(self, page_id: str, page: QbrPage) -> bool:  # noqa: ARG002 — the key says which one it is
        self.create(page)
        return True

    def url(self, page_id: str) -> str:
        return page_id


@dataclass(frozen=True, slots=True)
class ShadowSections:
    """`AdoptionSections` that change no page."""

    shadow: Shadow

    def write(self, page_id: str, title: str, blocks: Sequence[PageBlock]) -> None:
        self.shadow.keep("section", page_id, title, list(_read(blocks)))


@dataclass(frozen=True, slots=True)
class ShadowOffers(_RecordedAgain):
    """`ExpansionRecords` that make no page, so there is none for Sales to answer on."""

    shadow: Shadow

    def create(self, record: ExpansionRecord) -> str:
        arr = "not known" if record.estimated_arr_impact is None else f"{record.estimated_arr_impact:,.0f}"
        lines = [
            f"{record.state}; confidence {record.confidence}; estimated ARR {arr}",
            *record.evidence,
            *([f"Note: {record.note}"] if record.note else []),
        ]
        return self.shadow.keep("offer", record.key, record.title, lines, record.sales_email)

    def write(self, page_id: str, record: ExpansionRecord) -> None:  # noqa: ARG002 — the key says which one it is
        self.create(record)

    def url(self, page_id: str) -> str:
        return page_id

    def answers(self, since: date) -> Iterator[tuple[RecordedAnswer, ...]]:  # noqa: ARG002 — there is no record
        return iter(())


@dataclass(frozen=True, slots=True)
class ShadowDrafts(_RecordedAgain):
    """`Drafts` that lie in no mailbox."""

    shadow: Shadow

    def create(self, draft: MailDraft) -> str:
        lines = [f"To: {draft.to or 'left open'}", *draft.paragraphs]
        return self.shadow.keep("draft", draft.key, draft.subject, lines, draft.mailbox)


@dataclass(slots=True)
class ShadowChat(_RecordedAgain):
    """A `Chat` that records instead of posting."""

    shadow: Shadow
    name: str = "shadow"

    def post(self, message: ChatMessage) -> str:
        kind: Kind = "message" if message.recipient else "digest"
        return self.shadow.keep(kind, message.key, message.title, _texts(message.lines), message.recipient)


@dataclass(frozen=True, slots=True)
class ShadowBus:
    """An `EventBus` that records instead of publishing."""

    shadow: Shadow

    def put(self, detail_type: str, detail: BaseModel) -> str:
        named = detail.model_dump(mode="json")
        key = next(str(named[name]) for name in ("alert_id", "handoff_id") if name in named)
        lines = [f"{name}: {value}" for name, value in named.items() if value is not None]
        return self.shadow.keep("event", f"{detail_type}:{key}", detail_type, lines)


def _texts(lines: Sequence[Line]) -> list[str]:
    return [f"• {line.text}" if line.bullet else line.text for line in lines]


def _read(blocks: Sequence[PageBlock]) -> Iterator[str]:
    """The blocks of a page as lines of text."""
    for block in blocks:
        match block:
            case Bullet(text):
                yield f"• {text}"
            case Heading(text) | Paragraph(text) | Callout(text):
                yield text
            case Grid(header, rows):
                yield from (" | ".join(row) for row in (header, *rows))
