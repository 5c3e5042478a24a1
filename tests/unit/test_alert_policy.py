"""Which alerts are sent, how and when: the rules of "Who hears of it" in the architecture."""

from datetime import timedelta

import pytest

from customer_success.alerts.policy import Candidate, MuteRequest, Reason, Suppressed, rank, worse
from customer_success.scoring.health_status import HealthStatus
from tests.builders.days import AT_RISK, FIRST_DAY, IN_DANGER, NOWHERE_NEAR, RED_ONLY, Days


def test_an_account_that_enters_an_alerting_state_is_alerted_once() -> None:
    # GIVEN a healthy account
    days = Days()
    assert days.scan(0, NOWHERE_NEAR).alert is None
    # WHEN it becomes at risk and stays so
    entered, stayed = days.scan(1, AT_RISK), days.scan(2, AT_RISK)
    # THEN the first day reports, and the second says why it does not
    assert entered.alert is Reason.ENTERED
    assert (stayed.alert, stayed.suppressed) == (None, Suppressed.ALREADY_SENT)


def test_a_healthy_account_is_neither_alerted_nor_muted() -> None:
    decision = Days().scan(0, NOWHERE_NEAR)
    assert (decision.alert, decision.suppressed) == (None, None)


@pytest.mark.parametrize(
    ("first", "then", "reason"),
    [
        (AT_RISK, IN_DANGER, Reason.RISK_HIGHER),
        ({**AT_RISK, "rag": "AMBER"}, {**AT_RISK, "rag": "RED"}, Reason.COLOUR_WORSE),
        (RED_ONLY, {**AT_RISK, "rag": "RED", "score": 37.0}, Reason.RISK_HIGHER),
    ],
)
def test_worse_than_when_last_alerted_alerts_again(first: dict, then: dict, reason: Reason) -> None:
    # GIVEN an account that alerted
    days = Days()
    days.scan(0, first)
    # WHEN it stands worse the next day
    # THEN it alerts again, with the reason
    assert days.scan(1, then).alert is reason


def test_a_better_but_still_alerting_account_stays_quiet() -> None:
    days = Days()
    days.scan(0, IN_DANGER)
    assert days.scan(1, {**AT_RISK, "score": 50.0}).suppressed is Suppressed.ALREADY_SENT


def test_a_fall_of_15_points_in_7_days_alerts_although_the_account_is_green() -> None:
    # GIVEN a healthy account
    days = Days()
    days.scan(0, {**NOWHERE_NEAR, "score": 95.0})
    # WHEN it slides by 15 points within the week
    assert days.scan(6, {**NOWHERE_NEAR, "score": 80.1}).alert is None
    fell = days.scan(7, {**NOWHERE_NEAR, "score": 80.0})
    # THEN it alerts, once
    assert fell.alert is Reason.FELL
    assert days.scan(8, {**NOWHERE_NEAR, "score": 80.0}).alert is None


def test_a_fall_over_more_than_7_days_is_not_a_fall() -> None:
    days = Days()
    days.scan(0, {**NOWHERE_NEAR, "score": 95.0})
    assert days.scan(8, {**NOWHERE_NEAR, "score": 75.0}).alert is None


def test_a_second_fall_after_an_alerted_first_alerts() -> None:
    days = Days()
    days.scan(0, {**NOWHERE_NEAR, "score": 100.0})
    assert days.scan(1, {**NOWHERE_NEAR, "score": 85.0}).alert is Reason.FELL
    assert days.scan(2, {**NOWHERE_NEAR, "score": 75.0}).alert is None
    assert days.scan(3, {**NOWHERE_NEAR, "score": 70.0}).alert is Reason.FELL


def test_coming_back_within_the_cool_down_is_silent_unless_worse() -> None:
    # GIVEN an account that alerted and recovered
    days = Days()
    days.scan(0, AT_RISK)
    days.scan(1, NOWHERE_NEAR | {"score": 60.0})
    # WHEN it comes back within 14 days of its alert
    back = days.scan(14, AT_RISK)
    # THEN it is quiet, also on the days after, unless it is worse
    assert (back.alert, back.suppressed) == (None, Suppressed.COOL_DOWN)
    assert days.scan(20, AT_RISK).suppressed is Suppressed.ALREADY_SENT
    assert days.scan(21, IN_DANGER).alert is Reason.RISK_HIGHER


