"""A review in the shape of each place where it is read: the page, the invitation, the index of a quarter.

The customer reads the page along with the owner. The invitation goes to the customer once a person sends it: it does
not mention score, colour, ARR or churn. The index is internal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

from customer_success.alerts import digest
from customer_success.alerts.digest import Digest, Section
from customer_success.alerts.text import NAME_LIMIT
from customer_success.documents import Bullet, Callout, Grid, Heading, Line, MailDraft, PageBlock, Paragraph
from customer_success.narration.evidence import Fact, QBREvidence, worded
from customer_success.periods import long_date
from customer_success.reviews.facts import FactKey
from customer_success.reviews.qbr import Qbr, QbrKey, QbrPage, QbrState
from customer_success.reviews.rules_writer import adoption_is_low, number, renewal_due
from customer_success.text import short

if TYPE_CHECKING:
    from customer_success.accounts.account import Account
    from customer_success.schemas import FeatureStatus, QBRContent

KIND = "generate_qbr"
REASON_LIMIT = 300
TOPICS = 2

_STATUS: dict[FeatureStatus, str] = {
    "used": "used",
    "underutilised": "underutilised",
    "not_entitled": "not in the plan",
}
_TITLES: dict[QbrState, str] = {
    "written": "Written",
    "partial": "Partial",
    "failed": "Failed",
    "not_wanted": "Not wanted",
    "planned": "Not finished",
}


def qbr_page(key: QbrKey, account: Account, evidence: QBREvidence, content: QBRContent, *, partial: bool) -> QbrPage:
    """The review as a page beside its account; `partial` if it is not the text that was asked for."""
    return QbrPage(
        key=str(key),
        title=f"QBR: {short(account.name, NAME_LIMIT)} — {key.period}{_before_end(key)}",
        account_page_id=account.page_id,
        period=evidence.period,
        reviewed_period=evidence.reviewed_period,
        on=evidence.on,
        owner_email=account.owner_email,
        trigger=evidence.trigger,
        partial=partial,
        blocks=(
            Callout(_headline(evidence)),
            Heading("Account Health Summary"),
            *_bullets(content.account_health_summary),
            Heading("ROI & Business Impact"),
            *_bullets(content.roi_and_business_impact),
            Heading("Feature Adoption Scorecard"),
            _scorecard(content),
            Heading("Expansion & Next Steps"),
            *_bullets(content.expansion_and_next_steps),
            Heading("Evidence"),
            _sources(evidence),
            *([Heading("Not known"), *_bullets(evidence.gaps)] if evidence.gaps else []),
            *([Paragraph("Written by rule; a fuller text can be asked for again.")] if partial else []),
        ),
    )


def _before_end(key: QbrKey) -> str:
    """The part of the title that distinguishes the review before a contract's end from that of the quarter."""
    return f", before the contract ends on {long_date(key.contract_end)}" if key.contract_end else ""


def _headline(evidence: QBREvidence) -> str:
    quarter, change = evidence.reviewed_period, number(evidence, FactKey.SCORE_CHANGE)
    held = f"Review held in {evidence.period}."
    if end := evidence.fact(FactKey.SCORE_AT_END):
        developed = ", the only one of" if change is None else f", {_signed(change)} in"
        return f"Health score {_scored(end, evidence.fact(FactKey.COLOUR_AT_END))}{developed} {quarter}. {held}"
    if now := evidence.fact(FactKey.SCORE_NOW):
        latest = f"{_scored(now, evidence.fact(FactKey.COLOUR_NOW))} on {long_date(now.as_of)}"
        return f"Health score in {quarter} not known; {latest}. {held}"
    return f"Health score in {quarter} not known. {held}"


def _scored(score: Fact, colour: Fact | None) -> str:
    return f"{worded(score)} ({colour.value})" if colour else worded(score)


def _signed(points: float) -> str:
    return f"{points:+.1f}".replace("-", "−") if points else "unchanged"


def _bullets(texts: Sequence[str]) -> tuple[PageBlock, ...]:
    return tuple(Bullet(text) for text in texts) or (Paragraph("Nothing that the evidence bears out."),)


