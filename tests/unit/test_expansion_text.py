"""An offer where it is read: the record, the mail to the customer, the message for Sales, the owner's digest."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

import pytest

from customer_success.alerts.digest import Digest
from customer_success.alerts.digest_messages import digest_messages
from customer_success.expansion.entry import ExpansionEntry, Outcome
from customer_success.expansion.offer import Handoff
from customer_success.expansion.text import expansion_record, handed_off_record, offer_mail, owner_digests, sales_digest
from customer_success.schemas import OpportunityType
from tests.builders.accounts import TODAY, account
from tests.builders.opportunities import entry, handoff, offered, opportunity

NORTHWIND = account(name="Northwind Traders")
RECORD_URL = "https://www.notion.so/record"


def texts(digest: Digest) -> dict[str, list[str]]:
    return {section.title: [line.text for line in section.lines] for section in digest.sections}


def digests(
    *entries: ExpansionEntry, notes: Iterable[str] = (), fallback: str | None = "lead@example.com"
) -> dict[str | None, Digest]:
    """The digests by their recipients."""
    found = owner_digests(TODAY, entries, notes, fallback)
    assert len({digest.recipient for digest in found}) == len(found)
    return {digest.recipient: digest for digest in found}


# ---- The record ----


def test_the_record_says_all_that_is_known_of_the_offer() -> None:
    record = expansion_record(offered(), NORTHWIND)
    assert (record.key, record.title) == ("A-0001:seats:Q1 2026", "Northwind Traders: more seats")
    assert (record.account_page_id, record.on, record.state) == (NORTHWIND.page_id, TODAY, "Recorded")
    assert (record.opportunity_type, record.confidence, record.estimated_arr_impact) == ("seats", "high", 5100.0)
    assert record.evidence == (
        "Seats in use: 257 (account page, 2026-03-02)",
        "Seats bought: 240 (account page, 2026-03-02)",
    )
    assert record.talk_track == opportunity().recommended_talk_track
    assert (record.owner_email, record.sales_email, record.note) == ("ada@example.com", "nora@example.com", None)


@pytest.mark.parametrize(
    ("kind", "what"), [("seats", "more seats"), ("module", "a further module"), ("integration", "an integration")]
)
def test_the_title_names_account_and_offer(kind: OpportunityType, what: str) -> None:
    assert expansion_record(offered(kind=kind), NORTHWIND).title == f"Northwind Traders: {what}"
    assert len(expansion_record(offered(), account(name="Long " * 100)).title) < 150


def test_an_offer_that_is_not_handed_over_says_why() -> None:
    held = offered(dispatched_on=None, held_because="confidence is low")
    assert expansion_record(held, NORTHWIND).note == "confidence is low"


def test_an_offer_that_sales_has_is_ready_for_any_recipient() -> None:
    handed = offered(handoff=Handoff(TODAY, "omar@example.com"))
    record = expansion_record(handed, NORTHWIND)
    assert (record.state, record.sales_email) == ("Ready for Sales", "omar@example.com")


def test_the_record_of_what_sales_got_is_the_one_that_was_written_before_it() -> None:
    before = expansion_record(offered(), NORTHWIND)
    after = handed_off_record(handoff(), NORTHWIND, "omar@example.com")
    assert after == replace(before, state="Ready for Sales", sales_email="omar@example.com")


# ---- The mail ----


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("seats", "Seats for your team: Northwind Traders"),
        ("module", "More room for what your team works with: Northwind Traders"),
        ("integration", "Connecting the tools that you work with: Northwind Traders"),
    ],
)
def test_the_mail_says_to_the_contact_what_the_talk_track_says(kind: OpportunityType, subject: str) -> None:
    mail = offer_mail(handoff(opportunity_type=kind), NORTHWIND, "nora@example.com")
    assert (mail.key, mail.mailbox, mail.to) == (
        f"A-0001:{kind}:Q1 2026",
        "nora@example.com",
        "contact1@customer.example",
    )
    assert mail.subject == subject
    assert mail.paragraphs[0] == "Hello,"
    assert mail.paragraphs[1] == handoff().recommended_talk_track
    assert mail.paragraphs[-1] == "Best regards"


def test_the_mail_without_recipient_is_left_open() -> None:
    assert offer_mail(handoff(), account(primary_contact_email=None), "nora@example.com").to is None


def test_the_mail_says_nothing_that_is_ours_alone() -> None:
    mail = offer_mail(handoff(), NORTHWIND, "nora@example.com")
    text = " ".join((mail.subject, *mail.paragraphs))
    assert not re.search(r"5.?100|\b(score|green|amber|red|arr|price|churn|confidence)\b", text, re.IGNORECASE)


# ---- The message for Sales ----


def test_sales_reads_why_what_to_say_what_it_is_worth_and_where_to_answer() -> None:
    messages = sales_digest(handoff(), NORTHWIND, "nora@example.com", RECORD_URL)
    assert (messages.digest_id, messages.run_kind, messages.run_date) == (
        "handoff:A-0001:seats:Q1 2026",
        "sales_handoff",
        TODAY,
    )
    assert (messages.title, messages.recipient) == ("Northwind Traders: more seats", "nora@example.com")
    assert texts(messages) == {
        "Why": list(handoff().evidence),
        "What to say": [handoff().recommended_talk_track],
        "The offer": [
            "Estimated ARR: 5,100 a year",
            "Confidence: high",
            "Owner of the account: ada@example.com",
            "Open the account in Notion",
            "Open the record and answer in Sales Status",
        ],
    }
    assert [line.url for line in messages.sections[-1].lines if line.url] == [NORTHWIND.page_url, RECORD_URL]


def test_what_is_not_known_is_stated_as_not_known() -> None:
    messages = sales_digest(handoff(estimated_arr_impact=None, owner_email=None), NORTHWIND, "nora@example.com", None)
    assert texts(messages)["The offer"] == [
        "Estimated ARR: not known: price or quantity is missing",
        "Confidence: high",
        "Owner of the account: no owner",
        "Open the account in Notion",
    ]


# ---- The owner's digest ----


def test_an_owner_reads_what_became_of_each_account() -> None:
    # GIVEN a day on which something came of each kind
    day = [
        entry("offered", 1, "more seats, estimated ARR 5,100", url=RECORD_URL),
        entry("recorded", 2, "an integration", "confidence is low"),
        entry("answered", 3, "more seats: accepted"),
        entry("failed", 4, "Notion did not answer"),
        entry("held_back", 5, "ticket sentiment is negative"),
        entry("nothing", 6),
        entry("nothing", 7),
    ]
    # WHEN it is put into words
    (found,) = digests(*day).values()
    # THEN each entry stands under what came of it, and the numbers add up without the answer
    assert texts(found) == {
        "The check": ["checked 6 = offered 1 + recorded 1 + held back 1 + nothing 2 + failed 1"],
        "Handed to Sales": ["Account 1: more seats, estimated ARR 5,100"],
        "Recorded, not handed over": ["Account 2: an integration", "Account 2: confidence is low"],
        "Answers from Sales": ["Account 3: more seats: accepted"],
        "Could not be checked": ["Account 4: Notion did not answer"],
        "Held back": ["Account 5: ticket sentiment is negative"],
    }
    assert (found.recipient, found.run_date, found.title) == ("ada@example.com", TODAY, "Expansion, 2026-03-02")
    assert found.sections[1].lines[0].url == RECORD_URL


def test_what_was_not_finished_is_reported_and_counted() -> None:
    (found,) = digests(entry("planned"), entry("offered", 2)).values()
    assert texts(found)["The check"] == [
        "checked 2 = offered 1 + recorded 0 + held back 0 + nothing 0 + failed 0 + not finished 1"
    ]
    assert texts(found)["Not finished"] == ["Account 1"]


@pytest.mark.parametrize("outcome", ["offered", "recorded", "answered", "failed", "planned"])
def test_each_of_these_sends_an_alert(outcome: Outcome) -> None:
    assert list(digests(entry(outcome))) == ["ada@example.com"]


def test_an_owner_without_results_gets_no_message() -> None:
    assert digests(entry("held_back"), entry("nothing", 2)) == {}
    assert digests() == {}


def test_each_owner_reads_of_their_own_accounts_alone() -> None:
    found = digests(entry("offered", 1), entry("offered", 2, owner_email="bo@example.com"))
    assert texts(found["ada@example.com"])["Handed to Sales"] == ["Account 1"]
    assert texts(found["bo@example.com"])["Handed to Sales"] == ["Account 2"]


def test_entries_without_owner_go_to_the_fallback_owner_else_to_the_team() -> None:
    no_one = entry("offered", owner_email=None)
    assert list(digests(no_one)) == ["lead@example.com"]
    (team,) = digests(no_one, fallback=None).values()
    assert team.recipient is None
    assert team.digest_id == "expansion:2026-03-02:team:1"


def test_the_fallback_owner_reads_their_own_accounts_in_the_same_digest() -> None:
    own = entry("offered", 2, owner_email="lead@example.com")
    (found,) = digests(entry("offered", owner_email=None), own).values()
    assert len(texts(found)["Handed to Sales"]) == 2


def test_notes_alone_send_a_message_to_the_fallback_owner() -> None:
    found = digests(entry("offered"), notes=["Feature usage could not be read: Notion did not answer"])
    assert texts(found["lead@example.com"])["The check"] == [
        "checked 0 = offered 0 + recorded 0 + held back 0 + nothing 0 + failed 0",
        "Feature usage could not be read: Notion did not answer",
    ]
    assert len(texts(found["ada@example.com"])["The check"]) == 1
    assert list(digests(notes=["Feature usage could not be read"], fallback=None)) == [None]


def test_of_accounts_held_back_ten_are_named_and_the_rest_counted() -> None:
    held = [entry("held_back", number, account_name=f"Account {number:02d}") for number in range(1, 14)]
    (found,) = digests(entry("offered", 20), *held).values()
    reported = texts(found)["Held back"]
    assert reported == [*(f"Account {number:02d}" for number in range(1, 11)), "and 3 more"]
    assert "held back 13" in texts(found)["The check"][0]
    (few,) = digests(entry("offered", 20), *held[:10]).values()
    assert len(texts(few)["Held back"]) == 10


def test_entries_are_listed_by_name() -> None:
    found = digests(entry("offered", 1, account_name="Beta"), entry("offered", 2, account_name="alpha"))
    assert texts(found["ada@example.com"])["Handed to Sales"] == ["alpha", "Beta"]


def test_a_digest_has_a_new_name_only_if_there_is_more_to_say() -> None:
    def name(*entries: ExpansionEntry, notes: Iterable[str] = ()) -> str:
        return digests(*entries, notes=notes, fallback="ada@example.com")["ada@example.com"].digest_id

    assert name(entry("offered")) == "expansion:2026-03-02:ada@example.com:1"
    # What was not finished is reported once it is; what has no rationale never does.
    assert name(entry("offered"), entry("planned", 2), entry("nothing", 3)) == name(entry("offered"))
    more = [(entry("recorded", 2),), (entry("held_back", 2),), (entry("answered", 2),), (entry("failed", 2),)]
    assert {name(entry("offered"), *added) for added in more} == {"expansion:2026-03-02:ada@example.com:2"}
    assert name(entry("offered"), notes=["one"]) == "expansion:2026-03-02:ada@example.com:2"


def test_a_long_digest_is_split_into_messages_that_a_chat_takes() -> None:
    long = [entry("offered", number, "x" * 5000, account_name="y" * 500) for number in range(100)]
    found = digests(*long, notes=["z" * 5000], fallback="ada@example.com")["ada@example.com"]
    lines = [line for message in digest_messages(found) for line in message.lines]
    assert max(len(line.text) for line in lines) <= 400
    assert sum(line.text.startswith("y") for line in lines) == 100
