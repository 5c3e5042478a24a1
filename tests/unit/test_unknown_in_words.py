"""What is unknown is called unknown, and nothing else, wherever a value becomes words."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_success.adoption import text as adoption_text
from customer_success.alerts import text as alert_text
from customer_success.scan.assessment import Scored, assess
from customer_success.schemas import (
    BenchmarkComparison,
    CapKey,
    CSMHealthScore,
    CSMHealthSignals,
    Driver,
    FeatureAdoptionReport,
    SignalKey,
)
from customer_success.scoring import words as narrator
from customer_success.scoring.health_status import Point
from customer_success.scoring.scorecard import LABELS
from customer_success.scoring.scorer import CSMHealthScorer, explain_change
from customer_success.scoring.signal_words import in_words, side_of_change
from tests.builders.accounts import HEALTHY, TODAY, account
from tests.builders.api import Desk
from tests.builders.partly_known import any_score, any_signals
from tests.builders.scores import scan_context

KEYS = (*get_args(SignalKey), *get_args(CapKey))
NO_WORDS = re.compile(r"\b(None|nan|NaN|null)\b")
VALUES = re.compile(
    r"paid|overdue|growing|declining|stable|nobody|within|more than|at most|lapsed"
    r"|\d+%|\d+ escalation|NPS \d|rating [A-Z]"
)


@pytest.mark.parametrize("key", KEYS)
def test_an_unknown_value_is_called_unknown_and_nothing_else(key: Any) -> None:
    assert in_words(key, None) == f"{LABELS[key]} unknown"
    assert not VALUES.search(in_words(key, None))
    assert narrator.driver_words(Driver(key=key, points_lost=5.0, value=None)) == in_words(key, None)


@pytest.mark.parametrize("key", [key for key in get_args(SignalKey) if key != "support"])
def test_an_unknown_word_is_quoted_and_not_taken_for_the_best(key: Any) -> None:
    assert in_words(key, "odd").endswith("odd")
    assert not VALUES.search(in_words(key, "odd"))


@pytest.mark.parametrize(("key", "words"), [("usage_trend", "unknown"), ("tam_health_rag", "no cap")])
def test_a_cap_that_did_not_apply_is_not_unknown(key: Any, words: str) -> None:
    assert side_of_change(key, None) == words


@given(any_score(), any_score())
def test_no_text_about_any_account_names_what_is_not_there(now: CSMHealthScore, then: CSMHealthScore) -> None:
    # GIVEN an account of which some is known, now and before
    before = Point(TODAY, then)
    # WHEN it is put into words of
    output = narrator.explain(now, before, {}, TODAY)
    narrative = narrator.churn_narrative(now, output)
    texts = [
        narrator.why(now),
        output.headline,
        *output.what_changed,
        *output.what_costs,
        *output.unknown,
        output.next_step,
        narrative.narrative,
        *(narrator.driver_words(driver) for driver in now.drivers),
        *(f"{delta.key} {side_of_change(delta.key, delta.before)}" for delta in explain_change(then, now)),
    ]
    # THEN nothing of it is the machine's word for nothing
    assert [text for text in texts if NO_WORDS.search(text)] == []
    # AND no unknown signal has a value
    for driver in now.drivers:
        if driver.value is None:
            assert narrator.driver_words(driver) == f"{LABELS[driver.key]} unknown"


@given(any_signals(), st.booleans())
def test_no_page_and_no_message_names_what_is_not_there(signals: CSMHealthSignals, bare: bool) -> None:
    # GIVEN an account of which anything may be unknown
    nothing: dict[str, Any] = {"arr": None, "contract_end": None, "owner_email": None, "primary_contact_email": None}
    known = signals.model_dump(exclude_none=True, exclude={"days_to_renewal"})
    assessed = assess(scan_context(), account(1, known, **(nothing if bare else {})), None, 0)
    # WHEN its page and its alert are written
    page = assessed.row.latest.page
    texts = [page.why, page.next_step] if page else []
    if isinstance(assessed, Scored) and assessed.alert:
        message = alert_text.chat_message(assessed.alert, None)
        mail = alert_text.mail_draft(assessed.alert, "ada@example.com")
        record = alert_text.health_record(assessed.alert)
        texts += [message.title, *(line.text for line in message.lines), record.title, mail.subject, *mail.paragraphs]
        texts += [line.text for line in record.lines]
    # THEN nothing of it is the machine's word for nothing
    assert [text for text in texts if NO_WORDS.search(text)] == []


def test_the_api_says_unknown_of_what_is_null() -> None:
    # GIVEN an account of which usage, invoices and escalations are unknown
    unknown: tuple[SignalKey, ...] = (
        "usage_trend",
        "invoice_payment_status",
        "escalation_count_90_days",
        "stakeholder_engagement",
        "nps_score",
    )
    desk = Desk()
    desk.world.accounts[1] = account(2, {**HEALTHY, **dict.fromkeys(unknown)})
    desk.world.scan(TODAY + timedelta(days=1))
    # WHEN its health is asked for
    drivers = {each["signal"]: each for each in desk.ask("GET", "/accounts/A-0002/health").json["drivers"]}
    # THEN each is called unknown, as its value is null
    for key in unknown:
        assert (drivers[key]["value"], drivers[key]["words"]) == (None, f"{LABELS[key]} unknown")
    assert not NO_WORDS.search(json.dumps([driver["words"] for driver in drivers.values()]))


def test_a_missing_comparison_without_a_reason_says_so() -> None:
    report = FeatureAdoptionReport(
        account_id="A-0001",
        as_of=TODAY,
        features_used=[],
        adoption_rate=None,
        underutilised_features=[],
        not_entitled_features=[],
        recommendations=[],
        benchmark_comparison=BenchmarkComparison(peer_group="plan Pro", peers=0),
        confidence="low",
    )
    assert not NO_WORDS.search(str(adoption_text.adoption_section(report, ())))


def test_the_best_words_stay_for_what_is_known() -> None:
    drivers = {driver.key: driver for driver in CSMHealthScorer().score(CSMHealthSignals(**HEALTHY)).drivers}
    assert narrator.driver_words(drivers["invoice_payment_status"]) == "invoices paid"
    assert narrator.driver_words(drivers["usage_trend"]) == "usage growing"
