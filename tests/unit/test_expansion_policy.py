"""Who may be offered something more: candidates, what forbids it, and what an earlier offer forbids."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from customer_success.accounts.alert_state import AlertState, Episode, Mute, SentAlert
from customer_success.expansion.offer import Handoff
from customer_success.expansion.policy import blocked, is_candidate, never_offered, why_no_candidate
from customer_success.scan.assessment import ScanContext, assess
from customer_success.schemas import Rag
from customer_success.scoring.health_status import HealthStatus
from customer_success.scoring.scorer import CSMHealthScorer
from tests.builders import signals
from tests.builders.accounts import DYING, TODAY, account
from tests.builders.opportunities import answered, offered
from tests.builders.reviews import Reviews

ONE_DAY = timedelta(days=1)
NOON = datetime.combine(TODAY, time(12), UTC)


def reasons(memory: AlertState | None = None, **changes: Any) -> tuple[str, ...]:
    """Why a healthy account with these signals laid over is offered nothing."""
    return never_offered(account(), signals.healthy(**changes), memory or AlertState(), TODAY)


@pytest.mark.parametrize(
    "changes",
    [
        {"seats_utilization_rate": 0.8, "feature_adoption_rate": 0.1, "usage_trend": "stable"},
        {"seats_utilization_rate": 0.8, "feature_adoption_rate": None, "usage_trend": None},
        {"seats_utilization_rate": 0.2, "feature_adoption_rate": 0.7, "usage_trend": "growing"},
        {"seats_utilization_rate": None, "feature_adoption_rate": 0.9, "usage_trend": "growing"},
    ],
)
def test_a_green_account_with_its_seats_or_its_features_in_use_is_a_candidate(changes: dict[str, Any]) -> None:
    assert why_no_candidate("GREEN", signals.healthy(**changes)) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"seats_utilization_rate": 0.79, "feature_adoption_rate": 0.69, "usage_trend": "growing"},
        {"seats_utilization_rate": 0.79, "feature_adoption_rate": 0.9, "usage_trend": "stable"},
        {"seats_utilization_rate": None, "feature_adoption_rate": 0.9, "usage_trend": None},
        {"seats_utilization_rate": None, "feature_adoption_rate": None, "usage_trend": "growing"},
    ],
)
def test_an_account_that_asks_for_nothing_is_no_candidate(changes: dict[str, Any]) -> None:
    assert why_no_candidate("GREEN", signals.healthy(**changes)) is not None


def test_why_it_is_no_candidate_names_the_values_and_what_is_needed() -> None:
    why = why_no_candidate("GREEN", signals.healthy(seats_utilization_rate=0.5, usage_trend="stable"))
    assert why == (
        "seats in use per seat bought: 50% (at least 80% is needed), feature adoption: 90% with usage stable "
        "(at least 70% and growing is needed)"
    )
    unknown = why_no_candidate("GREEN", signals.only())
    assert unknown is not None
    assert "seats in use per seat bought: unknown" in unknown
    assert "feature adoption: unknown with usage unknown" in unknown


@pytest.mark.parametrize("rag", ["AMBER", "RED"])
def test_another_colour_is_no_candidate_at_any_usage(rag: Rag) -> None:
    why = why_no_candidate(rag, signals.perfect())
    assert why == f"the colour is {rag}: only a GREEN account is offered more"


def test_a_row_is_a_candidate_on_the_day_of_its_score_alone() -> None:
    row = Reviews().account(days=[TODAY - ONE_DAY, TODAY])
    assert is_candidate(row, TODAY)
    assert not is_candidate(row, TODAY + ONE_DAY)
    assert not is_candidate(row, TODAY - ONE_DAY)


def test_a_row_that_was_not_scored_today_is_no_candidate() -> None:
    # GIVEN an account that was scored yesterday, and was removed or rejected today
    row = Reviews().account(days=[TODAY - ONE_DAY])
    for status in ("gone", "rejected", "skipped"):
        today = replace(row, latest=replace(row.latest, run_date=TODAY, status=status))
        # THEN its score of yesterday makes it no candidate
        assert not is_candidate(today, TODAY)


def test_a_row_that_was_scored_and_is_removed_by_now_is_no_candidate() -> None:
    row = Reviews().account(days=[TODAY])
    assert not is_candidate(replace(row, latest=replace(row.latest, status="gone")), TODAY)


def test_a_row_in_danger_is_no_candidate() -> None:
    seats = {**DYING, "seats_utilization_rate": 1.0}
    in_danger = assess(
        ScanContext("acme", TODAY, "run", NOON, CSMHealthScorer(), {}, None), account(1, seats), None, 0
    ).row
    assert in_danger.latest.status == "scored"
    assert not is_candidate(in_danger, TODAY)


def test_a_healthy_account_may_be_offered_something() -> None:
    assert reasons() == ()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"tam_health_rag": "AMBER"}, "the technical account manager's rating is AMBER"),
        ({"tam_health_rag": "RED"}, "the technical account manager's rating is RED"),
        ({"collections_risk": "RED"}, "collections risk is RED"),
        ({"collections_risk": "CRITICAL"}, "collections risk is CRITICAL"),
        ({"invoice_payment_status": "overdue_30"}, "invoices are overdue_30"),
        ({"invoice_payment_status": "overdue_60"}, "invoices are overdue_60"),
        ({"invoice_payment_status": "overdue_90_plus"}, "invoices are overdue_90_plus"),
        ({"stakeholder_engagement": "low"}, "stakeholder engagement is low"),
        ({"avg_ticket_sentiment": "negative"}, "ticket sentiment is negative"),
        ({"avg_ticket_sentiment": "critical"}, "ticket sentiment is critical"),
        ({"escalation_count_90_days": 1}, "escalations in 90 days: 1"),
        ({"days_to_renewal": 90}, "the contract ends on 2026-05-31 (days left: 90, needed: more than 90)"),
        ({"days_to_renewal": 0}, "the contract ends on 2026-03-02 (days left: 0, needed: more than 90)"),
        ({"days_to_renewal": -1}, "the contract lapsed on 2026-03-01"),
        ({"days_to_renewal": -(10**12)}, "the contract lapsed on 0001-01-01"),
    ],
)
def test_what_forbids_an_offer_is_reported_with_its_value(changes: dict[str, Any], why: str) -> None:
    assert reasons(**changes) == (why,)


@pytest.mark.parametrize(
    "changes",
    [
        {"tam_health_rag": "GREEN", "collections_risk": "GREEN"},
        {"collections_risk": "AMBER"},
        {"days_to_renewal": 91},
        {"stakeholder_engagement": "medium", "avg_ticket_sentiment": "neutral"},
        {"escalation_count_90_days": 0, "invoice_payment_status": "current"},
        dict.fromkeys(["tam_health_rag", "collections_risk", "invoice_payment_status", "stakeholder_engagement"]),
        dict.fromkeys(["avg_ticket_sentiment", "escalation_count_90_days"]),
    ],
)
def test_what_is_well_or_unknown_forbids_nothing(changes: dict[str, Any]) -> None:
    assert reasons(**changes) == ()


def test_the_contract_on_the_page_counts_where_no_signal_has_its_end() -> None:
    unknown = signals.healthy(days_to_renewal=None)
    ends = account(contract_end=TODAY + timedelta(days=30))
    assert never_offered(ends, unknown, AlertState(), TODAY) == (
        "the contract ends on 2026-04-01 (days left: 30, needed: more than 90)",
    )
    assert never_offered(account(contract_end=None), unknown, AlertState(), TODAY) == ()


def test_a_signed_renewal_lifts_nothing() -> None:
    signed = account(renewal_stage="Signed")
    assert never_offered(signed, signals.healthy(days_to_renewal=10), AlertState(), TODAY) != ()


def test_all_reasons_are_reported() -> None:
    assert len(reasons(tam_health_rag="RED", stakeholder_engagement="low", escalation_count_90_days=2)) == 3


def sent_status(days_ago: int) -> HealthStatus:
    return HealthStatus(TODAY - timedelta(days=days_ago), 80.0, "GREEN", "low")


def test_an_open_alert_forbids_an_offer_however_long_ago_it_was_sent() -> None:
    memory = AlertState(Episode(date(2026, 1, 5), reported=True), SentAlert(sent_status(56)))
    assert reasons(memory) == ("an alert is open since 2026-01-05",)


def test_an_alert_sent_within_a_week_forbids_an_offer_though_the_account_recovered() -> None:
    assert reasons(AlertState(sent=SentAlert(sent_status(6)))) == (
        "an alert was sent on 2026-02-24, less than 7 days ago",
    )
    assert reasons(AlertState(sent=SentAlert(sent_status(7)))) == ()


def test_an_alert_that_a_person_called_false_is_over_unless_the_account_is_in_danger_still() -> None:
    false = AlertState(
        sent=SentAlert(sent_status(2), called_false=True), mute=Mute(sent_status(2), false_alarm_since=TODAY)
    )
    assert reasons(false) == ()
    assert reasons(replace(false, episode=Episode(sent_status(2).run_date, reported=True))) != ()
    assert reasons(replace(false, sent=SentAlert(sent_status(2)))) != ()


def test_an_offer_that_sales_has_not_answered_is_open() -> None:
    # GIVEN an offer of the quarter before that is on its way, and one that Sales has and took its answer back on
    waiting = offered(date(2025, 12, 1))
    reopened = answered(None, date(2026, 1, 7), found_on=date(2025, 12, 2), kind="module")
    reopened = replace(reopened, handoff=Handoff(date(2025, 12, 2), "nora@example.com"))
    # THEN neither type is offered again, and each reason names the earlier offer
    assert blocked([waiting, reopened], TODAY) == {
        "seats": "offered in Q4 2025 and open since 2025-12-01, not answered by Sales yet",
        "module": "offered in Q4 2025 and open since 2025-12-02, not answered by Sales yet",
    }


def test_an_offer_that_was_held_back_from_sales_blocks_nothing() -> None:
    held = offered(dispatched_on=None, held_because="confidence is low")
    assert blocked([held], TODAY) == {}


def test_an_accepted_offer_blocks_its_type_for_good() -> None:
    accepted = answered("Accepted", date(2024, 5, 2), found_on=date(2024, 5, 1))
    assert blocked([accepted], TODAY) == {"seats": "offered in Q2 2024 and accepted on 2024-05-02"}


def test_a_rejected_offer_blocks_its_type_for_90_days_after_the_answer() -> None:
    rejected = answered("Rejected", date(2025, 12, 2), found_on=date(2025, 11, 1))
    assert blocked([rejected], date(2026, 3, 2)) == {
        "seats": "offered in Q4 2025 and rejected on 2025-12-02: not again before 2026-03-03"
    }
    assert blocked([rejected], date(2026, 3, 3)) == {}


@pytest.mark.parametrize(
    ("found_on", "won_on", "stands"),
    [
        (date(2026, 1, 5), date(2026, 2, 1), True),
        (date(2025, 11, 5), date(2025, 12, 2), True),
        (date(2025, 11, 5), date(2025, 12, 1), False),
    ],
)
def test_what_was_won_is_not_offered_again_within_90_days(found_on: date, won_on: date, stands: bool) -> None:
    against = blocked([answered("Won", won_on, found_on=found_on)], TODAY)
    assert ("seats" in against) is stands
    if stands:
        assert against["seats"].endswith(f"won on {won_on}: not again before {won_on + timedelta(days=91)}")


def test_an_answer_counts_also_where_the_offer_was_not_handed_over() -> None:
    # GIVEN an offer that was only recorded, and that Sales took up from its record
    taken_up = answered("Accepted", TODAY, found_on=TODAY, dispatched_on=None, held_because="no sales owner")
    assert "seats" in blocked([taken_up], TODAY)


def test_the_latest_offer_that_blocks_it_is_named() -> None:
    first = answered("Accepted", date(2024, 11, 2), found_on=date(2024, 11, 1))
    later = offered(date(2025, 2, 1))
    for offers in ([first, later], [later, first]):
        assert blocked(offers, TODAY)["seats"].startswith("offered in Q1 2025")
