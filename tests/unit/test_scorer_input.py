"""Bad signals are refused with field, value and bound; good ones are taken as they are."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from customer_success.schemas import CSMHandoffRequest, CSMHealthSignals, ExpansionOpportunity, refusals
from tests.benchmarks.plain_scorer import PlainSignals
from tests.builders.signals import only
from tests.builders.texts.scoring import NPS_11, above_bound

BAD_SIGNALS: list[tuple[str, Any, str]] = [
    ("nps_score", 11, NPS_11),
    ("nps_score", -1, "nps_score: -1 is below the bound 0"),
    ("nps_score", "9", "nps_score: must be a number, not '9'"),
    ("nps_score", 10.1, "nps_score: 10.1 is above the bound 10"),
    ("nps_score", True, "nps_score: must be a number, not True"),
    ("nps_score", float("nan"), "nps_score: must be a finite number, not nan"),
    ("nps_scor", 9, "nps_scor: no such field (did you mean nps_score?)"),
    ("shoe_size", 43, "shoe_size: no such field"),
    ("feature_adoption_rate", 1.01, above_bound("feature_adoption_rate", 1.01, 1.0)),
    ("feature_adoption_rate", -0.01, "feature_adoption_rate: -0.01 is below the bound 0.0"),
    ("feature_adoption_rate", "0.5", "feature_adoption_rate: must be a number, not '0.5'"),
    ("feature_adoption_rate", False, "feature_adoption_rate: must be a number, not False"),
    ("feature_adoption_rate", float("nan"), "feature_adoption_rate: must be a finite number, not nan"),
    ("feature_adoption_rate", float("inf"), "feature_adoption_rate: must be a finite number, not inf"),
    ("seats_utilization_rate", 2.5, above_bound("seats_utilization_rate", 2.5, 2.0)),
    ("seats_utilization_rate", -float("inf"), "seats_utilization_rate: must be a finite number, not -inf"),
    ("login_frequency_days", -1, "login_frequency_days: -1 is below the bound 0"),
    ("days_since_last_interaction", 30.0, "days_since_last_interaction: must be an integer, not 30.0"),
    ("days_to_renewal", "soon", "days_to_renewal: must be an integer, not 'soon'"),
    ("open_ticket_count", -1, "open_ticket_count: -1 is below the bound 0"),
    ("escalation_count_90_days", 0.5, "escalation_count_90_days: must be an integer, not 0.5"),
    (
        "usage_trend",
        "exploding",
        "usage_trend: 'exploding' is not one of growing, stable, declining, inactive",
    ),
    ("usage_trend", "", "usage_trend: '' is not one of growing, stable, declining, inactive"),
    ("usage_trend", "Growing", "usage_trend: 'Growing' is not one of growing, stable, declining, inactive"),
    ("stakeholder_engagement", 1, "stakeholder_engagement: 1 is not one of high, medium, low"),
    (
        "invoice_payment_status",
        "overdue_45",
        "invoice_payment_status: 'overdue_45' is not one of current, overdue_30, overdue_60, overdue_90_plus",
    ),
    (
        "avg_ticket_sentiment",
        "angry",
        "avg_ticket_sentiment: 'angry' is not one of positive, neutral, negative, critical",
    ),
    ("tam_health_rag", "CRITICAL", "tam_health_rag: 'CRITICAL' is not one of GREEN, AMBER, RED"),
    ("collections_risk", "red", "collections_risk: 'red' is not one of GREEN, AMBER, RED, CRITICAL"),
]


def refused(**signals: Any) -> list[str]:
    with pytest.raises(ValidationError) as error:
        CSMHealthSignals.model_validate(signals)
    return [str(refusal) for refusal in refusals(error.value)]


@pytest.mark.parametrize(("field", "value", "expected"), BAD_SIGNALS)
def test_a_bad_signal_is_refused_in_one_line(field: str, value: Any, expected: str) -> None:
    assert refused(**{field: value}) == [expected]


@pytest.mark.parametrize(("field", "value", "expected"), BAD_SIGNALS)
def test_it_is_refused_alike_when_it_comes_as_json(field: str, value: Any, expected: str) -> None:
    with pytest.raises(ValidationError) as error:
        CSMHealthSignals.model_validate_json(json.dumps({field: value}))
    assert [refusal.field for refusal in refusals(error.value)] == [expected.split(":")[0]]


@pytest.mark.parametrize(("field", "value", "expected"), BAD_SIGNALS)
def test_the_plain_way_of_the_benchmark_refuses_it_too(field: str, value: Any, expected: str) -> None:
    with pytest.raises(ValidationError) as error:
        PlainSignals.model_validate({field: value})
    assert [refusal.field for refusal in refusals(error.value)] == [expected.split(":")[0]]


@pytest.mark.parametrize(("given", "taken"), [(8.5, "8.5"), (8.0, "8"), (8, "8"), (0.0, "0")])
def test_an_average_is_taken_and_a_whole_number_stays_whole(given: float, taken: str) -> None:
    signals = CSMHealthSignals(nps_score=given, login_frequency_days=given)
    assert (str(signals.nps_score), str(signals.login_frequency_days)) == (taken, taken)
    assert f'"nps_score":{taken},' in signals.model_dump_json()
    assert CSMHealthSignals.model_validate_json(signals.model_dump_json()) == signals


def test_a_refusal_carries_field_value_and_bound() -> None:
    with pytest.raises(ValidationError) as error:
        CSMHealthSignals(nps_score=11, usage_trend="up", open_ticket_count="3")  # type: ignore[arg-type]
    assert [(refusal.field, refusal.value, refusal.bound) for refusal in refusals(error.value)] == [
        ("usage_trend", "'up'", "one of growing, stable, declining, inactive"),
        ("nps_score", "11", "at most 10"),
        ("open_ticket_count", "'3'", "an integer"),
    ]


def test_every_bad_signal_is_reported_at_once() -> None:
    assert len(refused(nps_score=11, feature_adoption_rate="x", colour="GREEN")) == 3


def test_a_long_or_broken_value_is_reported_in_one_short_line() -> None:
    # GIVEN a value of 5,000 characters, and a field name with a line break in it
    shown = refused(**{"usage_trend": "x" * 5000, "nps\nscore\u2028": 3})
    # THEN each is reported in one line of readable length
    assert shown == [
        f"usage_trend: '{'x' * 78}… is not one of growing, stable, declining, inactive",
        "'nps\\nscore\\u2028': no such field",
    ]


@pytest.mark.parametrize("given", ["[]", "3", "null", "{", ""])
def test_what_is_no_object_at_all_is_refused_by_the_name_of_the_model(given: str) -> None:
    with pytest.raises(ValidationError) as error:
        CSMHealthSignals.model_validate_json(given)
    (refusal,) = refusals(error.value)
    assert refusal.field == "CSMHealthSignals"
    assert "is refused: " in str(refusal)


def test_a_missing_field_is_reported_as_missing() -> None:
    with pytest.raises(ValidationError) as error:
        CSMHandoffRequest(task_type="health_scan", acount_id="acme", tenant_id="t")  # type: ignore[call-arg]
    assert [str(refusal) for refusal in refusals(error.value, CSMHandoffRequest)] == [
        "account_id: is missing",
        "acount_id: no such field (did you mean account_id?)",
    ]


def test_the_place_in_a_list_is_shown() -> None:
    with pytest.raises(ValidationError) as error:
        ExpansionOpportunity(
            account_id="acme",
            opportunity_type="boat",  # type: ignore[arg-type]
            evidence=["seats_utilization_rate 0.97", ""],
            estimated_arr_impact=-1.0,
            recommended_talk_track="…",
            confidence="high",
        )
    assert [str(refusal) for refusal in refusals(error.value, ExpansionOpportunity)] == [
        "opportunity_type: 'boat' is not one of seats, module, integration",
        "evidence.1: '' is refused: String should have at least 1 character",
        "estimated_arr_impact: -1.0 is below the bound 0.0",
    ]


def test_a_whole_number_may_stand_for_a_rate() -> None:
    assert CSMHealthSignals(feature_adoption_rate=1).feature_adoption_rate == 1.0


@pytest.mark.parametrize("field", ["feature_adoption_rate", "seats_utilization_rate"])
def test_a_rate_has_no_sign(field: str) -> None:
    assert str(getattr(only(**{field: -0.0}), field)) == "0.0"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("feature_adoption_rate", 0.0),
        ("feature_adoption_rate", 1.0),
        ("seats_utilization_rate", 2.0),
        ("nps_score", 0),
        ("nps_score", 10),
        ("days_to_renewal", -5000),
        ("open_ticket_count", 10**30),
    ],
)
def test_values_on_their_bounds_are_taken(field: str, value: float) -> None:
    assert getattr(only(**{field: value}), field) == value


def test_signals_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        CSMHealthSignals().nps_score = 3  # type: ignore[misc]