def _scorecard(content: QBRContent) -> PageBlock:
    rows = tuple((row.feature, _STATUS[row.status], row.comment) for row in content.feature_adoption_scorecard)
    return Grid(("Feature", "Status", "Comment"), rows) if rows else Paragraph("not known feature by feature")


def _sources(evidence: QBREvidence) -> PageBlock:
    rows = tuple((fact.label, _value(fact), fact.source, fact.as_of.isoformat()) for fact in evidence.facts)
    return Grid(("Fact", "Value", "Source", "As of"), rows) if rows else Paragraph("Nothing is known yet.")


def _value(fact: Fact) -> str:
    """A fact's value in the table, where a sign distinguishes a change of points from a score."""
    if fact.unit == "points" and fact.series is None and fact.number is not None:
        return f"{_signed(fact.number)} points" if fact.number else "unchanged"
    return worded(fact)


def invitation(account: Account, key: QbrKey, evidence: QBREvidence, mailbox: str) -> MailDraft:
    """A mail from the owner to the account's primary contact that can be sent as it is."""
    return MailDraft(
        key=str(key),
        mailbox=mailbox,
        to=account.primary_contact_email,
        subject=f"Quarterly review {key.period}: {short(account.name, NAME_LIMIT)}",
        paragraphs=(
            "Hello,",
            f"I would like to invite you to our quarterly review {key.period}. We would look back together on "
            f"{evidence.reviewed_period}, and ahead to what you plan next.",
            *_topics(evidence),
            "Would you have 45 minutes in the next two weeks? Tell me what suits you and I will send an invitation.",
            "Best regards",
        ),
    )


def _topics(evidence: QBREvidence) -> list[str]:
    """What to talk about: only what is known, in words that the customer would use."""
    topics = []
    if renewal_due(evidence) and (end := evidence.fact(FactKey.CONTRACT_END)):
        topics.append(
            f"Your current agreement runs until {worded(end)}, so we should look at the coming term together."
        )
    if number(evidence, FactKey.OPEN_TICKETS):
        topics.append("I would also like to go through your open support requests, so that nothing is left waiting.")
    if adoption_is_low(evidence):
        topics.append("Some of what your plan includes is not in use yet, and I would like to show you what it can do.")
    return topics[:TOPICS] or ["Please tell me what you would like to talk about, so that I can prepare it."]


def quarter_index(period: str, run_date: date, qbrs: Iterable[Qbr], fallback_owner: str | None) -> list[Digest]:
    """The reviews of a quarter, each of them listed, in one digest per owner. Those without an owner go to
    `fallback_owner`, without one to the team.
    """

    def owner(qbr: Qbr) -> str:
        return qbr.owner_email or fallback_owner or ""

    by_owner = sorted(qbrs, key=lambda qbr: (owner(qbr), qbr.account_name.casefold(), str(qbr.key)))
    return [_index(period, run_date, recipient or None, list(own)) for recipient, own in groupby(by_owner, key=owner)]


def _index(period: str, run_date: date, recipient: str | None, qbrs: Sequence[Qbr]) -> Digest:
    by_state = {state: [qbr for qbr in qbrs if qbr.state == state] for state in _TITLES}
    counts = [
        f"{title.lower()} {len(by_state[state])}"
        for state, title in _TITLES.items()
        if by_state[state] or state != "planned"
    ]
    return Digest(
        digest_id=f"qbr:{period}:{recipient or 'team'}",
        run_kind=KIND,
        run_date=run_date,
        title=f"Quarterly reviews, {period}",
        sections=(
            Section("The quarter", (Line(f"planned {len(qbrs)} = {' + '.join(counts)}"),)),
            *(
                Section(title, tuple(_line(qbr) for qbr in by_state[state]))
                for state, title in _TITLES.items()
                if by_state[state]
            ),
        ),
        recipient=recipient,
    )


def _line(qbr: Qbr) -> Line:
    why = f": {short(qbr.error, REASON_LIMIT)}" if qbr.error else ""
    return Line(f"{short(qbr.account_name, digest.NAME_LIMIT)}{why}", url=qbr.page_url, bullet=True)
