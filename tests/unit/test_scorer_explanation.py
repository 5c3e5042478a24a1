"""Every score can say why, and what changed since an earlier one."""

from datetime import UTC, datetime
from math import fsum

import pytest

from customer_success.schemas import Support
from customer_success.scoring.scorer import CSMHealthScorer, explain_change
from tests.builders.signals import dying, healthy, perfect


def test_drivers_name_every_signal_by_points_lost() -> None:
    # WHEN a dying account is scored
    score = CSMHealthScorer().score(dying())
    # THEN its drivers say what costs most, with the value that costs it
    assert [(driver.key, driver.points_lost, driver.value) for driver in score.drivers] == [
        ("feature_adoption_rate", 18.0, 0.1),
        ("usage_trend", 12.0, "declining"),
        ("login_frequency_days", 10.0, 90),
        ("days_since_last_interaction", 10.0, 120),
        ("invoice_payment_status", 10.0, "overdue_90_plus"),
        ("support", 10.0, Support("negative", 5)),
        ("days_to_renewal", 9.0, 30),
        ("seats_utilization_rate", 4.0, 0.3),
        ("stakeholder_engagement", 4.0, "low"),
        ("nps_score", 3.0, 2),
        ("escalation_count_90_days", 2.0, 3),
    ]
    assert fsum(driver.points_lost for driver in score.drivers) == pytest.approx(100 - score.score)


def test_the_points_lost_and_the_score_make_100_with_scale_and_caps() -> None:
    # GIVEN an account of which seats are unknown (95 in play), NPS costs 3, and both ratings cap
    score = CSMHealthScorer().score(
        perfect(seats_utilization_rate=None, nps_score=0, collections_risk="RED", tam_health_rag="AMBER")
    )
    # THEN NPS costs 3 × 100 / 95, collections a tenth of what is left, the manager a twentieth of that
    left = 92 * 100 / 95
    lost = {driver.key: driver.points_lost for driver in score.drivers}
    assert lost["nps_score"] == pytest.approx(3 * 100 / 95)
    assert lost["collections_risk"] == pytest.approx(left * 0.1)
    assert lost["tam_health_rag"] == pytest.approx(left * 0.9 * 0.05)
    assert score.score == pytest.approx(left * 0.9 * 0.95)
    assert fsum(lost.values()) == pytest.approx(100 - score.score, abs=1e-9)


def test_an_unknown_signal_is_a_driver_without_a_value() -> None:
    # WHEN logins are unknown, which earns 5 of 10
    score = CSMHealthScorer().score(perfect(login_frequency_days=None))
    # THEN they cost 5 points, and no value is made up for them
    assert (score.drivers[0].key, score.drivers[0].points_lost, score.drivers[0].value) == (
        "login_frequency_days",
        5.0,
        None,
    )


def test_a_score_keeps_its_input() -> None:
    now = datetime(2024, 9, 30, 7, tzinfo=UTC)
    score = CSMHealthScorer().score(healthy(), account_id="acme", now=now)
    assert (score.scored_at, score.days_to_renewal, score.scorecard_version) == (now, 200, "1")


def test_a_change_lists_its_causes_the_biggest_first() -> None:
    # GIVEN a healthy account
    scorer = CSMHealthScorer()
    before = scorer.score(healthy(nps_score=5))
    # WHEN usage declines, three tickets open, the NPS rises, and collections rate it RED
    after = scorer.score(healthy(usage_trend="declining", open_ticket_count=3, nps_score=9, collections_risk="RED"))
    # THEN each is listed with its points: collections take a tenth of 98 − 12 − 3 = 83
    changes = [(delta.key, delta.delta, delta.before, delta.after) for delta in explain_change(before, after)]
    assert changes == [
        ("usage_trend", -12.0, "growing", "declining"),
        ("collections_risk", pytest.approx(-8.3), None, "RED"),
        ("support", -3.0, Support("positive", 0), Support("positive", 3)),
        ("nps_score", 2.0, 5, 9),
    ]
    assert fsum(delta for _, delta, *_ in changes) == pytest.approx(after.score - before.score)


def test_a_cap_that_is_lifted_is_a_gain() -> None:
    # GIVEN a perfect account under a cap
    scorer = CSMHealthScorer()
    capped, free = scorer.score(perfect(tam_health_rag="RED")), scorer.score(perfect())
    # WHEN the cap is lifted
    (delta,) = explain_change(capped, free)
    # THEN that is all that changed
    assert (delta.key, delta.delta, delta.before, delta.after) == ("tam_health_rag", 15.0, "RED", None)


def test_a_signal_that_drops_out_moves_the_weight_of_the_others() -> None:
    # GIVEN an account that loses 10 points on payment and 15 on usage
    scorer = CSMHealthScorer()
    before = scorer.score(perfect(invoice_payment_status="overdue_90_plus", usage_trend="inactive"))
    # WHEN its usage is not known any more
    after = scorer.score(perfect(invoice_payment_status="overdue_90_plus", usage_trend=None))
    # THEN usage gives its points back, and payment weighs 100 / 85 of what it did
    assert [(delta.key, delta.delta) for delta in explain_change(before, after)] == [
        ("usage_trend", 15.0),
        ("invoice_payment_status", pytest.approx(10 - 10 * 100 / 85)),
    ]


def test_nothing_changed_when_a_value_moved_within_its_band() -> None:
    scorer = CSMHealthScorer()
    before, after = scorer.score(healthy()), scorer.score(healthy(login_frequency_days=2))
    assert explain_change(before, after) == []
