"""Exports of tools come in as feeds by their headings; what their form leaves open is refused, never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from pydantic import ValidationError

from customer_success.errors import Refused
from customer_success.reading.errors import UnreadableTableError
from customer_success.reading.tool_exports import FIELDS, tool_export
from customer_success.signals.lines import MODELS, Kind
from customer_success.signals.records import parsed, records

EXPORTS: Mapping[str, tuple[Kind, str, Mapping[str, Any]]] = {
    "Zendesk": (
        "tickets",
        "Id,Requester,Requester domain,Subject,Status,Priority,Created at,Solved at,Satisfaction Score\n"
        '4812,Mia,acme.example,"Login, again",Solved,High,2026-02-20 14:03,2026-02-21 09:00,Good with comment\n'
        "4813,Mia,acme.example,Spam,Deleted,Low,2026-02-20 14:03,,Not offered\n",
        {
            "id": "4812",
            "account": "acme.example",
            "opened": date(2026, 2, 20),
            "closed": date(2026, 2, 21),
            "priority": "High",
            "sentiment": "positive",
        },
    ),
    "Intercom": (
        "tickets",
        "Conversation ID,Company ID,Conversation started at,Conversation closed at,Conversation rating\n"
        "77,al-1,2026-02-20T14:03:00Z,,4\n",
        {"id": "77", "account": "al-1", "opened": date(2026, 2, 20), "csat": 4},
    ),
    "Salesforce": (
        "tickets",
        "Case Number,Account ID,Date/Time Opened,Date/Time Closed,Priority,Escalated\n"
        "00001026,0015g1,2026-02-20T14:03:00.000Z,,High,1\n",
        {"id": "00001026", "account": "0015g1", "opened": date(2026, 2, 20), "priority": "High", "escalated": True},
    ),
    "Stripe": (
        "invoices",
        "id,Amount Due,Currency,Customer,Date (UTC),Due Date (UTC),Status,Subtotal\n"
        'in_1,"1,250.00",usd,cus_A1,2026-01-02 10:11,,open,1250.00\n'
        "in_2,5.00,usd,cus_A1,2026-01-02 10:11,2026-02-01 10:11,draft,5.00\n",
        {"id": "in_1", "account": "cus_A1", "due": date(2026, 1, 2), "amount": 1250.0, "currency": "USD"},
    ),
    "PostHog": (
        "usage",
        "group_key,day,active_users,events\nph-1,2026-02-28,12,340\n",
        {"account": "ph-1", "date": date(2026, 2, 28), "active_users": 12, "events": 340},
    ),
}
"""A kind of feed, an export of it, and what its only line of the feed holds."""


@pytest.mark.parametrize("tool", EXPORTS)
def test_an_export_is_a_feed_as_it_stands(tool: str) -> None:
    kind, text, right = EXPORTS[tool]
    # WHEN the file of a tool lies in the inbox
    found = [parsed(record, MODELS[kind]) for _, record in records(BytesIO(text.encode()), MODELS[kind], kind)]
    # THEN it is the feed's lines, without those that are none
    assert [line.model_dump(exclude_none=True, exclude_defaults=True) for line in found] == [dict(right)]


def test_a_file_with_the_kinds_own_columns_is_read_as_before() -> None:
    text = "account,date,active_users\nA-1,2026-02-28,5\n"
    (record,) = records(BytesIO(text.encode()), MODELS["usage"], "usage")
    assert parsed(record[1], MODELS["usage"]).model_dump(exclude_none=True)["active_users"] == 5


def test_a_day_with_two_readings_is_refused_and_not_guessed() -> None:
    text = EXPORTS["Zendesk"][1].replace("2026-02-20 14:03", "3/4/2026 14:03")
    record = next(iter(records(BytesIO(text.encode()), MODELS["tickets"], "tickets")))[1]
    with pytest.raises(ValidationError, match="opened"):
        parsed(record, MODELS["tickets"])


def test_a_teams_map_names_columns_and_their_form() -> None:
    # GIVEN a table of the team's own, with days and amounts as they are written there
    given = '[columns]\n"Beleg" = "id"\n"Kunde" = "account"\n"Fällig" = "due"\n"Summe" = "amount"\n'
    export = tool_export(["Beleg", "Kunde", "Fällig", "Summe"], "invoices", f'decimal = ","\n{given}')
    # WHEN a line comes
    assert export is not None
    line = export.line(["R-1", "K-1", "31.03.2026", "1.250,50 €"])
    # THEN it is one of the kind
    assert line == {"id": "R-1", "account": "K-1", "due": "2026-03-31", "amount": "1250.5"}


@pytest.mark.parametrize(
    ("given", "reason"),
    [('[columns]\n"Beleg" = "arr"', "is no field"), ('[columns]\n"a" = "id"\n"b" = "id"', "by two columns")],
)
def test_a_map_that_is_wrong_is_refused(given: str, reason: str) -> None:
    with pytest.raises(UnreadableTableError, match=reason):
        tool_export(["a", "b"], "invoices", given)


def test_a_broken_line_of_an_export_is_refused_by_its_number() -> None:
    text = EXPORTS["Stripe"][1] + 'in_3,"5\n'
    with pytest.raises(Refused, match="line 4"):
        list(records(BytesIO(text.encode()), MODELS["invoices"], "invoices"))


def test_the_fields_of_a_kind_are_those_of_its_model() -> None:
    for kind, fields in FIELDS.items():
        assert fields == set(MODELS[kind].model_fields)  # type: ignore[index]
