"""docs/feeds.md has the kinds and columns that the code reads, and recipes that fill them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from customer_success.api.observation_models import MOST_LINES
from customer_success.scoring.deriver_thresholds import DeriverThresholds
from customer_success.signals.freshness import days_of
from customer_success.signals.kinds import Kind
from customer_success.signals.lines import MODELS
from customer_success.signals.usage import DAYS_STORED

PAGE = (Path(__file__).parents[2] / "docs/feeds.md").read_text("utf-8")
COLUMNS = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \| [^|]+ \|$", PAGE.partition("## The kinds")[2], re.MULTILINE))


def test_every_kind_is_described() -> None:
    assert COLUMNS.keys() == MODELS.keys()


@pytest.mark.parametrize("kind", MODELS)
def test_the_columns_of_a_kind_are_those_that_are_read(kind: Kind) -> None:
    fields = MODELS[kind].model_fields
    described = [column.strip() for column in COLUMNS[kind].split(",")]
    required = {column for column in described if not column.startswith("(")}
    assert required == {name for name, field in fields.items() if field.is_required()}
    assert {column.strip("()") for column in described} == set(fields)


def test_a_recipe_fills_columns_of_its_kind() -> None:
    recipes = re.findall(r"^\| [^|`]+ \| `(\w+)` \| ([^|]+) \|$", PAGE.partition("## From tools")[2], re.MULTILINE)
    assert len(recipes) >= 8
    for kind, text in recipes:
        named = set(re.findall(r"→ (\w+)", text))
        words = set(get_args(MODELS["touchpoints"].model_fields["kind"].annotation)) if kind == "touchpoints" else set()
        assert named <= {*MODELS[kind].model_fields, *words}, kind


def test_numbers_are_those_of_the_code() -> None:
    at = DeriverThresholds()
    days = {kind: days_of(kind, at.fresh) for kind in MODELS}
    assert f"late after {days['usage']} days (usage, tickets)" in PAGE and days["tickets"] == days["usage"]
    assert f"{days['invoices']} (invoices, touchpoints)" in PAGE and days["touchpoints"] == days["invoices"]
    assert f"{days['features']} (features), {days['signals']} (signals)" in PAGE
    assert f"twice its usual interval, {at.fresh.longest} at most" in PAGE and at.fresh.intervals == 2
    assert f"up to {MOST_LINES} lines at once" in PAGE
    assert f"first delivery takes {DAYS_STORED} days" in PAGE
    assert f"a trend takes {at.trend.weeks * 7} days of usage and {at.trend.smallest_base} user-days" in PAGE
    assert f"{at.adoption.weeks * 7} days of `feature` lines" in PAGE
    assert f"{at.adoption.smallest_group} accounts on the plan" in PAGE
