"""Account pages as a team would keep them in Notion."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from local.sandbox.notion.load import Row
from tests.builders.accounts import TODAY

Value = dict[str, Any]


def text(content: str) -> Value:
    return {"rich_text": [{"type": "text", "text": {"content": content}}]}


def title(content: str) -> Value:
    return {"title": [{"type": "text", "text": {"content": content}}]}


def choice(name: str) -> Value:
    return {"select": {"name": name}}


def day(value: date) -> Value:
    return {"date": {"start": value.isoformat()}}


def page(number: int = 1, **properties: Value) -> Row:
    """The page of a healthy account of ada@example.com, whose contract runs for another 200 days.

    Further properties are given with underscores for spaces.
    """
    healthy = {
        "Name": title(f"Account {number}"),
        "Account ID": text(f"A-{number:04d}"),
        "Status": choice("Active"),
        "ARR": {"number": 1000 * number},
        "Owner Email": {"email": "ada@example.com"},
        "Primary Contact Email": {"email": f"contact{number}@customer.example"},
        "Contract End Date": day(TODAY + timedelta(days=200)),
        "Feature Adoption Rate": {"number": 0.9},
        "Usage Trend": choice("Growing"),
        "Login Frequency Days": {"number": 5},
        "Days Since Last Interaction": {"number": 10},
        "Stakeholder Engagement": choice("High"),
        "NPS": {"number": 9},
        "Invoice Status": choice("Current"),
        "Seats Bought": {"number": 100},
        "Seats Used": {"number": 70},
        "Open Tickets": {"number": 0},
        "Ticket Sentiment": choice("Positive"),
        "Escalations 90d": {"number": 0},
    }
    given = {name.replace("_", " "): value for name, value in properties.items()}
    return Row(properties=healthy | given, created_time=f"2026-01-01T00:{number % 60:02d}:00.000Z")


def critical_page(number: int = 1, **properties: Value) -> Row:
    """The page of an account with both triggers: RED, churn risk critical."""
    bad = {
        "Contract_End_Date": day(TODAY + timedelta(days=30)),
        "Feature_Adoption_Rate": {"number": 0.1},
        "Usage_Trend": choice("Declining"),
        "Login_Frequency_Days": {"number": 90},
        "Invoice_Status": choice("Overdue 60"),
        "Open_Tickets": {"number": 4},
        "Ticket_Sentiment": choice("Negative"),
    }
    return page(number, **(bad | properties))


def at_risk_page(number: int = 1, **properties: Value) -> Row:
    """The page of an account without any usage: AMBER, churn risk high."""
    bad = {
        "Usage_Trend": choice("Inactive"),
        "Login_Frequency_Days": {"number": 70},
        "Feature_Adoption_Rate": {"number": 0.3},
    }
    return page(number, **(bad | properties))
