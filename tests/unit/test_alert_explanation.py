"""What people read: what changed first, with the points it cost, and nothing internal in a mail to the customer."""

import re
from datetime import timedelta

import pytest

from customer_success.alerts import text as alert_text
from customer_success.scan.assessment import assess
from customer_success.schemas import Driver, Support
from customer_success.scoring import words as narrator
from tests.builders.accounts import AT_RISK, DYING, HEALTHY, TODAY, account, at_risk, dying
from tests.builders.scores import alert, point, scan_context, score


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("feature_adoption_rate", 0.35, "feature adoption 35%"),
        ("usage_trend", "declining", "usage declining"),
        ("usage_trend", "inactive", "nobody uses it"),
        ("login_frequency_days", 45, "logins more than 30 days apart"),
        ("days_since_last_interaction", 120, "no contact for more than 90 days"),
        ("invoice_payment_status", "overdue_60", "invoice overdue by 60 days"),
        ("support", Support("negative", 1), "tickets negative, 1 open"),
        ("days_to_renewal", -3, "contract lapsed"),
        ("days_to_renewal", 0, "renewal within 30 days"),
        ("days_to_renewal", 60, "renewal within 60 days"),
        ("seats_utilization_rate", 0.45, "45% of seats used"),
        ("stakeholder_engagement", "low", "stakeholder engagement low"),
        ("nps_score", 4, "NPS 4"),
        ("escalation_count_90_days", 1, "1 escalation in 90 days"),
        ("collections_risk", "CRITICAL", "collections risk CRITICAL"),
        ("tam_health_rag", "RED", "TAM rating RED"),
        ("login_frequency_days", None, "days between logins unknown"),
    ],
)
def test_a_driver_in_words(key: str, value: object, words: str) -> None:
    driver = Driver.model_construct(key=key, points_lost=1.0, value=value)
    assert narrator.driver_words(driver) == words


def test_a_day_that_passes_changes_no_word_of_an_account_page() -> None:
    # GIVEN an account whose contract end and last contact come a day nearer and farther
    today, tomorrow = account(1, AT_RISK), account(1, AT_RISK)
    pages = [
        assess(scan_context(TODAY + timedelta(days=n)), a, None, 0).row.latest.page
        for n, a in enumerate((today, tomorrow))
    ]
    # THEN its page says the same on both days
    assert pages[0] is not None
    assert pages[1] is not None
    assert (pages[0].why, pages[0].next_step) == (pages[1].why, pages[1].next_step)


def test_what_changed_comes_first_with_the_points_it_cost() -> None:
    # GIVEN an account that lost on usage and gained on NPS
    before = point(usage_trend="stable", nps_score=2)
    now = score(usage_trend="declining", nps_score=9)
    # WHEN it is put into words
    text = narrator.explain(now, before, {}, TODAY)
    # THEN the loss stands first, then the gain
    assert text.what_changed == ("usage trend: stable → declining (−7.0)", "NPS: 2 → 9 (+3.0)")


def test_what_costs_is_what_costs_more_than_the_median_account() -> None:
    now = score(feature_adoption_rate=0.5, usage_trend="declining")
    text = narrator.explain(now, None, {"feature_adoption_rate": 10.0, "usage_trend": 5.0}, TODAY)
    assert text.what_costs == ("usage declining (−12.0, median −5.0)",)


def test_unknown_signals_are_named() -> None:
    assert narrator.unknowns(score(nps_score=None, usage_trend=None)) == ("usage trend", "NPS")


def test_the_chat_message_of_an_alert_reads_well() -> None:
    # GIVEN an account that fell from healthy to dying
    raised = alert(dying(1, name="Northwind"), before=account(1, name="Northwind"))
    # WHEN its owner reads it in chat
    message = alert_text.chat_message(raised, "ada@example.com")
    text = [line.text for line in message.lines]
    # THEN it says what, why, since when, what to do, and where to click
    assert message.title.startswith("Northwind: RED ")
    assert "was GREEN; churn risk critical: the contract ends soon and usage is falling" in message.title
    assert text[0] == "What changed"
    assert "Next step: " in " ".join(text)
    assert any(
        line.startswith("ARR 1,000, renewal 2026-04-01 (in 30 days), in this state since 2026-03-02") for line in text
    )
    assert "Why you are told: entered an alerting state" in text
    assert message.lines[-1].url == raised.page_url


