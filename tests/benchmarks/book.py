"""An account book of any size, of which no page exists before it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from connectors.notion.names import PropertyNames
from tests.builders import notion_pages as notion

Json = dict[str, Any]

NAMES = PropertyNames()
FIRST_DAY = date(2026, 3, 3)
"""A Tuesday, so that the day after is a working day too."""
FIRST_CREATED = datetime.fromisoformat("2024-01-01T00:00:00+00:00")
CREATED_PER_MINUTE = 7
"""More than one, and no divisor of 10,000: the windows of creation times overlap."""

INACTIVE, BROKEN = 50, 51
"""Of each hundred accounts: one has left, and one has a value that is refused."""
CHANGED = {10: "falls", 40: "dips", 70: "recovers"}
"""Of each hundred accounts: those that change on the second day."""

HEALTHY: Json = {
    "adoption": 0.9,
    "trend": "Growing",
    "logins": 5,
    "contact": 10,
    "engagement": "High",
    "nps": 9,
    "invoice": "Current",
    "used": 85,
    "tickets": 0,
    "sentiment": "Positive",
    "escalations": 0,
    "renewal": 300,
}
MIDDLING: Json = {**HEALTHY, "adoption": 0.4, "trend": "Stable", "nps": 6, "used": 60, "renewal": 120}
FADING: Json = {**MIDDLING, "trend": "Declining", "logins": 45, "sentiment": "Negative", "tickets": 3}
DYING: Json = {**FADING, "adoption": 0.1, "invoice": "Overdue 60", "engagement": "Low", "renewal": 45}


@dataclass(frozen=True, slots=True)
class AccountBook:
    """A book of `size` accounts, numbered from 0 in order of creation, on its first day (0) and its second (1).

    Of each hundred 65 are healthy, 24 middling, 7 fade and 4 are dying. No contract crosses a band of the scorecard
    from one day to the next: what changes is what `CHANGED` says.
    """

    size: int

    def changed(self, day: int) -> int:
        """How many pages have to show something else on `day` than before: at first all but those of who has left."""
        return sum(n % 100 in CHANGED if day else n % 100 != INACTIVE for n in range(self.size))

    def created(self, number: int) -> str:
        """When the account's page was created, to the minute, as Notion has it."""
        moment = FIRST_CREATED + timedelta(minutes=number // CREATED_PER_MINUTE)
        return moment.strftime("%Y-%m-%dT%H:%M:00.000Z")

    def first_created_from(self, moment: str) -> int:
        """The number of the first account created at `moment` or later."""
        minutes = (datetime.fromisoformat(moment) - FIRST_CREATED) // timedelta(minutes=1)
        return minutes * CREATED_PER_MINUTE

    def page(self, number: int, day: int) -> Json:
        """The account's page as Notion returns it."""
        return {
            "object": "page",
            "id": page_id(number),
            "created_time": self.created(number),
            "url": f"https://www.notion.so/{page_id(number).replace('-', '')}",
            "properties": _properties(number, day),
        }


def page_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def account_id(number: int) -> str:
    return f"A-{number:06d}"


def number_of(page: str) -> int:
    """The number of the account whose page this is."""
    return int(page[-12:])


def signals(number: int, day: int) -> Json:
    """How the account stands on a day, in this book's own words."""
    place = number % 100
    if day and (change := CHANGED.get(place)):
        return {"falls": DYING, "dips": {**HEALTHY, "adoption": 0.8}, "recovers": MIDDLING}[change]
    if place < 65:
        return HEALTHY
    if CHANGED.get(place) == "recovers" or place >= 97:
        return DYING
    return MIDDLING if place < 90 else FADING


def _properties(number: int, day: int) -> Json:
    place = number % 100
    known = signals(number, day)
    today = FIRST_DAY + timedelta(days=day)
    # A few different days to the renewal, all of one band and none at its edge.
    renewal = FIRST_DAY + timedelta(days=known["renewal"] + number % 10)
    return {
        NAMES.name: notion.title(f"Account {number}"),
        NAMES.account_id: notion.text(account_id(number)),
        NAMES.status: notion.select("Inactive" if place == INACTIVE else "Active"),
        NAMES.industry: notion.select("Retail"),
        NAMES.plan: notion.select("Enterprise"),
        NAMES.arr: notion.number(12_000.0 + number % 977),
        NAMES.owner_email: notion.email(f"owner{number % 40}@example.com"),
        NAMES.sales_email: notion.email("sales@example.com"),
        NAMES.manager_email: notion.email("lead@example.com"),
        NAMES.primary_contact_email: notion.email(f"contact@customer{number}.example"),
        NAMES.contract_end: notion.dated(renewal.isoformat()),
        NAMES.notice_days: notion.number(30),
        NAMES.auto_renew: notion.checkbox(True),
        NAMES.renewal_stage: notion.select("Open"),
        NAMES.qbr_cadence: notion.select("Quarterly"),
        NAMES.onboarding_until: notion.dated(None),
        NAMES.feature_adoption_rate: notion.number(known["adoption"] + number % 89 / 1000),
        NAMES.usage_trend: notion.select(known["trend"]),
        NAMES.login_frequency_days: notion.number(known["logins"]),
        NAMES.days_since_last_interaction: notion.number(known["contact"]),
        NAMES.stakeholder_engagement: notion.select(known["engagement"]),
        NAMES.nps_score: notion.number(11 if place == BROKEN else known["nps"]),
        NAMES.invoice_payment_status: notion.select(known["invoice"]),
        NAMES.seats_bought: notion.number(100),
        NAMES.seats_used: notion.number(known["used"]),
        NAMES.open_ticket_count: notion.number(known["tickets"]),
        NAMES.avg_ticket_sentiment: notion.select(known["sentiment"]),
        NAMES.escalation_count_90_days: notion.number(known["escalations"]),
        NAMES.tam_health_rag: notion.select(None),
        NAMES.collections_risk: notion.select("GREEN"),
        NAMES.signals_updated: notion.dated(today.isoformat()),
        NAMES.connected_tools: notion.multi_select("CRM", "Billing"),
        NAMES.notes: notion.text(
            "Uses the reporting module, asked twice about exports; the sponsor changed in autumn."
        ),
        NAMES.quiet_until: notion.dated(None),
        NAMES.verdict: notion.select(None),
        f"{NAMES.roi_prefix}Hours Saved": notion.number(float(number % 500)),
    }
