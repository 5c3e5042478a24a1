"""An alert in the shape of each channel: a chat message, a health record, a mail draft.

Chat and records are internal and have everything. The draft goes to the customer once a person sends it: it has no
score, colour, ARR or word of churn.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from customer_success.alerts.records import HealthRecord
from customer_success.documents import ChatMessage, Line, MailDraft
from customer_success.periods import long_date
from customer_success.text import short

if TYPE_CHECKING:
    from customer_success.messages import ChurnAlert

NAME_LIMIT = 120
RENEWAL_TALK = timedelta(days=90)

_TOPICS = {
    "adoption": "We noticed that some of what your plan includes is not in use yet, and we would like to show you "
    "what it could do for your team.",
    "usage": "We would like to hear how your team works with us at the moment, and what would make it easier.",
    "support": "We want to make sure that your open support requests get the attention they need.",
    "renewal": "Your current agreement runs until {end}, so this is a good moment to look at the coming term together.",
    "contact": "It has been a while since we last spoke, and we would like to catch up.",
}


def chat_message(alert: ChurnAlert, recipient: str | None) -> ChatMessage:
    """The alert as its owner reads it in chat."""
    title = f"{short(alert.account_name, NAME_LIMIT)}: {alert.explanation.headline}"
    return ChatMessage(alert.alert_id, title, (*_reasons(alert), *_facts(alert)), recipient=recipient)


def health_record(alert: ChurnAlert) -> HealthRecord:
    """The alert as a page beside its account."""
    return HealthRecord(
        key=alert.alert_id,
        title=f"{short(alert.account_name, NAME_LIMIT)}, {alert.run_date}: {alert.rag}, churn risk {alert.churn_risk}",
        account_page_id=alert.page_id,
        run_date=alert.run_date,
        score=round(alert.score, 1),
        rag=alert.rag,
        churn_risk=alert.churn_risk,
        trigger=alert.churn_trigger or "none",
        owner_email=alert.owner_email,
        lines=(Line(alert.explanation.headline, strong=True), *_reasons(alert), *_facts(alert)),
    )


def mail_draft(alert: ChurnAlert, mailbox: str) -> MailDraft:
    """A mail from the owner to the account's primary contact that could be sent as it stands."""
    name = short(alert.account_name, NAME_LIMIT)
    return MailDraft(
        key=alert.alert_id,
        mailbox=mailbox,
        to=alert.primary_contact_email,
        subject=f"Catching up: {name}",
        paragraphs=(
            "Hello,",
            *_topics(alert),
            "Would you have 30 minutes for a call this week or next? Tell me what suits you and I will send an "
            "invitation.",
            "Best regards",
        ),
    )


def _reasons(alert: ChurnAlert) -> tuple[Line, ...]:
    explanation = alert.explanation
    return (
        *_listed("What changed", explanation.what_changed),
        *_listed("What costs most", explanation.what_costs),
        Line(f"Next step: {explanation.next_step}", strong=True),
    )


def _listed(title: str, items: tuple[str, ...]) -> tuple[Line, ...]:
    return (Line(title, strong=True), *(Line(item, bullet=True) for item in items)) if items else ()


def _facts(alert: ChurnAlert) -> tuple[Line, ...]:
    explanation = alert.explanation
    arr = "unknown" if alert.arr is None else f"{alert.arr:,.0f}"
    facts = [
        f"ARR {arr}, renewal {_renewal(alert.contract_end, alert.run_date)}, in this state since {explanation.since}",
        f"Why you are told: {alert.reason}",
        f"Known: {explanation.coverage:.0%} of what the score weighs"
        + (f"; unknown: {', '.join(explanation.unknown)}" if explanation.unknown else ""),
    ]
    return (*(Line(fact) for fact in facts), Line("Open the account in Notion", url=alert.page_url))


def _renewal(end: date | None, today: date) -> str:
    if end is None:
        return "unknown"
    days = (end - today).days
    return f"{end} (lapsed {-days} days ago)" if days < 0 else f"{end} (in {days} days)"


def _topics(alert: ChurnAlert) -> tuple[str, ...]:
    """What to talk about: only what is known, in words that the customer would use."""
    topics = [_TOPICS[topic] for topic in alert.topics] or [_TOPICS["usage"]]
    if alert.contract_end and timedelta(0) <= alert.contract_end - alert.run_date <= RENEWAL_TALK:
        topics.append(_TOPICS["renewal"].format(end=long_date(alert.contract_end)))
    return tuple(topics)
