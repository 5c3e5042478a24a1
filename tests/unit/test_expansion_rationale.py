"""What speaks for an offer of more seats, of a module, of an integration; and what that is worth, if it is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from customer_success.accounts.account import Account
from customer_success.adoption.feature_usage import USAGE_STALE_AFTER, FeatureUsage
from customer_success.expansion.price_list import PriceList
from customer_success.expansion.rationale import rationales
from customer_success.narration.offer_evidence import Rationale, evidence_line
from customer_success.schemas import CSMHealthSignals
from tests.builders.accounts import HEALTHY, TODAY, account
from tests.builders.opportunities import SEATS, asks_for, full
from tests.builders.usage import little_used, not_in_plan, usage

ONE_DAY = timedelta(days=1)
PRICES = PriceList(seat=300, modules={"Planning": 4800, "Reporting": 1200})
STALE = TODAY - USAGE_STALE_AFTER - ONE_DAY


def with_seats(rate: float | None, trend: str | None = "stable", /, **facts: Any) -> Account:
    return account(1, {**HEALTHY, "seats_utilization_rate": rate, "usage_trend": trend}, **facts)


def seats(of: Account, prices: PriceList = PRICES) -> Rationale | None:
    return asks_for(of, (), prices).rationale("seats")


def module(*rows: FeatureUsage, prices: PriceList = PRICES) -> Rationale | None:
    return asks_for(account(), rows, prices).rationale("module")


def integration(tools: Sequence[str], *rows: FeatureUsage, **facts: Any) -> Rationale | None:
    return asks_for(account(connected_tools=tuple(tools), **facts), rows, PRICES).rationale("integration")


def connected(feature: str = "Slack integration", **facts: Any) -> FeatureUsage:
    """An integration that the plan includes and that is unused."""
    return little_used(feature, **{"family": "Integrations", **facts})


def lines(rationale: Rationale | None) -> list[str]:
    assert rationale is not None
    return [evidence_line(signal) for signal in rationale.signals]


def confidence(rationale: Rationale | None) -> str:
    assert rationale is not None
    return rationale.confidence


def worth(rationale: Rationale | None) -> float | None:
    assert rationale is not None
    return rationale.estimated_arr_impact


# ---- Seats ----


def test_seats_in_use_speak_for_more_of_them() -> None:
    rationale = seats(full(signals_updated=TODAY - ONE_DAY))
    assert lines(rationale) == [
        "Seats in use per seat bought: 107% (account page, 2026-03-01)",
        "Seats in use: 257 (account page, 2026-03-01)",
        "Seats bought: 240 (account page, 2026-03-01)",
        "Usage trend: growing (account page, 2026-03-01)",
    ]
    assert worth(rationale) == 300 * 17


def test_few_or_unknown_seats_in_use_speak_for_nothing() -> None:
    assert seats(with_seats(0.8)) is not None
    assert seats(with_seats(0.7999)) is None
    assert seats(with_seats(None, **SEATS)) is None


def test_counts_and_trend_are_stated_only_where_known() -> None:
    assert lines(seats(with_seats(0.9))) == ["Seats in use per seat bought: 90% (account page, 2026-03-02)"]
    used_alone = lines(seats(with_seats(0.9, None, seats_used=9.0)))
    assert used_alone[1:] == ["Seats in use: 9 (account page, 2026-03-02)"]
    assert len(lines(seats(with_seats(0.9, seats_used=-1.0, seats_bought=0.0)))) == 1


@pytest.mark.parametrize(
    ("facts", "price"),
    [
        ({"seats_used": 240.0, "seats_bought": 240.0}, 300.0),
        ({"seats_used": 200.0, "seats_bought": 240.0}, 300.0),
        ({"seats_used": 257.0}, 300.0),
        ({"seats_bought": 240.0}, 300.0),
        ({"seats_used": 257.0, "seats_bought": 0.0}, 300.0),
        (SEATS, None),
    ],
)
def test_without_a_price_or_a_number_of_missing_seats_nothing_is_estimated(
    facts: dict[str, float], price: float | None
) -> None:
    assert worth(seats(with_seats(1.0, **facts), PriceList(seat=price))) is None


@pytest.mark.parametrize(
    ("rate", "trend", "expected"),
    [
        (0.8, "growing", "medium"),
        (0.89, "growing", "medium"),
        (0.9, "growing", "high"),
        (0.9, "stable", "medium"),
        (0.99, None, "medium"),
        (1.0, "declining", "high"),
    ],
)
def test_all_seats_or_nearly_all_with_usage_growing_are_sure(rate: float, trend: str | None, expected: str) -> None:
    assert confidence(seats(with_seats(rate, trend))) == expected


def test_signals_that_still_count_but_are_older_than_14_days_are_not_sure_of_anything() -> None:
    assert confidence(seats(full(signals_updated=TODAY - timedelta(days=14)))) == "high"
    counting_still = full(signals_updated=TODAY - timedelta(days=15), signals_stale_after_days=30)
    assert confidence(seats(counting_still)) == "low"


def test_signals_that_no_longer_count_are_no_rationale_for_an_offer() -> None:
    # GIVEN an account of which all seats are in use, and a tool that is not connected, if its page is right
    of = full(signals_updated=TODAY - timedelta(days=15), connected_tools=("Slack",))
    rows = [connected(as_of=TODAY)]
    # WHEN its page is too old THEN nothing is offered for it
    assert rationales(of, CSMHealthSignals.model_validate(of.signals_on(TODAY)), rows, PRICES, run_date=TODAY) == ()
    # WHEN a task assumes that all seats are in use THEN only that counts, and for little
    would_be = CSMHealthSignals.model_validate({"seats_utilization_rate": 1.2})
    (rationale,) = rationales(of, would_be, rows, PRICES, run_date=TODAY)
    assert ([signal.key for signal in rationale.signals], rationale.confidence) == (
        ["seats_rate", "seats_bought"],
        "low",
    )


def test_a_day_that_lies_ahead_is_read_as_today() -> None:
    ahead = seats(full(signals_updated=TODAY + ONE_DAY))
    assert ahead is not None
    assert {signal.as_of for signal in ahead.signals} == {TODAY}


# ---- Modules ----


def test_a_feature_near_its_limit_speaks_for_its_module() -> None:
    rationale = module(usage(used=38.0, limit=40.0, as_of=TODAY - ONE_DAY))
    assert lines(rationale) == [
        "Boards, share of its limit in use: 95% (feature usage, 2026-03-01)",
        "Boards, in use: 38 (feature usage, 2026-03-01)",
        "Boards, limit: 40 (feature usage, 2026-03-01)",
    ]
    # The size of a limit increase is unknown, so the price alone is worth nothing.
    assert (confidence(rationale), worth(rationale)) == ("medium", None)


def test_a_feature_that_was_asked_for_speaks_for_its_module() -> None:
    rationale = module(not_in_plan(used=3.0, family="Reporting"))
    assert lines(rationale) == ["Forecasts, not in the plan, times asked for: 3 (feature usage, 2026-03-02)"]
    assert (confidence(rationale), worth(rationale)) == ("medium", 1200)


@pytest.mark.parametrize(
    "row",
    [
        usage(used=35.9, limit=40.0),
        usage(used=40.0, limit=None),
        usage(used=None, limit=40.0),
        usage(used=40.0, limit=0.0),
        usage(used=40.0, limit=40.0, entitled=None),
        not_in_plan(),
        not_in_plan(used=None),
        not_in_plan(used=-3.0),
        not_in_plan(used=3.0, as_of=STALE),
        not_in_plan(used=3.0, as_of=None),
        usage(used=40.0, limit=40.0, as_of=STALE),
        usage(used=40.0, limit=40.0, as_of=TODAY + ONE_DAY),
    ],
)
def test_what_is_far_from_its_limit_or_not_known_speaks_for_nothing(row: FeatureUsage) -> None:
    assert module(row) is None


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (usage(used=36.0, limit=40.0), "medium"),
        (usage(used=39.9, limit=40.0), "medium"),
        (usage(used=40.0, limit=40.0), "high"),
        (usage(used=55.0, limit=40.0), "high"),
        (not_in_plan(used=9.0), "medium"),
        (not_in_plan(used=10.0), "high"),
    ],
)
def test_what_has_reached_its_limit_or_was_asked_for_ten_times_is_sure(row: FeatureUsage, expected: str) -> None:
    assert confidence(module(row)) == expected


def test_one_sure_feature_is_enough() -> None:
    assert confidence(module(not_in_plan(used=1.0), usage(used=40.0, limit=40.0))) == "high"


def test_the_modules_of_all_named_features_are_estimated_together_each_once() -> None:
    rows = [
        not_in_plan("Boards", used=4.0, family="Planning"),
        not_in_plan("Plans", used=2.0, family=" planning"),
        not_in_plan("Forecasts", used=3.0, family="Reporting"),
    ]
    assert worth(module(*rows)) == 4800 + 1200
    assert worth(module(*rows, usage("Charts", used=40.0, limit=40.0, family="Reporting"))) is None


@pytest.mark.parametrize(("used", "asks"), [(0.4, False), (1.0, True)])
def test_what_was_not_asked_for_even_once_speaks_for_nothing(used: float, asks: bool) -> None:
    assert (module(not_in_plan(used=used)) is not None) is asks


def test_an_integration_that_is_not_in_the_plan_is_no_module() -> None:
    assert module(not_in_plan("Slack integration", used=15.0, family="Integrations")) is None
    rationale = integration(["Slack"], connected(entitled=False, used=15.0))
    assert lines(rationale)[1] == "Slack integration, not in the plan, times asked for: 15 (feature usage, 2026-03-02)"
    assert confidence(rationale) == "medium"


def test_how_often_a_tool_was_asked_for_is_left_out_where_it_was_not_counted() -> None:
    rationale = integration(["Slack"], connected(entitled=False, used=None))
    assert not any("times asked for" in line for line in lines(rationale))


def test_one_unknown_price_leaves_nothing_to_estimate() -> None:
    rows = [usage(used=40.0, limit=40.0), not_in_plan(used=3.0, family="Security")]
    assert worth(module(*rows)) is None


def test_a_feature_without_a_family_is_a_module_of_its_own() -> None:
    assert worth(module(not_in_plan("Reporting", used=3.0, family=None))) == 1200


def test_of_many_features_the_five_most_requested_are_named_and_estimated() -> None:
    # GIVEN six features that were asked for, the least asked for of a module without a price
    rows = [not_in_plan(f"Feature {n}", used=float(n), family="Planning") for n in range(2, 7)]
    least = not_in_plan("Rare", used=1.0, family="Security")
    rationale = module(least, *rows)
    assert [line.split(",")[0] for line in lines(rationale)] == [f"Feature {n}" for n in range(6, 1, -1)]
    assert worth(rationale) == 4800


# ---- Integrations ----


def test_a_tool_with_an_unused_integration_speaks_for_it() -> None:
    rationale = integration(["Slack"], connected(as_of=TODAY - ONE_DAY), signals_updated=TODAY - 2 * ONE_DAY)
    assert lines(rationale) == [
        "Connected tool: Slack (account page, 2026-02-28)",
        "Slack integration, in use: 0 (feature usage, 2026-03-01)",
    ]
    assert (confidence(rationale), worth(rationale)) == ("medium", None)


def test_a_tool_without_a_row_of_its_own_is_reported_with_low_confidence() -> None:
    rationale = integration(["Jira"], usage("Slack integration", family="integration"))
    assert lines(rationale) == ["Connected tool: Jira (account page, 2026-03-02)"]
    assert confidence(rationale) == "low"


def test_a_tool_with_a_row_goes_before_tools_without_one() -> None:
    rationale = integration(["Jira", "Slack"], connected())
    assert [line.split(" (")[0] for line in lines(rationale)] == [
        "Connected tool: Slack",
        "Slack integration, in use: 0",
    ]
    assert confidence(rationale) == "medium"


@pytest.mark.parametrize(
    "row",
    [
        connected(used=1.0),
        connected(used=None),
        connected("SLACK", used=7.0),
    ],
)
def test_a_tool_whose_integration_is_used_or_not_known_speaks_for_nothing(row: FeatureUsage) -> None:
    others = usage("Zapier integration", family="Integrations")
    assert integration(["Slack"], row, others) is None


def test_a_tool_that_a_feature_of_another_family_uses_is_connected() -> None:
    assert integration(["Slack"], connected(), usage("Export to Slack", family="Exports")) is None
    assert integration(["Slack"], connected(), little_used("Export to Slack", family="Exports")) is not None


def test_an_entitled_integration_of_which_it_is_not_known_that_it_is_in_the_plan_may_be_offered() -> None:
    assert integration(["Slack"], connected(entitled=None)) is not None


def test_without_fresh_rows_of_integrations_nothing_is_known_of_them() -> None:
    assert integration(["Slack"]) is None
    assert integration(["Slack"], usage("Boards")) is None
    assert integration(["Slack"], connected(as_of=STALE)) is None
    assert integration(["Jira"], connected(as_of=STALE)) is None


def test_a_stale_row_of_the_tool_is_no_reason_to_offer_it() -> None:
    others = usage("Zapier integration", family="Integrations")
    assert integration(["Slack"], connected(used=0.0, as_of=STALE), others) is None


def test_a_tool_is_found_as_a_whole_word_however_its_case_is_written() -> None:
    # Box is the tool of neither "Dropbox" nor "Boxer", so of Box nothing is listed.
    for other in ("Dropbox sync", "Boxer sync"):
        assert confidence(integration(["Box"], usage(other, family="Integrations"))) == "low"
    assert confidence(integration(["C++ (IDE)"], connected("For C++ (IDE)"))) == "medium"
    assert confidence(integration(["MS Teams"], connected("ms teams calls"))) == "medium"


def test_each_tool_is_listed_once_and_five_at_most() -> None:
    tools = ["slack", "Slack ", " ", *(f"Tool {n}" for n in range(9))]
    rationale = integration(tools, usage("Zapier integration", family="Integrations"))
    assert [line.split(" (")[0] for line in lines(rationale)] == [
        "Connected tool: Slack",
        *(f"Connected tool: Tool {n}" for n in range(4)),
    ]


def test_an_account_without_tools_is_offered_no_integration() -> None:
    assert integration([], connected()) is None


# ---- All of them ----


def test_each_type_has_one_rationale_and_no_two_facts_of_it_the_same_key() -> None:
    of = full(connected_tools=("Slack", "Jira"))
    rows = [
        usage("Boards", used=40.0, limit=40.0),
        usage("Plans", used=40.0, limit=40.0),
        not_in_plan("Forecasts", used=4.0),
        connected("Slack calls"),
        connected("Slack files"),
    ]
    found = asks_for(of, rows).rationales
    assert [rationale.opportunity_type for rationale in found] == ["seats", "module", "integration"]
    keys = [signal.key for rationale in found for signal in rationale.signals]
    assert len(keys) == len(set(keys))


def test_an_account_that_asks_for_nothing_has_no_rationale() -> None:
    assert asks_for(with_seats(0.5), [usage()]).rationales == ()
