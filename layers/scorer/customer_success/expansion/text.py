"""How an offer reads in its record, in the mail to the customer, and in the digests for Sales and owners.

Records, Sales and owners read everything. The mail goes to the customer once a person sends it: it does not mention
score, colour, ARR, price or churn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from customer_success.alerts import digest
from customer_success.alerts.digest import Digest, Section
from customer_success.alerts.text import NAME_LIMIT
from customer_success.documents import Line, MailDraft
from customer_success.expansion.offer import ExpansionRecord, Offer
from customer_success.narration.offer_evidence import ExpansionSignalKind
from customer_success.text import short

if TYPE_CHECKING:
    from customer_success.accounts.account import Account
    from customer_success.expansion.entry import ExpansionEntry, Outcome
    from customer_success.messages import ExpansionHandoff
    from customer_success.schemas import OpportunityType

SALES_KIND = "sales_handoff"
KIND = "check_expansion"
REASON_LIMIT = 300
HELD_BACK_LISTED = 10

_WHAT: Mapping[OpportunityType, str] = {
    "seats": "more seats",
    "module": "a further module",
    "integration": "an integration",
}
_SUBJECTS: Mapping[OpportunityType, str] = {
    "seats": "Seats for your team",
    "module": "More room for what your team works with",
    "integration": "Connecting the tools that you work with",
}
_TITLES: Mapping[Outcome, str] = {
    "offered": "Handed to Sales",
    "recorded": "Recorded, not handed over",
    "answered": "Answers from Sales",
    "failed": "Could not be checked",
    "planned": "Not finished",
    "held_back": "Held back",
}
"""The sections of the digest, in this order."""
_NOT_POSTED_ALONE: tuple[Outcome, ...] = ("held_back", "nothing")
"""Outcomes for which alone no digest is posted."""
_COUNTED: Mapping[Outcome, str] = {
    "offered": "offered",
    "recorded": "recorded",
    "held_back": "held back",
    "nothing": "nothing",
    "failed": "failed",
    "planned": "not finished",
}


def signal_label(kind: ExpansionSignalKind, name: str | None = None) -> str:
    """What a signal for an offer is called; `name` is the feature that it is about."""
    match kind:
        case ExpansionSignalKind.SEATS_RATE:
            return "Seats in use per seat bought"
        case ExpansionSignalKind.SEATS_USED:
            return "Seats in use"
        case ExpansionSignalKind.SEATS_BOUGHT:
            return "Seats bought"
        case ExpansionSignalKind.USAGE_TREND:
            return "Usage trend"
        case ExpansionSignalKind.LIMIT_SHARE:
            return f"{name}, share of its limit in use"
        case ExpansionSignalKind.USED:
            return f"{name}, in use"
        case ExpansionSignalKind.LIMIT:
            return f"{name}, limit"
        case ExpansionSignalKind.ASKED_FOR:
            return f"{name}, not in the plan, times asked for"
        case ExpansionSignalKind.TOOL:
            return "Connected tool"


def expansion_record(offer: Offer, account: Account) -> ExpansionRecord:
    """The offer as a record beside its account, ready for Sales once it was handed off."""
    found = offer.opportunity
    return ExpansionRecord(
        key=offer.handoff_id,
        title=_title(account.name, found.opportunity_type),
        account_page_id=account.page_id,
        on=offer.found_on,
        state="Ready for Sales" if offer.handoff else "Recorded",
        opportunity_type=found.opportunity_type,
        confidence=found.confidence,
        estimated_arr_impact=found.estimated_arr_impact,
        evidence=tuple(found.evidence),
        talk_track=found.recommended_talk_track,
        owner_email=offer.owner_email,
        sales_email=offer.handoff.sales_email if offer.handoff else offer.sales_email,
        note=offer.held_because,
    )


def handed_off_record(handoff: ExpansionHandoff, account: Account, sales_email: str) -> ExpansionRecord:
    """The record of an offer that Sales has now."""
    return ExpansionRecord(
        key=handoff.handoff_id,
        title=_title(account.name, handoff.opportunity_type),
        account_page_id=account.page_id,
        on=handoff.run_date,
        state="Ready for Sales",
        opportunity_type=handoff.opportunity_type,
        confidence=handoff.confidence,
        estimated_arr_impact=handoff.estimated_arr_impact,
        evidence=handoff.evidence,
        talk_track=handoff.recommended_talk_track,
        owner_email=handoff.owner_email,
        sales_email=sales_email,
    )


def offer_mail(handoff: ExpansionHandoff, account: Account, mailbox: str) -> MailDraft:
    """A mail from Sales to the account's primary contact that can be sent as it is."""
    return MailDraft(
        key=handoff.handoff_id,
        mailbox=mailbox,
        to=account.primary_contact_email,
        subject=f"{_SUBJECTS[handoff.opportunity_type]}: {short(account.name, NAME_LIMIT)}",
        paragraphs=(
            "Hello,",
            handoff.recommended_talk_track,
            "Would you have 30 minutes for a call this week or next? Tell me what suits you and I will send an "
            "invitation.",
            "Best regards",
        ),
    )


