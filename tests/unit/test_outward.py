"""Unknown is never harmless, and never mute: inward messages go out, marked, and outward ones wait."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.notion.names import PropertyNames
from customer_success.accounts.account import Account, Unreadable
from customer_success.accounts.outward import draft_held_because, marks, offer_held_because
from customer_success.accounts.status_words import Meaning, meaning_of
from customer_success.alerts.channels import DraftMail
from customer_success.scan.assessment import Inactive, Scored, assess
from local.doctor.notion import _statuses
from tests.builders.accounts import TODAY, account, dying
from tests.builders.doctor_targets import texts
from tests.builders.reviews import Reviews
from tests.builders.scans import World
from tests.builders.scores import alert, row, scan_context
from tests.unit.test_channels import Vendor, drafts_of, owner_of

RENEWING = "status 'Renewing' is not known"


def unread(field: str | None) -> tuple[Unreadable, ...]:
    return (Unreadable("Its Property", "many", "a number", field),)


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (None, "active"),
        ("  ", "active"),
        ("Active", "active"),
        ("🟢 Active customer", "active"),
        ("Live", "active"),
        ("Customer", "active"),
        ("Aktiv", "active"),
        ("Churned", "left"),
        ("❌ Churned", "left"),
        ("Lost customer", "left"),
        ("Former Client", "left"),
        ("Closed-Lost", "left"),
        ("Gekündigt", "left"),
        ("Résilié", "left"),
        ("Dado de baja", "left"),
        ("At Risk", "unknown"),
        ("Renewing", "unknown"),
        ("Inactive soon?", "unknown"),
        ("🔴", "unknown"),
    ],
)
def test_what_the_word_of_a_status_means(status: str | None, meaning: Meaning) -> None:
    assert meaning_of(status) == meaning
    assert account(1, status=status).inactive == (meaning == "left")


@pytest.mark.parametrize(
    ("facts", "draft", "offer"),
    [
        ({}, False, False),
        ({"status": "Renewing"}, True, True),
        ({"unreadable": unread("nps_score")}, True, True),
        ({"unreadable": unread("status"), "status": None}, True, True),
        ({"unreadable": unread("contract_end")}, False, True),
        ({"unreadable": unread("invoice_payment_status")}, False, True),
        ({"unreadable": unread("notes")}, False, False),
        ({"unreadable": unread(None)}, False, False),
        ({"status": None, "last_known": {"status": TODAY - timedelta(days=9)}}, True, True),
        ({"last_known": {"status": TODAY - timedelta(days=3)}}, False, False),
    ],
)
def test_what_holds_a_draft_and_what_holds_an_offer(facts: dict[str, Any], draft: bool, offer: bool) -> None:
    held = account(1, **facts)
    assert (draft_held_because(held) is not None, offer_held_because(held) is not None) == (draft, offer)
    assert bool(marks(held)) == (offer or "last_known" in facts)


def test_an_account_whose_status_is_not_known_alerts_marked_and_its_customer_gets_no_draft() -> None:
    # GIVEN a critical account with a status that is not known
    renewing = dying(1, status="Renewing")
    # WHEN it is scanned
    assessed = assess(scan_context(), renewing, None, 0)
    # THEN it alerts, and the alert says so
    assert isinstance(assessed, Scored)
    assert assessed.alert
    assert RENEWING in assessed.alert.explanation.unknown
    # AND no mail to the customer is drafted, with the reason
    gmail = Vendor("gmail")
    outcome = DraftMail(drafts_of(gmail), owner_of(row(renewing)))(alert(renewing))
    assert (outcome.state, gmail.made) == ("skipped", [])
    assert outcome.reason == f"no mail to the customer is drafted: {RENEWING}"
    # AND one of a known status has its draft
    known = DraftMail(drafts_of(gmail), owner_of(row(dying(1))))(alert(dying(1)))
    assert (known.state, len(gmail.made)) == ("delivered", 1)


def test_a_review_of_an_account_whose_status_is_not_known_sends_no_invitation() -> None:
    reviews = Reviews()
    reviews.account(1, days=[TODAY], status="Renewing")
    answer = reviews.review()
    assert (answer["status"], answer["draft_id"], reviews.drafts.drafts) == ("written", None, {})


@pytest.mark.parametrize("unknown", [2, 3])
def test_the_digest_lists_each_word_once_and_begins_with_them_where_half_of_the_book_has_one(unknown: int) -> None:
    # GIVEN a book of five accounts, of which two or three have words that are not known
    words = ["Renewing", "Renewing", "At Risk"][:unknown]
    given: list[Account] = [dying(n, status=word) for n, word in enumerate(words, start=1)]
    world = World([*given, *(account(n) for n in range(unknown + 1, 6))])
    # WHEN it is scanned
    world.scan()
    # THEN each word stands there once, with how to map it
    digest = world.digests.digests[next(iter(world.digests.digests))]
    [section] = [each for each in digest.sections if each.title == "Status words that are not known"]
    lines = [line.text for line in section.lines]
    assert lines[0] == "'Renewing': 2 accounts"
    assert "NotionProperties" in lines[-1]
    # AND where they are half of the book, that comes first
    first = digest.sections[0].lines[0].text
    assert first.startswith(f"Attention: the status of {unknown} of 5 accounts is not known") == (unknown == 3)
    # AND every critical account alerts all the same
    assert {entry.alert.account_id for entry in world.alerts.entries.values()} == {each.account_id for each in given}


def test_doctor_says_which_words_it_does_not_know() -> None:
    few = [account(1, status="Renewing"), account(2), account(3)]
    assert texts(list(_statuses(few, PropertyNames())), "off").startswith(
        "'Status' is a word that is not known in 1 of 3 accounts: 'Renewing'"
    )
    half = [account(1, status="Renewing"), account(2)]
    assert "nothing is drafted" in texts(list(_statuses(half, PropertyNames())), "bad")
    assert list(_statuses([account(1), account(2, status="Churned")], PropertyNames())) == []


def test_who_left_in_words_of_another_language_is_inactive() -> None:
    assert isinstance(assess(scan_context(), account(1, status="Gekündigt"), None, 0), Inactive)