def test_coming_back_after_the_cool_down_alerts() -> None:
    days = Days()
    days.scan(0, AT_RISK)
    days.scan(1, NOWHERE_NEAR | {"score": 60.0})
    assert days.scan(15, AT_RISK).alert is Reason.ENTERED


def test_quiet_until_holds_until_that_day_and_then_the_account_is_alerted() -> None:
    # GIVEN an account that a person wants quiet for ten days
    days, options = Days(), MuteRequest(until=FIRST_DAY + timedelta(days=10))
    # WHEN it enters an alerting state meanwhile (it stood the same when the wish was made)
    days.scan(0, {**AT_RISK, "churn_risk": "medium"})
    quiet = days.scan(1, {**AT_RISK, "churn_risk": "medium", "rag": "AMBER"}, mute_request=options)
    assert quiet.alert is None
    # THEN worse than when it was muted alerts all the same
    assert days.scan(2, AT_RISK, mute_request=options).alert is Reason.ENTERED


def test_a_muted_account_no_worse_is_alerted_when_the_mute_ends() -> None:
    # GIVEN an account in danger whose first scan finds it quiet already
    days, options = Days(), MuteRequest(until=FIRST_DAY + timedelta(days=3))
    # WHEN the days pass
    on_days = [days.scan(day, AT_RISK, mute_request=options) for day in range(4)]
    # THEN it is muted until the day, and alerts on it
    assert [d.suppressed for d in on_days[:3]] == [Suppressed.MUTED_UNTIL] * 3
    assert on_days[3].alert is Reason.ENTERED


def test_a_false_alarm_is_counted_once_by_its_trigger_and_mutes_for_28_days() -> None:
    # GIVEN an alert
    days, verdict = Days(), MuteRequest(false_alarm=True)
    days.scan(0, IN_DANGER)
    # WHEN a person calls it false, and the account recovers and returns
    called = days.scan(1, IN_DANGER, mute_request=verdict)
    assert called.false_alarm == "both"
    assert days.scan(2, NOWHERE_NEAR | {"score": 40.0}, mute_request=verdict).false_alarm is None
    # THEN it is muted for 28 days after the verdict, and alerts after them
    assert days.scan(28, IN_DANGER, mute_request=verdict).suppressed is Suppressed.FALSE_ALARM
    assert days.scan(29, IN_DANGER, mute_request=verdict).alert is Reason.ENTERED


def test_a_verdict_that_is_taken_back_and_given_again_counts_once_for_an_alert() -> None:
    # GIVEN an alert that was called false, and then not
    days, verdict = Days(), MuteRequest(false_alarm=True)
    days.scan(0, AT_RISK)
    days.scan(1, AT_RISK, mute_request=verdict)
    days.scan(2, AT_RISK)
    # WHEN it is called false again  THEN that is no second false alarm; of another alert it is
    assert days.scan(3, AT_RISK, mute_request=verdict).false_alarm is None
    days.scan(4, IN_DANGER)
    assert days.scan(5, IN_DANGER, mute_request=verdict).false_alarm == "both"


def test_the_same_day_again_decides_the_same() -> None:
    # GIVEN a day that was scanned
    days = Days()
    first = days.scan(0, AT_RISK, remember=False)
    # WHEN it is scanned again from what stood before it
    again = days.scan(0, AT_RISK, remember=False, sent_today=first.alert_state.last_sent)
    # THEN nothing differs
    assert again == first


def test_a_rescan_that_finds_less_danger_sends_no_alert_again() -> None:
    # GIVEN an account that alerted as critical this morning
    days = Days()
    reported = days.scan(0, IN_DANGER, remember=False).alert_state.last_sent
    # WHEN a rescan of the day finds it only at risk
    again = days.scan(0, AT_RISK, sent_today=reported)
    # THEN it stays muted, and the sent alert is remembered for the days after
    assert (again.alert, again.suppressed, again.alert_state.last_sent) == (None, Suppressed.ALREADY_SENT, reported)
    assert days.scan(1, AT_RISK).suppressed is Suppressed.ALREADY_SENT