def sales_digest(handoff: ExpansionHandoff, account: Account, recipient: str, record_url: str | None) -> Digest:
    """The message to the sales owner: the offer, its evidence, the talk track, and where it is recorded."""
    arr = handoff.estimated_arr_impact
    worth = "not known: price or quantity is missing" if arr is None else f"{arr:,.0f} a year"
    about = [
        Line(f"Estimated ARR: {worth}"),
        Line(f"Confidence: {handoff.confidence}"),
        Line(f"Owner of the account: {handoff.owner_email or digest.NO_OWNER}"),
        Line("Open the account in Notion", url=account.page_url),
    ]
    if record_url:
        about.append(Line("Open the record and answer in Sales Status", url=record_url))
    return Digest(
        digest_id=f"handoff:{handoff.handoff_id}",
        run_kind=SALES_KIND,
        run_date=handoff.run_date,
        title=_title(account.name, handoff.opportunity_type),
        sections=(
            Section("Why", tuple(Line(line, bullet=True) for line in handoff.evidence)),
            Section("What to say", (Line(handoff.recommended_talk_track),)),
            Section("The offer", tuple(about)),
        ),
        recipient=recipient,
    )


def owner_digests(
    run_date: date, entries: Iterable[ExpansionEntry], notes: Iterable[str], fallback_owner: str | None
) -> list[Digest]:
    """The day's results in one digest per owner for whom there is something to report. Entries without an owner and the
    notes go to `fallback_owner`, without one to the team.
    """
    fallback = fallback_owner or ""
    by_owner: dict[str, list[ExpansionEntry]] = {fallback: []}
    for entry in sorted(entries, key=lambda entry: (entry.account_name.casefold(), entry.key)):
        by_owner.setdefault(entry.owner_email or fallback, []).append(entry)
    return [
        _digest(run_date, owner or None, own, notes_of_owner)
        for owner, own in sorted(by_owner.items())
        if (notes_of_owner := tuple(notes) if owner == fallback else ())
        or any(entry.outcome not in _NOT_POSTED_ALONE for entry in own)
    ]


def _title(name: str, opportunity_type: OpportunityType) -> str:
    return f"{short(name, NAME_LIMIT)}: {_WHAT[opportunity_type]}"


def _digest(run_date: date, recipient: str | None, entries: Sequence[ExpansionEntry], notes: Sequence[str]) -> Digest:
    """One owner's digest. Its id changes only if there is more to report."""
    sections = [
        Section(title, tuple(_lines([entry for entry in entries if entry.outcome == outcome], outcome)))
        for outcome, title in _TITLES.items()
    ]
    head = [Line(_numbers(entries)), *(Line(short(note, REASON_LIMIT), strong=True) for note in notes)]
    reported = len(notes) + sum(entry.outcome in _TITLES and entry.outcome != "planned" for entry in entries)
    return Digest(
        digest_id=f"expansion:{run_date}:{recipient or 'team'}:{reported}",
        run_kind=KIND,
        run_date=run_date,
        title=f"Expansion, {run_date}",
        sections=(Section("The check", tuple(head)), *(section for section in sections if section.lines)),
        recipient=recipient,
    )


def _numbers(entries: Sequence[ExpansionEntry]) -> str:
    """The outcomes of all accounts that were checked; answers of Sales are not counted."""
    counted = Counter(entry.outcome for entry in entries)
    counts = [
        f"{words} {counted[outcome]}" for outcome, words in _COUNTED.items() if counted[outcome] or outcome != "planned"
    ]
    return f"checked {sum(counted[outcome] for outcome in _COUNTED)} = {' + '.join(counts)}"


def _lines(entries: Sequence[ExpansionEntry], outcome: Outcome) -> list[Line]:
    if outcome != "held_back":
        return [line for entry in entries for line in _lines_of(entry)]
    more = len(entries) - HELD_BACK_LISTED
    return [
        *(_line(entry) for entry in entries[:HELD_BACK_LISTED]),
        *([Line(f"and {more} more", bullet=True)] if more > 0 else []),
    ]


def _lines_of(entry: ExpansionEntry) -> list[Line]:
    """An entry with a line for each of its offers."""
    if len(entry.lines) <= 1:
        return [_line(entry)]
    name = short(entry.account_name, digest.NAME_LIMIT)
    return [Line(f"{name}: {short(line, REASON_LIMIT)}", url=entry.url, bullet=True) for line in entry.lines]


def _line(entry: ExpansionEntry) -> Line:
    why = f": {short('; '.join(entry.lines), REASON_LIMIT)}" if entry.lines else ""
    return Line(f"{short(entry.account_name, digest.NAME_LIMIT)}{why}", url=entry.url, bullet=True)
