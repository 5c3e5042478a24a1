"""One page of the account book, read as an account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

from connectors.notion.reading import LARGEST_NUMBER, OWN_EDITS, PropertyReader
from connectors.text import web_address
from customer_success.accounts.account import Account, Unreadable
from customer_success.schemas import (
    CollectionsRisk,
    Engagement,
    OutcomeKind,
    PaymentStatus,
    Rag,
    Sentiment,
    UsageTrend,
)

if TYPE_CHECKING:
    from connectors.notion.names import PropertyNames

_RATES = ("feature_adoption_rate", "login_frequency_days", "nps_score")
_COUNTS = ("open_ticket_count", "escalation_count_90_days")
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "usage_trend": get_args(UsageTrend),
    "stakeholder_engagement": get_args(Engagement),
    "invoice_payment_status": get_args(PaymentStatus),
    "avg_ticket_sentiment": get_args(Sentiment),
    "tam_health_rag": get_args(Rag),
    "collections_risk": get_args(CollectionsRisk),
}


def account_of(page: Mapping[str, Any], names: PropertyNames, timezone: str = "UTC") -> Account:
    """The account on a page as Notion returns it, moments as days in the `timezone`. Values that cannot be read are in
    `unreadable`.
    """
    read = PropertyReader(page.get("properties") or {}, timezone)
    account_id = read.account_id(names.account_id) or page["id"].replace("-", "")
    last_interaction = read.day(names.last_interaction, refused=OWN_EDITS)
    seats_bought, seats_used = read.count(names.seats_bought), read.count(names.seats_used)
    signals = {**_signals(read, names), "seats_utilization_rate": _seats(read, names, seats_used, seats_bought)}
    if last_interaction is None:
        signals["days_since_last_interaction"] = read.number(names.days_since_last_interaction)
    return Account(
        account_id=account_id,
        name=read.text(names.name) or read.title() or f"Unnamed account ({account_id})",
        page_id=page["id"],
        page_url=web_address(page.get("url")) or "",
        created_at=page.get("created_time") or "",
        status=read.text(names.status),
        industry=read.text(names.industry),
        plan=read.text(names.plan),
        arr=read.count(names.arr),
        owner_email=read.email(names.owner_email),
        sales_email=read.email(names.sales_email),
        manager_email=read.email(names.manager_email),
        primary_contact_email=read.email(names.primary_contact_email),
        contract_end=read.day(names.contract_end),
        last_interaction=last_interaction,
        notice_days=read.days(names.notice_days),
        auto_renew=read.yes_or_no(names.auto_renew),
        term_months=read.days(names.term_months),
        no_end=read.yes_or_no(names.no_end) or False,
        renewal_stage=read.text(names.renewal_stage),
        outcome=read.choice(names.outcome, get_args(OutcomeKind)),
        outcome_date=read.day(names.outcome_date),
        outcome_arr=read.count(names.outcome_arr),
        qbr_cadence=read.text(names.qbr_cadence),
        onboarding_until=read.day(names.onboarding_until),
        quiet_until=read.day(names.quiet_until),
        verdict=read.text(names.verdict),
        signals_updated=read.day(names.signals_updated, refused=OWN_EDITS),
        seats_bought=seats_bought,
        seats_used=seats_used,
        connected_tools=read.several(names.connected_tools),
        notes=read.text_of_lines(names.notes),
        external_ids=read.text(names.external_ids),
        signals={field: value for field, value in signals.items() if value is not None},
        roi=read.numbers_named(names.roi_prefix),
        unreadable=tuple(_with_field(one, read, names) for one in read.unreadable),
        added_up=tuple(dict.fromkeys(read.added_up)),
    )


def _with_field(one: Unreadable, read: PropertyReader, names: PropertyNames) -> Unreadable:
    """With our name for the property. One of a refused type is a matter of set-up: it holds nothing of any account."""
    return one if one.property in read.refused else replace(one, field=names.field_of(one.property))


def fields_on(page: Mapping[str, Any], names: PropertyNames) -> dict[str, str]:
    """The properties of a page that are read, by our name for each, whether they are filled or empty."""
    present = page.get("properties") or {}
    return {field: name for field, name in names.read.items() if name in present}


def _signals(read: PropertyReader, names: PropertyNames) -> dict[str, object]:
    """The signals as they stand on the page, each under its own name; the scorer validates them."""
    numbers = {field: read.number(getattr(names, field)) for field in _RATES}
    counts = {field: read.total(getattr(names, field)) for field in _COUNTS}
    choices = {field: read.choice(getattr(names, field), words) for field, words in _CHOICES.items()}
    return {**numbers, **counts, **choices}


def _seats(read: PropertyReader, names: PropertyNames, used: float | None, bought: float | None) -> float | None:
    """Seats in use per seat bought: the page's own rate, else from the two counts."""
    rate = read.number(names.seats_utilization_rate)
    if rate is not None:
        return rate
    if bought == 0 and used is not None and used > 0:
        read.note(names.seats_bought, bought, f"more than 0, since {names.seats_used} is {used}")
    if used is None or not bought:
        return None
    rate = used / bought
    if rate > LARGEST_NUMBER:
        read.note(names.seats_bought, bought, f"so many that {used} can be in use of them")
        return None
    return rate