FORBIDDEN = re.compile(r"score|GREEN|AMBER|RED\b|ARR|churn|risk|health|1,000|\d+\.\d", re.IGNORECASE)


@pytest.mark.parametrize("raised", [alert(dying(1)), alert(at_risk(2)), alert(account(3, DYING, contract_end=None))])
def test_a_draft_says_nothing_internal(raised: object) -> None:
    draft = alert_text.mail_draft(raised, "ada@example.com")  # type: ignore[arg-type]
    assert FORBIDDEN.findall(" ".join((draft.subject, *draft.paragraphs))) == []


def test_a_draft_goes_to_the_primary_contact_and_names_the_end_of_the_agreement() -> None:
    draft = alert_text.mail_draft(alert(dying(1)), "ada@example.com")
    assert (draft.mailbox, draft.to) == ("ada@example.com", "contact1@customer.example")
    assert any("runs until 1 April 2026" in paragraph for paragraph in draft.paragraphs)


def test_a_draft_without_primary_contact_is_left_open() -> None:
    assert alert_text.mail_draft(alert(dying(1, primary_contact_email=None)), "ada@example.com").to is None


def test_a_very_long_name_is_cut_where_it_stands_in_a_title() -> None:
    raised = alert(dying(1, name="Long " * 1000))
    assert len(alert_text.mail_draft(raised, "ada@example.com").subject) < 150
    assert "…" in alert_text.chat_message(raised, None).title


def test_the_next_step_of_a_contract_that_ends_soon_is_the_renewal() -> None:
    raised = alert(
        account(
            1,
            {**HEALTHY, "feature_adoption_rate": 0.0, "usage_trend": "stable"},
            contract_end=TODAY + timedelta(days=20),
            primary_contact_email=None,
        )
    )
    assert raised.churn_trigger == "contract_proximity"
    assert raised.explanation.next_step.startswith("Agree on the renewal")


@pytest.mark.parametrize(
    ("signals", "expected", "unexpected"),
    [
        ({"open_ticket_count": 0, "avg_ticket_sentiment": "critical"}, (), ("support requests",)),
        ({"open_ticket_count": 2}, ("support requests",), ()),
        ({"days_since_last_interaction": None}, (), ("It has been a while",)),
        ({"days_since_last_interaction": 61}, ("It has been a while",), ()),
        ({"feature_adoption_rate": 0.97}, (), ("not in use yet",)),
        ({"feature_adoption_rate": None}, (), ("not in use yet",)),
        ({"feature_adoption_rate": 0.4}, ("not in use yet",), ()),
    ],
)
def test_a_draft_says_only_what_is_known_and_true(
    signals: dict[str, object], expected: tuple[str, ...], unexpected: tuple[str, ...]
) -> None:
    # GIVEN an account in danger for its contract and its payment, with some signals known and some not
    base = {
        **HEALTHY,
        "usage_trend": "inactive",
        "login_frequency_days": 70,
        "invoice_payment_status": "overdue_90_plus",
    }
    raised = alert(account(1, {**base, **signals}))
    # WHEN the mail is drafted  THEN it speaks of what is so, and of nothing else
    text = " ".join(alert_text.mail_draft(raised, "ada@example.com").paragraphs)
    assert all(words in text for words in expected)
    assert not any(words in text for words in unexpected)


@pytest.mark.parametrize(
    ("signals", "step"),
    [
        ({"usage_trend": "stable"}, "Keep the regular contact."),
        ({"usage_trend": "declining"}, "Ask what changed"),
        ({"open_ticket_count": 0, "avg_ticket_sentiment": "neutral"}, "Keep the regular contact."),
        ({"open_ticket_count": 5}, "Go through the open tickets"),
        ({"login_frequency_days": None}, "Keep the regular contact."),
        ({"tam_health_rag": "RED"}, "Ask the technical account manager"),
    ],
)
def test_the_next_step_answers_what_is_known_to_be_bad(signals: dict[str, object], step: str) -> None:
    assert narrator.next_step(score(**signals)).startswith(step)


def test_no_open_ticket_is_no_complaint() -> None:
    assert "0 open" not in narrator.why(
        score(avg_ticket_sentiment=None, open_ticket_count=0, feature_adoption_rate=0.2)
    )