def test_a_rescan_that_finds_more_danger_reports_it() -> None:
    days = Days()
    reported = days.scan(0, AT_RISK, remember=False).alert_state.last_sent
    assert days.scan(0, IN_DANGER, sent_today=reported).alert is Reason.ENTERED


def test_a_rescan_that_finds_it_healthy_remembers_the_sent_alert() -> None:
    days = Days()
    reported = days.scan(0, AT_RISK, remember=False).alert_state.last_sent
    days.scan(0, NOWHERE_NEAR | {"score": 60.0}, sent_today=reported)
    assert days.scan(1, AT_RISK).suppressed is Suppressed.COOL_DOWN


def candidates(count: int, *, risk: str = "high", owner: str = "ada@example.com") -> list[Candidate]:
    return [Candidate(f"{owner}-{n}", f"A-{n}", owner, risk, float(n)) for n in range(count)]


def singles(deliveries: dict[str, str]) -> set[str]:
    return {alert_id for alert_id, delivery in deliveries.items() if delivery == "single"}


def test_an_owner_gets_five_a_day_by_risk_then_arr() -> None:
    # GIVEN seven high ones and one medium one of the largest account, for one owner
    alerts = [*candidates(7), Candidate("big", "A-big", "ada@example.com", "medium", 1e6)]
    # WHEN they are ranked
    reported = singles(rank(alerts, first_scan=False, working_day=True))
    # THEN the five largest of the higher risk are sent individually
    assert reported == {f"ada@example.com-{n}" for n in (2, 3, 4, 5, 6)}


def test_critical_ones_are_always_single_and_take_no_ones_place() -> None:
    alerts = [
        *candidates(8, risk="critical"),
        *(Candidate(f"h{n}", f"B-{n}", "ada@example.com", "high", None) for n in range(6)),
    ]
    reported = singles(rank(alerts, first_scan=False, working_day=True))
    assert len(reported) == 8 + 5


def test_each_owner_has_a_share_of_their_own() -> None:
    alerts = [*candidates(6), *candidates(6, owner="ben@example.com"), *candidates(6, owner="")]
    assert len(singles(rank(alerts, first_scan=False, working_day=True))) == 15


@pytest.mark.parametrize(("first_scan", "working_day"), [(True, True), (False, False)])
def test_on_a_first_scan_and_on_days_off_only_critical_ones_are_single(first_scan: bool, working_day: bool) -> None:
    alerts = [*candidates(3), Candidate("worst", "A-x", None, "critical", None)]
    assert singles(rank(alerts, first_scan=first_scan, working_day=working_day)) == {"worst"}


def test_what_was_ranked_before_keeps_its_place_and_counts() -> None:
    # GIVEN three that were sent individually this morning, and one that went to the digest
    early = [Candidate(f"early-{n}", f"E-{n}", "ada@example.com", "medium", 0.0, "single") for n in range(3)]
    digest = Candidate("digest", "D-1", "ada@example.com", "high", 9e9, "digest")
    # WHEN six more come in the afternoon
    deliveries = rank([*early, digest, *candidates(6)], first_scan=False, working_day=True)
    # THEN two of them fill the owner's share
    assert deliveries["digest"] == "digest"
    assert len(singles(deliveries)) == 5


def test_a_status_compares_risk_before_colour() -> None:
    calm = HealthStatus(FIRST_DAY, 50.0, "AMBER", "medium")
    assert worse(HealthStatus(FIRST_DAY, 50.0, "RED", "high"), calm) is Reason.RISK_HIGHER
    assert worse(HealthStatus(FIRST_DAY, 50.0, "RED", "medium"), calm) is Reason.COLOUR_WORSE
    assert worse(HealthStatus(FIRST_DAY, 80.0, "GREEN", "low"), calm) is None
