"""What holds for every account with any signals."""

from datetime import UTC, datetime
from math import fsum
from typing import Any, get_args

from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from pydantic import ValidationError

from customer_success.schemas import (
    ChurnRisk,
    CSMHealthScore,
    CSMHealthSignals,
    Rag,
    SignalKey,
    refusals,
)
from customer_success.scoring.scorecard import DEFAULT_SCORECARD
from customer_success.scoring.scorer import CSMHealthScorer, InsufficientDataError, explain_change
from tests.benchmarks.plain_scorer import plain_explanation
from tests.builders.signals import healthy

SCORER = CSMHealthScorer()
SIGNALS = {signal.key: signal for signal in DEFAULT_SCORECARD.signals}
CAPS = {cap.key: cap for cap in DEFAULT_SCORECARD.caps}
COLOURS: tuple[Rag, ...] = get_args(Rag)
RISKS: tuple[ChurnRisk, ...] = get_args(ChurnRisk)

DAYS = st.integers(0, 130)
# Words from worst to best.
WORDS: dict[str, tuple[str, ...]] = {
    "usage_trend": ("inactive", "declining", "stable", "growing"),
    "stakeholder_engagement": ("low", "medium", "high"),
    "invoice_payment_status": ("overdue_90_plus", "overdue_60", "overdue_30", "current"),
    "avg_ticket_sentiment": ("critical", "negative", "neutral", "positive"),
    "tam_health_rag": ("RED", "AMBER", "GREEN"),
    "collections_risk": ("CRITICAL", "RED", "AMBER", "GREEN"),
}
MORE_IS_BETTER: dict[str, SearchStrategy[Any]] = {
    "feature_adoption_rate": st.floats(0, 1),
    "nps_score": st.integers(0, 10),
    "days_to_renewal": st.integers(-400, 800),
    "seats_utilization_rate": st.floats(0, 2),
}
LESS_IS_BETTER: dict[str, SearchStrategy[Any]] = {
    "login_frequency_days": DAYS,
    "days_since_last_interaction": DAYS,
    "open_ticket_count": st.integers(0, 12),
    "escalation_count_90_days": st.integers(0, 5),
}
VALUES: dict[str, SearchStrategy[Any]] = {
    **{field: st.sampled_from(words) for field, words in WORDS.items()},
    **MORE_IS_BETTER,
    **LESS_IS_BETTER,
}
WORST_AND_BEST: dict[str, tuple[Any, Any]] = {
    "feature_adoption_rate": (0.0, 1.0),
    "usage_trend": ("inactive", "growing"),
    "invoice_payment_status": ("overdue_90_plus", "current"),
    "seats_utilization_rate": (0.0, 1.0),
    "stakeholder_engagement": ("low", "high"),
}


def scoreable(signals: CSMHealthSignals) -> bool:
    try:
        SCORER.score(signals)
    except InsufficientDataError:
        return False
    return True


@st.composite
def accounts(draw: DrawFn) -> dict[str, Any]:
    """The signals of an account of which enough is known to be scored."""
    known = draw(st.fixed_dictionaries(VALUES))
    for field in draw(st.sets(st.sampled_from(sorted(VALUES)), max_size=7)):
        known[field] = None
    assume(scoreable(CSMHealthSignals(**known)))
    return known


def score(known: dict[str, Any], **changes: Any) -> CSMHealthScore:
    return SCORER.score(CSMHealthSignals(**known | changes), account_id="acme")


@given(accounts())
def test_a_score_lies_within_0_and_100_and_each_signal_within_its_weight(known: dict[str, Any]) -> None:
    assessed = score(known)
    assert 0 <= assessed.score <= 100
    assert set(assessed.signal_breakdown) == set(SIGNALS)
    assert all(0 <= points <= SIGNALS[key].weight for key, points in assessed.signal_breakdown.items())
    assert DEFAULT_SCORECARD.minimum_coverage <= assessed.coverage <= 1


