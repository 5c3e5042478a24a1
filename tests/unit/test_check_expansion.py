"""One check: what may be offered, where it is recorded, and what goes to Sales; asked twice, it is done once."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from customer_success.accounts.alert_state import AlertState, SentAlert
from customer_success.errors import Misconfigured, NotWritten, Refused, Unavailable, Unclear
from customer_success.expansion.offer import Handoff, SalesAnswer
from customer_success.expansion.price_list import PriceList
from customer_success.scoring.health_status import HealthStatus
from tests.builders.accounts import TODAY
from tests.builders.fakes import Crash, FakeLedger
from tests.builders.handoffs import FakeOfferNarrator, Handoffs
from tests.builders.offers import offer
from tests.builders.texts.scoring import above_bound

TOMORROW = TODAY + timedelta(days=1)
NEXT_QUARTER = date(2026, 4, 1)
SEATS, MODULE = "A-0001:seats:Q1 2026", "A-0001:module:Q1 2026"
STALE = {"signals_updated": TODAY - timedelta(days=30), "signals_stale_after_days": 60}
"""Signals that count still, and so old that what rests on them is of low confidence."""


@pytest.fixture
def world() -> Handoffs:
    """An account that needs more seats than it bought, and whose feature Boards is at its limit."""
    world = Handoffs()
    world.account(1)
    world.wants_a_module()
    return world


def seats_only(**facts: Any) -> Handoffs:
    world = Handoffs()
    world.account(1, **facts)
    return world


def test_what_speaks_for_itself_is_recorded_and_goes_to_sales_once(world: Handoffs) -> None:
    # WHEN the check's message is delivered five times
    answers = [world.check() for _ in range(5)]
    # THEN each delivery is answered alike
    assert all(answer == answers[0] for answer in answers)
    answer = answers[0]
    assert (answer["task_type"], answer["account_id"], answer["run_date"]) == (
        "check_expansion",
        "A-0001",
        "2026-03-02",
    )
    assert (answer["outcome"], answer["dispatched"], answer["not_dispatched"]) == ("offered", [SEATS, MODULE], [])
    assert [found["opportunity_type"] for found in answer["opportunities"]] == ["seats", "module"]
    assert [found["estimated_arr_impact"] for found in answer["opportunities"]] == [2100.0, None]
    assert (answer["written_by"], answer["confidence"], answer["reasons"]) == ("some-model", "high", [])
    assert "error" not in answer
    # AND the model was asked once, with what is known and nothing else
    (evidence,) = world.narrator.asked
    assert [rationale.opportunity_type for rationale in evidence.rationales] == ["seats", "module"]
    assert (evidence.account_id, evidence.account_name, evidence.on) == ("A-0001", "Account 1", TODAY)
    assert world.counted == {"Enrichments": 1, "ModelCalls": 1, "TokensIn": 500, "TokensOut": 100}
    # AND there is one record and one message of each
    records = world.records.records
    assert [(record.key, record.state, record.note) for record in records.values()] == [
        (SEATS, "Recorded", None),
        (MODULE, "Recorded", None),
    ]
    assert world.records.calls == ["create", "create"]
    assert [sent.handoff_id for sent in world.sent] == [SEATS, MODULE]
    # AND the offers say where they are
    stored = world.offers.offers
    assert {key: (each.dispatched_on, each.page_id) for key, each in stored.items()} == {
        SEATS: (TODAY, "record-1"),
        MODULE: (TODAY, "record-2"),
    }
    assert stored[SEATS].page_url == "https://notion.example/record-1"
    # AND the day's entry has it in words
    entry = world.entry()
    assert (entry.outcome, entry.owner_email, entry.url) == (
        "offered",
        "ada@example.com",
        "https://notion.example/record-1",
    )
    assert [line.partition(":")[0] for line in entry.lines] == [
        "seats, ARR 2,100 a year",
        "module",
    ]
    assert "107%" in entry.lines[0]


def test_the_message_says_all_that_sales_needs(world: Handoffs) -> None:
    world.check()
    sent, found = world.sent[0], world.offers.offers[SEATS].opportunity
    assert (sent.tenant_id, sent.run_date, sent.account_name) == ("acme", TODAY, "Account 1")
    assert (sent.evidence, sent.estimated_arr_impact) == (tuple(found.evidence), 2100.0)
    assert (sent.recommended_talk_track, sent.confidence) == (found.recommended_talk_track, "high")
    assert (sent.sales_email, sent.owner_email) == ("sam@example.com", "ada@example.com")
    assert sent.record_url == "https://notion.example/record-1"


def test_what_the_page_says_about_the_account_goes_with_the_rationales() -> None:
    # GIVEN an account with plan, industry and notes
    world = seats_only(plan="Pro", industry="Retail", notes="They open a second office in May.")
    # WHEN it is checked
    world.check()
    # THEN the narrator knows them
    (evidence,) = world.narrator.asked
    assert (evidence.plan, evidence.industry, evidence.notes) == ("Pro", "Retail", "They open a second office in May.")


@pytest.mark.parametrize(
    ("account_id", "why"),
    [("A-0009", "not known"), ("A-0002", "inactive"), ("A-0003", "no longer in the book")],
)
def test_an_absent_account_is_refused_and_reported(world: Handoffs, account_id: str, why: str) -> None:
    # GIVEN an unknown account, an inactive one, and a deleted one
    world.account(2, status="Inactive")
    removed = world.account(3)
    object.__setattr__(removed.latest, "status", "gone")
    # WHEN it is checked
    with pytest.raises(Refused, match=f"'{account_id}'.*{why}"):
        world.check(account_id)
    # THEN the day's entry says so
    entry = world.entry(account_id)
    assert entry.outcome == "failed"
    assert why in entry.lines[0]
    assert world.narrator.asked == []


@pytest.mark.parametrize(
    ("signals", "facts", "why"),
    [
        ({"usage_trend": "sideways"}, {}, "usage_trend: 'sideways' could not be read"),
        ({}, {"status": "Renewing"}, "status 'Renewing' is not known"),
        (dict.fromkeys(("usage_trend", "login_frequency_days", "feature_adoption_rate", "nps_score",
                        "days_since_last_interaction", "invoice_payment_status", "stakeholder_engagement")), {},
         "cannot be judged: .*unknown"),
        ({"usage_trend": "declining", "login_frequency_days": 90, "nps_score": 1, "feature_adoption_rate": 0.1}, {},
         "GREEN"),
        ({"tam_health_rag": "AMBER"}, {}, "technical account manager"),
        ({"escalation_count_90_days": 1}, {}, "escalations in 90 days: 1"),
        ({}, {"contract_end": TODAY + timedelta(days=80)}, "the contract ends on 2026-05-21"),
    ],
    ids=["no signal", "status", "too little known", "not green", "rating", "escalation", "contract"],
)  # fmt: skip
def test_who_may_be_offered_nothing_is_held_back_with_every_reason(
    signals: dict[str, Any], facts: dict[str, Any], why: str
) -> None:
    # GIVEN an account to which something stands in the way
    world = seats_only(signals=signals, **facts)
    # WHEN it is checked
    answer = world.check()
    # THEN nothing is asked, recorded or sent, and the reasons are listed
    assert answer["outcome"] == "held_back"
    assert any(re.search(why, reason) for reason in answer["reasons"])
    assert (answer["opportunities"], answer["written_by"]) == ([], None)
    assert answer["confidence"] == ("low" if "judged" in why else "high")
    assert (world.entry().outcome, list(world.entry().lines)) == ("held_back", answer["reasons"])
    assert (world.narrator.asked, world.records.records, world.sent, world.offers.offers) == ([], {}, [], {})


def test_an_account_of_which_an_alert_is_open_is_held_back(world: Handoffs) -> None:
    # GIVEN an account with an alert sent yesterday
    row = world.account(2)
    reported = HealthStatus(TODAY - timedelta(days=1), 50.0, "AMBER", "high")
    world.rows.rows["A-0002"] = replace(
        row, latest=replace(row.latest, alert_state=AlertState(sent=SentAlert(reported)))
    )
    # WHEN it is checked
    answer = world.check("A-0002")
    # THEN it is offered nothing
    assert answer["outcome"] == "held_back"
    assert "alert" in answer["reasons"][0]


def test_all_reasons_are_reported_and_not_the_first_alone() -> None:
    world = seats_only(signals={"escalation_count_90_days": 1, "stakeholder_engagement": "low"})
    assert len(world.check()["reasons"]) == 2


def test_an_account_without_rationales_costs_no_model_call() -> None:
    # GIVEN a healthy account that asks for nothing
    world = seats_only(signals={"seats_utilization_rate": 0.5})
    # WHEN it is checked
    answer = world.check()
    # THEN that is the whole reason
    assert (answer["outcome"], answer["confidence"]) == ("nothing", "high")
    assert "no signal asks for" in answer["reasons"][0]
    assert world.entry().outcome == "nothing"
    assert (world.narrator.asked, world.records.calls, world.ledger.entries) == ([], [], {})


def test_a_type_that_is_offered_already_is_left_out_of_the_question(world: Handoffs) -> None:
    # GIVEN an offer of seats of the quarter before that Sales accepted
    accepted = offer("seats", found_on=date(2025, 12, 1), answer=SalesAnswer("Accepted", date(2025, 12, 9)))
    world.offers.offers[accepted.handoff_id] = accepted
    # WHEN the account is checked
    answer = world.check()
    # THEN the model hears of the other one only
    assert world.narrator.asked_for == [["module"]]
    assert answer["dispatched"] == [MODULE]
    assert [reason.partition(" ")[0] for reason in answer["reasons"]] == ["seats:"]
    assert "accepted" in answer["reasons"][0]
    assert any("accepted" in line for line in world.entry().lines)


def test_what_was_offered_yesterday_is_not_offered_today(world: Handoffs) -> None:
    # GIVEN offers of yesterday
    world.check()
    world.account(1, on=TOMORROW)
    # WHEN the account is checked again
    answer = world.check(on=TOMORROW)
    # THEN nothing is asked, written or sent
    assert (answer["outcome"], answer["opportunities"]) == ("nothing", [])
    assert len(answer["reasons"]) == 2
    assert (len(world.narrator.asked), world.records.calls) == (1, ["create", "create"])
    assert len(world.sent) == 2


def test_an_account_gets_one_offer_of_a_type_in_a_quarter_even_if_a_refusal_is_long_ago() -> None:
    # GIVEN an offer of 1 July that Sales rejected at once
    first, last = date(2026, 7, 1), date(2026, 9, 30)
    world = Handoffs()
    world.account(1, on=last, contract_end=None)
    rejected = offer(found_on=first, answer=SalesAnswer("Rejected", first))
    world.offers.offers[rejected.handoff_id] = rejected
    # WHEN the account is checked 91 days later, in the same quarter
    answer = world.check(on=last)
    # THEN it is not offered under the same name again
    assert (answer["outcome"], answer["reasons"]) == ("nothing", ["seats: offered in Q3 2026 already"])


def test_what_sales_has_is_not_made_anew_though_the_check_broke_off_before_it_knew(world: Handoffs) -> None:
    # GIVEN an offer whose check died after its message was sent, and that Sales got
    world.offers.put(offer(dispatched_on=None))
    world.offers.record_handoff(SEATS, Handoff(TODAY, "sam@example.com"))
    world.account(1, on=TOMORROW)
    # WHEN the next day comes
    answer = world.check(on=TOMORROW)
    # THEN the other type alone is offered
    assert answer["dispatched"] == [MODULE]
    assert "seats: offered in Q1 2026 already" in answer["reasons"]
    assert [sent.handoff_id for sent in world.sent] == [MODULE]


@pytest.mark.parametrize(
    ("facts", "sales_owner", "without", "why"),
    [
        (STALE, "lead@example.com", [], "low confidence"),
        ({}, "lead@example.com", ["handoff"], "no handoff queue"),
        ({"sales_email": None}, None, [], "no sales owner"),
    ],
    ids=["unsure", "no queue", "nobody"],
)
def test_what_cannot_go_to_sales_is_recorded_with_the_reason_once(
    facts: dict[str, Any], sales_owner: str | None, without: list[str], why: str
) -> None:
    # GIVEN an offer that cannot go to Sales
    world = seats_only(**facts)
    world.sales_owner = sales_owner
    # WHEN its account is checked twice that day
    answer = world.check(without=without)
    assert world.check(without=without) == answer
    # THEN it is recorded, with the reason, and nothing is sent
    assert (answer["outcome"], answer["dispatched"]) == ("recorded", [])
    assert [held["handoff_id"] for held in answer["not_dispatched"]] == [SEATS]
    assert why in answer["not_dispatched"][0]["reason"]
    (record,) = world.records.records.values()
    assert why in (record.note or "")
    assert (world.sent, world.records.calls) == ([], ["create"])
    assert world.entry().outcome == "recorded"
    assert why in world.entry().lines[0]
    assert answer["confidence"] == ("low" if facts == STALE else "high")
    # WHEN the next day comes and nothing has changed
    world.account(1, on=TOMORROW, **facts)
    later = world.check(on=TOMORROW, without=without)
    # THEN the model is not asked and Notion not called
    assert later["outcome"] == "nothing"
    assert why in later["reasons"][0]
    assert (len(world.narrator.asked), world.records.calls) == (1, ["create"])
    # WHEN the reason no longer holds on the day after
    day = TODAY + timedelta(days=2)
    world.sales_owner = "lead@example.com"
    world.account(1, on=day)
    mended = world.check(on=day)
    # THEN the same offer goes to Sales, and its record says so
    assert (mended["outcome"], mended["dispatched"]) == ("offered", [SEATS])
    assert [(record.key, record.note) for record in world.records.records.values()] == [(SEATS, None)]
    assert world.records.calls == ["create", "write"]
    assert [sent.record_url for sent in world.sent] == ["https://notion.example/record-1"]
    stored = world.offers.offers[SEATS]
    assert (stored.dispatched_on, stored.held_because, stored.found_on) == (day, None, day)


def test_what_could_not_go_in_the_morning_goes_when_it_is_checked_again_that_day() -> None:
    # GIVEN an offer without a seller
    world = seats_only(sales_email=None)
    world.sales_owner = None
    world.check()
    # WHEN a seller is named, and the account is checked again
    world.sales_owner = "lead@example.com"
    answer = world.check(request="by hand")
    # THEN it goes, in the words that were found
    assert answer["dispatched"] == [SEATS]
    assert (len(world.narrator.asked), world.records.calls) == (1, ["create", "write"])
    assert [sent.sales_email for sent in world.sent] == ["lead@example.com"]


def test_a_record_that_was_thrown_away_is_made_anew_when_its_offer_goes_to_sales() -> None:
    # GIVEN a recorded offer whose record is in the trash
    world = seats_only(**STALE)
    world.check()
    world.records.removed.add("record-1")
    # WHEN it may go to Sales, and the message comes twice
    world.account(1, on=TOMORROW)
    answer = world.check(on=TOMORROW)
    assert world.check(on=TOMORROW) == answer
    # THEN it has another record
    assert [sent.record_url for sent in world.sent] == ["https://notion.example/record-2"]
    assert world.offers.offers[SEATS].page_id == "record-2"
    assert world.records.calls == ["create", "write", "create"]


def test_the_accounts_own_sales_owner_comes_before_the_deployments() -> None:
    world = seats_only(sales_email=None)
    world.account(2)
    world.check()
    world.check("A-0002")
    assert [sent.sales_email for sent in world.sent] == ["sales-lead@example.com", "sam@example.com"]


@pytest.mark.parametrize(
    "error",
    [NotWritten("the answer is no JSON"), Misconfigured("the model is not enabled")],
    ids=["no usable answer", "no access"],
)
def test_a_model_that_cannot_write_is_replaced_by_the_rules_at_once(world: Handoffs, error: Exception) -> None:
    # GIVEN a model that fails for good
    world.narrator = FakeOfferNarrator([error])
    # WHEN the account is checked
    answer = world.check()
    # THEN the offers are written by rule, go to Sales, and the result says so, also to a redelivery
    assert (answer["outcome"], answer["written_by"]) == ("offered", "rules")
    assert (answer["confidence"], answer["partial"], answer["retryable"]) == ("low", True, False)
    assert "written by rule" in answer["error"]
    assert str(error) in answer["error"]
    assert {each.written_by for each in world.offers.offers.values()} == {"rules"}
    assert any("written by rule" in line for line in world.entry().lines)
    assert world.counted == {"Enrichments": 1, "FailOpens": 1}
    assert world.check() == answer


def test_a_busy_model_is_waited_for_and_the_last_try_does_without(world: Handoffs) -> None:
    # GIVEN a model that is throttled
    world.narrator = FakeOfferNarrator([Unavailable("too many requests")] * 2)
    # WHEN the message is delivered and may come back
    with pytest.raises(Unavailable):
        world.check()
    # THEN nothing is written, and the day's entry is not settled
    assert (world.offers.offers, world.records.records, world.log.entries) == ({}, {}, {})
    # WHEN it comes for the last time
    answer = world.check(last_try=True)
    # THEN the rules have written it
    assert (answer["written_by"], answer["outcome"]) == ("rules", "offered")
    assert "too many requests" in answer["error"]


def test_what_the_model_invents_is_refused_and_reported(world: Handoffs) -> None:
    # GIVEN a model that makes up evidence
    world.narrator = FakeOfferNarrator(changes={"evidence": ["They asked for a demo."]})
    # WHEN the account is checked twice
    answer = world.check()
    assert world.check() == answer
    # THEN neither offer is made, each refusal is listed once, and nothing is asked again
    assert (answer["outcome"], answer["opportunities"]) == ("nothing", [])
    assert len(answer["refused"]) == 2
    assert "evidence[0]" in answer["refused"][0]
    assert answer["confidence"] == "medium"
    assert world.counted["OffersRefused"] == 2
    assert (len(world.narrator.asked), world.counted["Enrichments"]) == (1, 1)
    assert [line for line in world.entry().lines if line.startswith("refused: ")]


def test_a_sentence_that_does_not_hold_is_taken_out_and_listed(world: Handoffs) -> None:
    # GIVEN a model that adds a figure of its own to what it says
    reported = "How many people are going to work with it this year? Others saved 40 % of their time."
    world.narrator = FakeOfferNarrator(changes={"recommended_talk_track": reported})
    # WHEN the account is checked
    answer = world.check()
    # THEN the sentence stands in the result alone
    assert any("40 %" in dropped for dropped in answer["dropped_claims"])
    assert "40 %" not in repr((world.sent, world.records.records))


def test_a_model_that_proposes_nothing_is_not_asked_again_by_the_same_message(world: Handoffs) -> None:
    # GIVEN a model that sees nothing to offer
    world.narrator = FakeOfferNarrator(silent=True)
    # WHEN the message comes three times
    answers = [world.check() for _ in range(3)]
    # THEN it was asked once
    assert [answer["outcome"] for answer in answers] == ["nothing"] * 3
    assert answers[0]["written_by"] == "some-model"
    assert len(world.narrator.asked) == 1
    # WHEN a person asks anew
    world.narrator = FakeOfferNarrator()
    # THEN it is asked anew
    assert world.check(request="by hand")["outcome"] == "offered"


def test_a_check_that_runs_elsewhere_at_this_moment_is_waited_for(world: Handoffs) -> None:
    # GIVEN the same message in the hands of another function
    world.ledger = FakeLedger({("A-0001:scan:2026-03-02", "expansion_found"): ("sending", "")})  # type: ignore[assignment]
    # WHEN it is delivered here too
    with pytest.raises(Unavailable, match="elsewhere"):
        world.check()
    # THEN the model was not asked a second time
    assert world.narrator.asked == []


def test_without_records_an_offer_is_stored_and_goes_to_sales(
    world: Handoffs, caplog: pytest.LogCaptureFixture
) -> None:
    # WHEN no records are configured
    with caplog.at_level(logging.WARNING):
        answer = world.check(without=["records"])
    # THEN it is stored and goes to Sales all the same, and the result and the log say what is missing
    assert (answer["outcome"], answer["dispatched"]) == ("offered", [SEATS, MODULE])
    assert (answer["partial"], answer["retryable"]) == (True, False)
    assert "Notion is not configured" in answer["error"]
    assert [sent.record_url for sent in world.sent] == [None, None]
    assert "no records are configured" in caplog.text
    assert any("Notion is not configured" in line for line in world.entry().lines)
    assert (world.offers.offers[SEATS].page_id, world.offers.offers[SEATS].dispatched_on) == (None, TODAY)


def test_without_a_log_the_check_is_the_same(world: Handoffs) -> None:
    assert world.check(without=["log"])["outcome"] == "offered"
    assert world.log.entries == {}


def test_what_would_be_offered_with_other_signals_is_answered_and_nothing_is_done() -> None:
    # GIVEN an account that asks for nothing
    world = seats_only(signals={"seats_utilization_rate": 0.5})
    before = world.writes.count
    # WHEN it is asked what would be if it used all its seats
    answer = world.check(signals={"seats_utilization_rate": 1.0})
    # THEN that is stated, and that it is an assumption
    assert (answer["outcome"], answer["dispatched"]) == ("offered", [])
    assert [found["opportunity_type"] for found in answer["opportunities"]] == ["seats"]
    assert any("nothing was stored" in reason for reason in answer["reasons"])
    assert "nothing was stored" in answer["not_dispatched"][0]["reason"]
    # AND nothing is stored, recorded, sent or logged
    assert world.writes.count == before
    assert (world.offers.offers, world.records.calls, world.sent, world.log.entries) == ({}, [], [], {})
    assert world.ledger.entries == {}


def test_signals_that_are_laid_over_can_hold_an_account_back(world: Handoffs) -> None:
    answer = world.check(signals={"escalation_count_90_days": 3})
    assert answer["outcome"] == "held_back"
    assert "escalations in 90 days: 3" in answer["reasons"]
    assert world.log.entries == {}


def test_what_is_offered_already_would_not_be_offered(world: Handoffs) -> None:
    # GIVEN offers of this very morning
    world.check()
    # WHEN it is asked what would be with more seats in use
    answer = world.check(signals={"seats_utilization_rate": 1.2})
    # THEN nothing would be offered, and why
    assert (answer["outcome"], answer["opportunities"]) == ("nothing", [])
    assert [reason.partition(":")[0] for reason in answer["reasons"][:2]] == ["seats", "module"]
    assert world.entry().outcome == "offered"


def test_what_would_not_go_to_sales_is_named_as_such() -> None:
    world = seats_only(signals={"seats_utilization_rate": 0.5}, sales_email=None)
    world.sales_owner = None
    answer = world.check(signals={"seats_utilization_rate": 1.0})
    assert answer["outcome"] == "recorded"
    assert "no sales owner" in answer["not_dispatched"][0]["reason"]


def test_a_signal_that_is_none_is_refused_by_name_and_bound(world: Handoffs) -> None:
    # WHEN it is asked what would be with a share above all bounds
    with pytest.raises(Refused, match=re.escape(f"'A-0001': {above_bound('seats_utilization_rate', 3.0, 2)}")):
        world.check(signals={"seats_utilization_rate": 3.0})
    # THEN the day's entry has nothing of it
    assert world.log.entries == {}


def test_a_notion_that_is_down_fails_the_check_and_costs_no_second_model_call(world: Handoffs) -> None:
    # GIVEN a Notion that is down
    world.weather.faults["records"] = ["down"] * 3
    # WHEN the message comes back as often as the queue allows
    for last_try in (False, False, True):
        assert world.log.entries == {}
        with pytest.raises(Unavailable):
            world.check(last_try=last_try)
    # THEN the day's entry says that it failed, and nothing went to Sales
    assert (world.entry().outcome, world.entry().lines) == ("failed", ("records is down",))
    assert world.sent == []
    # WHEN the message is brought back from the dead-letter queue
    answer = world.check()
    # THEN the offers go, in the stored words
    assert (answer["outcome"], answer["dispatched"]) == ("offered", [SEATS, MODULE])
    assert world.entry().outcome == "offered"
    assert len(world.narrator.asked) == 1


def test_what_failed_yesterday_is_found_anew_today_and_not_twice(world: Handoffs) -> None:
    # GIVEN offers of yesterday that were recorded, and whose queue was down to the end
    world.weather.faults["queue"] = ["down"] * 5
    for attempt in range(5):
        with pytest.raises(Unavailable):
            world.check(last_try=attempt == 4)
    # WHEN the next day comes, with fresh evidence
    world.account(1, on=TOMORROW, seats_used=110.0, signals={"seats_utilization_rate": 1.1})
    answer = world.check(on=TOMORROW)
    # THEN they go under the same names and on the same records, and say what is so today
    assert answer["dispatched"] == [SEATS, MODULE]
    assert [record.key for record in world.records.records.values()] == [SEATS, MODULE]
    assert "110%" in world.records.records["record-1"].evidence[0]


def test_what_sales_accepted_while_notion_was_down_goes_no_further(world: Handoffs) -> None:
    # GIVEN offers that are found and cannot be recorded yet
    world.weather.faults["records"] = ["down"]
    with pytest.raises(Unavailable):
        world.check()
    # AND an older offer of seats that Sales accepts meanwhile
    accepted = offer("seats", found_on=date(2025, 12, 1), answer=SalesAnswer("Accepted", TODAY))
    world.offers.offers[accepted.handoff_id] = accepted
    # WHEN the message comes back
    answer = world.check()
    # THEN the other one goes alone, and why
    assert answer["dispatched"] == [MODULE]
    assert "accepted" in answer["reasons"][0]


def test_a_record_is_known_by_its_page_once_the_ledger_has_forgotten_it() -> None:
    # GIVEN an offer that was held, so long ago that the ledger knows nothing of its record
    world = seats_only(**STALE)
    world.check()
    world.ledger.entries.clear()
    # WHEN it may go to Sales
    world.account(1, on=TOMORROW)
    world.check(on=TOMORROW)
    # THEN it has the record that it had
    assert world.records.calls == ["create", "write"]


def test_what_sales_has_counts_as_handed_off_though_there_is_no_queue_any_more() -> None:
    # GIVEN an offer that went to Sales, whose check died before it knew, and a deployment without a queue since
    world = seats_only()
    world.offers.put(offer(dispatched_on=None, page_id=None, page_url=None))
    world.offers.record_handoff(SEATS, Handoff(TODAY, "sam@example.com"))
    # WHEN the message comes back
    answer = world.check(without=["handoff"])
    # THEN it is offered, and its record is ready for Sales
    assert (answer["outcome"], answer["dispatched"]) == ("offered", [SEATS])
    assert [record.state for record in world.records.records.values()] == ["Ready for Sales"]


def test_a_broken_connection_makes_no_second_record(world: Handoffs) -> None:
    # GIVEN connections that break once the record is there
    world.weather.faults["records"] = ["carried out"]
    with pytest.raises(Unclear):
        world.check()
    # WHEN the message comes back
    world.check()
    # THEN there is one record of each
    assert [record.key for record in world.records.records.values()] == [SEATS, MODULE]


def test_what_sales_made_ready_meanwhile_stays_ready(world: Handoffs) -> None:
    # GIVEN a check that died after its message was sent, and a handoff that was quicker than its return
    with pytest.raises(Crash):
        _crash_at_the_first_message(world)
    world.hand_off(world.sent[0])
    # WHEN the message comes back
    world.check()
    # THEN the record is ready for Sales still, and the offer went once
    assert world.records.records["record-1"].state == "Ready for Sales"
    assert [sent.handoff_id for sent in world.sent] == [SEATS, MODULE]
    assert world.offers.offers[SEATS].dispatched_on == TODAY
    assert world.offers.offers[SEATS].page_id == "record-1"


def _crash_at_the_first_message(world: Handoffs) -> None:
    send = world.queue.send

    def dies(messages: Any, *, delay_seconds: int = 0) -> None:
        send(messages, delay_seconds=delay_seconds)
        world.queue.send = send  # type: ignore[method-assign]
        raise Crash

    world.queue.send = dies  # type: ignore[method-assign]
    world.check()


def test_a_record_that_notion_refuses_is_reported(world: Handoffs) -> None:
    world.weather.faults["records"] = [Refused("the property Evidence is no text")]
    with pytest.raises(Refused):
        world.check()
    assert (world.entry().outcome, world.entry().lines) == ("failed", ("the property Evidence is no text",))


def test_a_new_quarter_is_a_new_offer() -> None:
    # GIVEN an offer that was rejected in the quarter before, more than 90 days ago
    world = Handoffs(prices=PriceList())
    world.account(1, on=NEXT_QUARTER)
    old = offer(found_on=date(2025, 12, 1), answer=SalesAnswer("Rejected", date(2025, 12, 20)))
    world.offers.offers[old.handoff_id] = old
    # WHEN the account is checked
    answer = world.check(on=NEXT_QUARTER)
    # THEN it is offered under the quarter's name, without an estimate where no price is known
    assert answer["dispatched"] == ["A-0001:seats:Q2 2026"]
    assert answer["opportunities"][0]["estimated_arr_impact"] is None
    assert world.entry(on=NEXT_QUARTER).lines[0].startswith("seats: ")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("held", [False, True], ids=["new offers", "an offer that was held"])
def test_a_crash_around_any_write_ends_as_a_check_without_one(after: bool, held: bool) -> None:
    def world() -> Handoffs:
        world = Handoffs()
        if held:
            world.account(1, **STALE)
            world.check()
        world.account(1, on=TOMORROW)
        world.wants_a_module(on=TOMORROW)
        world.writes.count = 0
        return world

    whole = world()
    answer = whole.check(on=TOMORROW)
    assert answer["dispatched"] == [SEATS, MODULE]
    for write in range(1, whole.writes.count + 1):
        # GIVEN a function that dies around one of its writes
        broken = world()
        setattr(broken.writes, "crash_after" if after else "crash_before", write)
        with pytest.raises(Crash):
            broken.check(on=TOMORROW)
        broken.writes.crash_after = broken.writes.crash_before = None
        # WHEN its message comes back
        again = broken.check(on=TOMORROW)
        # THEN the end is the same: offers, records, messages, the day's entry, and the answer
        assert again == answer, write
        assert broken.offers.offers == whole.offers.offers, write
        assert broken.records.records == whole.records.records, write
        assert set(map(repr, broken.sent)) == set(map(repr, whole.sent)), write
        assert broken.log.entries == whole.log.entries, write


def test_a_crash_between_stored_offers_asks_for_the_missing_one_alone(world: Handoffs) -> None:
    # GIVEN a function that died when one of two offers was stored
    world.writes.count, world.writes.crash_after = 0, 2
    with pytest.raises(Crash):
        world.check()
    world.writes.crash_after = None
    assert list(world.offers.offers) == [SEATS]
    # WHEN its message comes back
    world.check()
    # THEN the model was asked for the other one
    assert world.narrator.asked_for == [["seats", "module"], ["module"]]
    assert [sent.handoff_id for sent in world.sent] == [SEATS, MODULE]
