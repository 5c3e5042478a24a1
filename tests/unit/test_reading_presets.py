"""The exports of tools are recognised by their headings, and what looks like a field there and is none is left out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from customer_success.reading.fields import field_named
from customer_success.reading.headings import heading_of, presets
from customer_success.reading.tool_exports import FIELDS
from customer_success.reading.words import plain
from tests.builders.exports import EXPORTS
from tests.builders.reading_cells import day, read

FIRST: Mapping[str, Mapping[str, Any]] = {
    "HubSpot": {
        "account_id": "901",
        "name": "Lumen Bikes",
        "owner_email": "ida@x.example",
        "owner_name": "Ida Holm",
        "status": "active",
        "arr": 84000,
        "contract_end": day("2026-04-30"),
        "last_interaction": day("2026-02-20"),
        "primary_contact": "Mia Chen",
        "primary_contact_email": "mia@lumenbikes.example",
        "domain": "lumenbikes.example",
        "external_ids": "domain:lumenbikes.example",
    },
    "Salesforce": {
        "account_id": "0015g1",
        "name": "Harbour Insurance",
        "owner_email": "ida.holm@x.example",
        "owner_name": "Ida Holm",
        "status": "active",
        "arr": 210000,
        "contract_end": day("2026-04-15"),
        "last_interaction": day("2026-02-24"),
        "seats_bought": 300,
        "seats_used": 287,
        "seats_utilization_rate": 287 / 300,
        "open_ticket_count": 1,
    },
    "Gainsight": {
        "account_id": "1P02",
        "name": "Aurum Bank",
        "owner_email": "ida@x.example",
        "owner_name": "Ida Holm",
        "status": "active",
        "arr": 420000,
        "contract_end": day("2026-05-31"),
        "nps_score": 6,
        "seats_utilization_rate": 0.54,
    },
    "Planhat": {
        "account_id": "AC-1",
        "name": "Orbit Labs",
        "owner_email": "ida@x.example",
        "status": "active",
        "arr": 60000,
        "contract_end": day("2026-05-01"),
        "last_interaction": day("2026-02-20"),
        "domain": "orbit.example",
        "external_ids": "planhat:5f1a, domain:orbit.example",
    },
    "Vitally": {
        "account_id": "u-1",
        "name": "Una",
        "owner_name": "Ida Holm",
        "arr": 12000,
        "contract_end": day("2026-06-30"),
        "external_ids": "vitally:aaaa-1",
    },
    "ChurnZero": {
        "account_id": "z-1",
        "name": "Zeta One",
        "owner_email": "ida@x.example",
        "status": "active",
        "contract_end": day("2026-04-01"),
        "seats_bought": 40,
    },
    "ChartMogul": {
        "account_id": "ext-1",
        "name": "Acme BV",
        "status": "active",
        "arr": 15000,
        "plan": "Pro",
        "external_ids": "chartmogul:cus_1111",
    },
    "Stripe": {
        "account_id": "cus_A1",
        "name": "Alpha Inc",
        "status": "active",
        "plan": "pro",
    },
    "Zendesk": {
        "account_id": "A-1",
        "name": "Alpha",
        "domain": "alpha.example",
        "open_ticket_count": 3,
        "external_ids": "zendesk:1, domain:alpha.example",
    },
    "Intercom": {
        "account_id": "al-1",
        "name": "Alpha",
        "plan": "Pro",
        "domain": "alpha.example",
        "external_ids": "domain:alpha.example",
    },
    "PostHog": {
        "account_id": "ph-1",
        "name": "Alpha",
        "plan": "pro",
        "arr": 6000,
        "domain": "alpha.example",
        "external_ids": "domain:alpha.example",
    },
    "Notion": {
        "account_id": "A-1",
        "name": "Halo Studios",
        "owner_name": "Ida Holm",
        "primary_contact": "Kim Lee",
        "arr": 54000,
        "contract_end": day("2026-11-03"),
        "last_interaction": day("2026-02-18"),
        "feature_adoption_rate": 0.62,
        "auto_renew": True,
    },
}
"""What is known of the first account of each export, and nothing else."""

LEFT = {"HubSpot", "Salesforce", "Gainsight", "Planhat", "Vitally", "ChurnZero", "ChartMogul", "Stripe"}
"""The tools whose second account has left."""


def test_every_tool_has_an_export_here() -> None:
    assert {preset.name for preset in presets() if preset.kind == "accounts"} == EXPORTS.keys() == FIRST.keys()


@pytest.mark.parametrize("tool", EXPORTS)
def test_an_export_is_recognised_and_read(tool: str) -> None:
    # WHEN an export of the tool is read
    reading = read(EXPORTS[tool])
    # THEN the report names the tool, and each value is what the tool means by it
    assert f"recognised as {tool}" in reading.recognised
    assert dict(reading.accounts[0].values) == FIRST[tool]
    assert [account.values.get("status") == "inactive" for account in reading.accounts] == [False, tool in LEFT]


@pytest.mark.parametrize("tool", EXPORTS)
def test_every_heading_of_an_export_is_accounted_for(tool: str) -> None:
    reading = read(EXPORTS[tool])
    columns = [*reading.columns, *reading.refused, *reading.left_out]
    assert sorted(column.place for column in columns) == list(range(len(reading.table.headings)))
    assert [column.heading for column in reading.left_out if not column.reason] == []


def test_a_name_is_the_accounts_where_no_company_is_given() -> None:
    text = EXPORTS["ChartMogul"].replace("Company,Name", "Mood,Name")
    assert [account.name for account in read(text).accounts] == ["Jan Bos", "Eve Roux"]


def test_a_tools_own_ids_are_the_accounts_where_the_teams_are_empty() -> None:
    text = EXPORTS["Zendesk"].replace(",A-1,", ",,").replace(",A-2,", ",,")
    assert [account.values["account_id"] for account in read(text).accounts] == ["1", "2"]


def test_a_contract_end_in_a_range_is_its_last_day() -> None:
    assert read(EXPORTS["Notion"]).accounts[1].values["contract_end"] == date(2026, 3, 25)


@pytest.mark.parametrize("preset", presets(), ids=lambda preset: preset.name)
def test_a_preset_names_fields_that_there_are_and_headings_in_plain_spelling(preset: Any) -> None:
    names = [name for name in preset.columns.values() if name]
    fields = FIELDS.get(preset.kind)
    assert [name for name in names if (name not in fields if fields else field_named(name) is None)] == []
    listed = [*preset.columns, *preset.left_out, *preset.second_ids, *preset.two_readings]
    listed += [heading for wanted in preset.recognised_by for heading in wanted]
    assert [heading for heading in listed if heading != plain(heading)] == []
    assert [heading for heading in listed if heading not in heading_of(heading).keys] == []