@st.composite
def improvements(draw: DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """An account with one signal known to be worse, and known to be better, all else being equal."""
    known = draw(accounts())
    field = draw(st.sampled_from(sorted(VALUES)))
    # Above 1.0, more seats in use are not better any more.
    values = st.floats(0, 1) if field == "seats_utilization_rate" else VALUES[field]
    rank = WORDS[field].index if field in WORDS else (lambda number: number)
    worse, better = sorted((draw(values), draw(values)), key=rank, reverse=field in LESS_IS_BETTER)
    return known | {field: worse}, known | {field: better}


@given(improvements())
def test_a_signal_that_improves_never_costs_anything(pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    # WHEN a known signal becomes better, and nothing else changes
    worse, better = (score(known) for known in pair)
    # THEN neither score nor colour nor churn risk get worse
    assert worse.score <= better.score
    assert COLOURS.index(worse.rag) >= COLOURS.index(better.rag)
    assert RISKS.index(worse.churn_risk) >= RISKS.index(better.churn_risk)


@given(accounts())
def test_breakdown_and_drivers_add_up(known: dict[str, Any]) -> None:
    # WHEN an account is scored
    assessed = score(known)
    # THEN its points, scaled and capped, are its score
    expected = fsum(assessed.signal_breakdown.values()) * assessed.scale
    for cap in assessed.caps:
        expected *= cap.factor
    assert abs(expected - assessed.score) < 0.01
    # AND its drivers lose all that is missing from 100, the dearest first
    lost = [driver.points_lost for driver in assessed.drivers]
    assert abs(fsum(lost) - (100 - assessed.score)) < 0.01
    assert lost == sorted(lost, reverse=True)
    assert {driver.key for driver in assessed.drivers} == {*SIGNALS, *(cap.name for cap in assessed.caps)}


@given(accounts(), accounts())
def test_a_change_is_explained_to_the_last_point(then: dict[str, Any], now: dict[str, Any]) -> None:
    # WHEN two scorings are compared
    before, after = score(then), score(now)
    deltas = explain_change(before, after)
    # THEN the deltas are the change, none is empty, and the biggest come first
    assert abs(fsum(delta.delta for delta in deltas) - (after.score - before.score)) < 0.01
    sizes = [abs(delta.delta) for delta in deltas]
    assert all(sizes)
    assert sizes == sorted(sizes, reverse=True)


@given(accounts(), st.sampled_from(sorted(WORST_AND_BEST)))
def test_a_signal_that_drops_out_keeps_the_score_inside_what_the_others_allow(
    known: dict[str, Any], field: str
) -> None:
    # GIVEN an account without ratings, and one of its signals unknown
    account = known | {"tam_health_rag": None, "collections_risk": None, field: None}
    assume(scoreable(CSMHealthSignals(**account)))
    without = score(account)
    # THEN the score lies between the worst and the best share that the others earn of their weight
    dropped = {key for key in without.unknown if SIGNALS[key].may_drop_out}
    shares = [
        100 * points / SIGNALS[key].weight for key, points in without.signal_breakdown.items() if key not in dropped
    ]
    assert min(shares) - 1e-9 <= without.score <= max(shares) + 1e-9
    # AND between the scores with the signal worth nothing, and at its best
    worst, best = (score(account, **{field: value}) for value in WORST_AND_BEST[field])
    key: Any = field
    floor = worst.signal_breakdown[key] * worst.scale
    assert worst.score - floor - 1e-9 <= without.score <= best.score + 1e-9


@given(accounts(), st.sampled_from(["usage_trend", "feature_adoption_rate", "invoice_payment_status"]))
def test_without_a_signal_the_score_lies_between_those_at_its_worst_and_best(known: dict[str, Any], field: str) -> None:
    # GIVEN a signal whose worst value earns nothing
    assume(scoreable(CSMHealthSignals(**known | {field: None})))
    # THEN not knowing it is no better than its best and no worse than its worst value, under any caps
    worst, best = (score(known, **{field: value}).score for value in WORST_AND_BEST[field])
    assert worst - 1e-9 <= score(known, **{field: None}).score <= best + 1e-9


@given(accounts())
def test_caps_multiply_in_their_order(known: dict[str, Any]) -> None:
    # GIVEN an account without ratings
    uncapped = score(known, collections_risk=None, tam_health_rag=None)
    assert uncapped.caps == []
    # WHEN it has its ratings
    assessed = score(known)
    # THEN collections come first, then the technical account manager, each taking from what is left
    left = uncapped.score
    expected = []
    for key in ("collections_risk", "tam_health_rag"):
        if factor := CAPS[key].factors.get(known[key]):
            expected.append((key, left - left * factor))
            left *= factor
    assert [(cap.name, cap.points_lost) for cap in assessed.caps] == expected
    assert assessed.score == left


@given(accounts(), st.floats(0, 100), st.floats(0, 100))
def test_the_colour_is_what_the_thresholds_say(known: dict[str, Any], one: float, other: float) -> None:
    # GIVEN a tenant's thresholds
    assume(one != other)
    amber, green = sorted((one, other))
    # WHEN an account is scored by them
    assessed = CSMHealthScorer(green_threshold=green, amber_threshold=amber).score(CSMHealthSignals(**known))
    # THEN each threshold belongs to the better colour, and the score itself does not change
    assert assessed.rag == ("GREEN" if assessed.score >= green else "AMBER" if assessed.score >= amber else "RED")
    assert assessed.score == score(known).score


@given(accounts())
def test_a_score_meets_a_threshold_of_just_its_value(known: dict[str, Any]) -> None:
    value = score(known).score
    assume(value > 0)
    assessed = CSMHealthScorer(green_threshold=value, amber_threshold=0.0).score(CSMHealthSignals(**known))
    assert assessed.rag == "GREEN"


@given(accounts())
def test_null_is_absent_and_the_order_of_signals_does_not_matter(known: dict[str, Any]) -> None:
    # GIVEN the same account with its nulls left out, in another order, and a scorer that has seen nothing
    absent = {field: known[field] for field in sorted(known, reverse=True) if known[field] is not None}
    # THEN it gets the same score, to the last letter
    again = CSMHealthScorer().score(CSMHealthSignals(**absent), account_id="acme")
    assert again.model_dump_json() == score(known).model_dump_json()


@given(accounts(), st.none() | st.datetimes(timezones=st.just(UTC)))
def test_a_score_survives_json(known: dict[str, Any], now: datetime | None) -> None:
    assessed = SCORER.score(CSMHealthSignals(**known), account_id="acme", now=now)
    assert CSMHealthScore.model_validate_json(assessed.model_dump_json()) == assessed
    signals = CSMHealthSignals(**known)
    assert CSMHealthSignals.model_validate_json(signals.model_dump_json()) == signals


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(st.dictionaries(st.sampled_from(sorted(VALUES)) | st.text(), ANYTHING, max_size=5))
def test_any_input_is_either_taken_or_refused_in_single_lines(given_signals: dict[str, Any]) -> None:
    try:
        CSMHealthSignals.model_validate(given_signals)
    except ValidationError as error:
        for refusal in refusals(error):
            assert refusal.field
            assert refusal.bound
            assert len(str(refusal).splitlines()) == 1
            assert len(refusal.value) <= 80


def test_the_properties_cover_every_field() -> None:
    assert set(VALUES) == set(CSMHealthSignals.model_fields)
    assert set(WORST_AND_BEST) == {key for key, signal in SIGNALS.items() if signal.may_drop_out}
    assert set(SIGNALS) == set(get_args(SignalKey))


@given(accounts())
def test_a_score_is_the_plain_calculation_to_the_last_digit(known: dict[str, Any]) -> None:
    # GIVEN the same rules as chains of ifs, without tables, memos or shared drivers
    # THEN both write the same JSON, reasons and all
    assert score(known).model_dump_json() == plain_explanation(known, "acme")


@given(accounts())
def test_a_score_does_not_depend_on_what_was_scored_before(known: dict[str, Any]) -> None:
    # THEN a scorer that has scored many accounts and one that has scored none agree
    fresh = CSMHealthScorer().score(CSMHealthSignals(**known), account_id="acme")
    assert fresh.model_dump_json() == score(known).model_dump_json()


def test_more_values_than_a_scorer_remembers_change_no_score() -> None:
    # GIVEN a scorer that has seen more values of a signal than it remembers
    scorer = CSMHealthScorer()
    first = scorer.score(healthy(days_to_renewal=40)).model_dump_json()
    for days in range(3_000):
        scorer.score(healthy(days_to_renewal=days))
    # THEN what it saw first is scored as before
    assert scorer.score(healthy(days_to_renewal=40)).model_dump_json() == first


def test_changing_what_was_read_from_a_score_changes_no_other_score() -> None:
    # GIVEN two accounts with the same unknown signal and the same values, so that their scores share drivers
    signals = healthy(seats_utilization_rate=None)
    first = SCORER.score(signals)
    untouched = first.model_dump_json()
    # WHEN the lists of the first, and the data written from it, are changed
    for written in (first.model_dump(), first.model_dump(mode="json")):
        written["drivers"][0]["value"] = "changed"
    first.unknown.append("usage_trend")
    first.drivers.clear()
    # THEN the second knows nothing of it
    assert SCORER.score(signals).model_dump_json() == untouched
