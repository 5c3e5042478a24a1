"""The job on feature adoption: stored first, written on the page once, and a mail only where one is requested."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Literal

import pytest

from customer_success.adoption.feature_usage import FeatureUsage
from customer_success.adoption.peers import PeerGroup
from customer_success.documents import Bullet, Callout, Grid, PageBlock, Paragraph
from customer_success.errors import Misconfigured, NotTaken, Refused, Unavailable, Unclear
from tests.builders.accounts import HEALTHY
from tests.builders.reviews import QUARTER_DAY, Reviews
from tests.builders.texts.scoring import above_bound
from tests.builders.usage import FakeUsages, little_used, not_in_plan, usage

PLAN = "plan Enterprise"
NEXT_DAY = QUARTER_DAY + timedelta(days=1)


def world(**facts: Any) -> Reviews:
    """An account that uses one feature, hardly another, and lacks a third."""
    reviews = Reviews()
    reviews.account(1, **{"plan": "Enterprise", **facts})
    reviews.peers.put_many([PeerGroup(PLAN, QUARTER_DAY, {30: 3, 50: 3})])
    reads(
        reviews,
        usage("Boards", used=1500.0, limit=2000.0),
        little_used("Reports", limit=50.0),
        not_in_plan("Forecasts", used=12.0, family="Analytics"),
    )
    return reviews


def reads(reviews: Reviews, *rows: FeatureUsage) -> None:
    """A run finds these features, as of the quarter's day, and no others."""
    reviews.usages = FakeUsages()
    reviews.usages.add("run", [replace(row, as_of=QUARTER_DAY) for row in rows])


def section(reviews: Reviews) -> tuple[PageBlock, ...]:
    """What the account's page says of feature adoption; nothing else was written anywhere."""
    (((page_id, title), blocks),) = reviews.sections.sections.items()
    assert (page_id, title) == (reviews.rows.rows["A-0001"].account.page_id, "Feature adoption")
    return blocks


def test_the_report_is_stored_and_the_section_is_written() -> None:
    # GIVEN an account of which the features are known
    reviews = world()
    # WHEN its adoption is asked for
    answer = reviews.track()
    # THEN the report is stored as it is answered
    assert answer["report"] == reviews.reports.reports["A-0001"].model_dump(mode="json")
    assert (answer["task_type"], answer["account_id"], answer["confidence"]) == (
        "track_feature_adoption",
        "A-0001",
        "high",
    )
    assert (answer["section"], answer["draft_id"], answer.get("error")) == ("written", None, None)
    # AND the page has what the owner needs
    assert section(reviews) == (
        Callout(
            "Feature adoption is 50%: 1 of 2 features that the plan includes are in use. "
            "100% of 5 other accounts of plan Enterprise are at or below it."
        ),
        Grid(
            ("Feature", "Family", "Status", "Used", "Limit"),
            (
                ("Boards", "Planning", "used", "1,500", "2,000"),
                ("Forecasts", "Analytics", "not in the plan", "asked for: 12", ""),
                ("Reports", "Planning", "underutilised", "0", "50"),
            ),
        ),
        Paragraph("What to do next:"),
        Bullet("Show what Reports can do: the plan includes it, and it is not used."),
        Bullet("Not included in the plan: Forecasts (asked for 12 times)."),
        Paragraph("As of 1 April 2026. Confidence: high."),
    )
    # AND no mail is drafted without a request
    assert not reviews.drafts.drafts


def test_the_section_says_what_is_not_known_and_why_it_is_not_compared() -> None:
    # GIVEN five features of each of which something is missing, in an account without a plan
    reviews = Reviews()
    reviews.account(1)
    given = (
        usage("No entitlement", entitled=None, as_of=QUARTER_DAY),
        usage("No count", used=None, as_of=QUARTER_DAY),
        usage("Negative", used=-2.0, as_of=QUARTER_DAY),
        usage("No day", as_of=None),
        usage("Old", as_of=date(2026, 1, 5)),
    )
    reviews.usages.add("run", given)
    reviews.track()
    # THEN the page's own rate stands, and each gap has its reason
    blocks = section(reviews)
    assert blocks[0] == Callout(
        "Feature adoption is 90% by this page; which features are in use is not known. "
        "It is not compared with plan unknown: the plan of the account is unknown."
    )
    gaps = blocks[blocks.index(Paragraph("Not known:")) + 1 : -1]
    assert gaps == (
        Bullet("Negative: how much it is used: -2 cannot be right"),
        Bullet("No count: how much it is used"),
        Bullet("No day: nobody says of which day its usage is"),
        Bullet("No entitlement: whether the plan includes it"),
        Bullet("Old: its usage is of 5 January 2026"),
    )


def test_counts_read_as_sentences() -> None:
    # GIVEN one feature with a count of odd length, and one without a count of requests
    reviews = world()
    reads(reviews, usage("Boards", used=1234.5678, limit=0.5), not_in_plan("Forecasts", used=None))
    reviews.track()
    headline, grid, *_ = section(reviews)
    assert isinstance(headline, Callout)
    assert "1 of 1 feature that the plan includes is in use." in headline.text
    assert isinstance(grid, Grid)
    assert [row[3:] for row in grid.rows] == [("1,234.57", "0.5"), ("", "")]


def test_an_account_of_which_nothing_is_known_says_so() -> None:
    reviews = Reviews()
    reviews.account(1, signals={**HEALTHY, "feature_adoption_rate": None})
    answer = reviews.track()
    assert (answer["report"]["adoption_rate"], answer["confidence"], answer["section"]) == (None, "low", "written")
    assert section(reviews) == (
        Callout(
            "Feature adoption is not known. It is not compared with plan unknown: the plan of the account is unknown."
        ),
        Paragraph("What to do next:"),
        Bullet("Find out feature by feature what is used."),
        Paragraph("Not known:"),
        Bullet("which features the account has and uses"),
        Paragraph("As of 1 April 2026. Confidence: low."),
    )


def test_a_section_that_would_read_the_same_is_not_written_again() -> None:
    # GIVEN a section that was written
    reviews = world()
    reviews.track()
    # WHEN the same is found on a later day
    answer = reviews.track(on=NEXT_DAY, request="tock")
    # THEN the report is of that day, and the page stays as it is
    assert reviews.reports.reports["A-0001"].as_of == NEXT_DAY
    assert (answer["section"], answer.get("error"), reviews.sections.written) == ("unchanged", None, 1)


def test_a_section_is_written_whenever_it_reads_differently_from_before() -> None:
    reviews = world()
    rows = tuple(reviews.usages.rows.values())
    reviews.track()
    # WHEN a feature comes into use, and falls out of it again
    reads(reviews, *rows[:1], usage("Reports", used=40.0, limit=50.0))
    assert reviews.track()["section"] == "written"
    reads(reviews, *rows)
    # THEN the page is written back to what it was at first
    assert reviews.track()["section"] == "written"
    assert reviews.sections.written == 3
    assert reviews.track()["section"] == "unchanged"


def test_a_new_page_of_the_same_account_gets_its_section() -> None:
    reviews = world()
    reviews.track()
    row = reviews.rows.rows["A-0001"]
    reviews.rows.rows["A-0001"] = replace(row, account=replace(row.account, page_id="another"))
    assert reviews.track()["section"] == "written"
    assert ("another", "Feature adoption") in reviews.sections.sections


@pytest.mark.parametrize(
    "error", [Unavailable("Notion is down"), Unclear("broken off"), Misconfigured("no access"), NotTaken("400")]
)
@pytest.mark.parametrize("last_try", [False, True])
def test_a_section_that_cannot_be_written_now_comes_back(error: Exception, last_try: bool) -> None:
    # GIVEN pages that cannot be written
    reviews = world()
    reviews.sections.errors = [error]
    # WHEN adoption is asked for, be it for the last time
    with pytest.raises(type(error)):
        reviews.track(draft=True, last_try=last_try)
    # THEN the report is stored all the same, and the next delivery writes the section
    assert reviews.reports.reports["A-0001"].features_used == ["Boards"]
    assert not reviews.drafts.drafts
    assert reviews.track(draft=True)["section"] == "written"


def test_a_section_that_broke_off_is_written_anew_even_if_it_is_to_read_as_before() -> None:
    # GIVEN a section, and a later one whose writing broke off
    reviews = world()
    rows = tuple(reviews.usages.rows.values())
    reviews.track()
    reads(reviews, *rows[:1])
    reviews.sections.errors = [Unclear("the connection broke")]
    with pytest.raises(Unclear):
        reviews.track()
    # WHEN the first state is found again
    reads(reviews, *rows)
    # THEN the page's earlier text is not relied on
    assert reviews.track()["section"] == "written"


def test_a_section_that_is_being_written_elsewhere_is_waited_for() -> None:
    reviews = world()
    reviews.ledger.claim("A-0001", "adoption_section")
    with pytest.raises(Unavailable, match="A-0001 is being delivered to adoption_section elsewhere"):
        reviews.track()
    assert not reviews.sections.written


def test_a_removed_page_is_reported_and_tried_again_when_asked_anew() -> None:
    # GIVEN an account whose page was deleted
    reviews = world()
    page_id = reviews.rows.rows["A-0001"].account.page_id
    reviews.sections.removed = {page_id}
    # WHEN its adoption is asked for
    answer = reviews.track()
    # THEN the report is there, and the missing page is reported
    assert (answer["section"], answer["partial"], answer["retryable"]) == ("not_written", True, False)
    assert answer["error"] == f"no section was written: the page {page_id} is gone"
    assert answer["confidence"] == "low"
    assert answer["report"]["confidence"] == "high"
    # WHEN it is put back
    reviews.sections.removed.clear()
    assert reviews.track()["section"] == "written"


def test_without_pages_the_report_is_stored_alone(caplog: pytest.LogCaptureFixture) -> None:
    reviews = world()
    with caplog.at_level(logging.WARNING):
        answer = reviews.track(without=["sections"])
    assert (answer["section"], answer["partial"]) == ("not_written", True)
    assert answer["error"] == "no section was written: Notion is not configured"
    assert "A-0001" in caplog.text
    assert "A-0001" in reviews.reports.reports


def test_a_mail_that_is_asked_for_is_drafted_once_a_request() -> None:
    # GIVEN an account with a contact
    reviews = world(name="Nordwind AG")
    # WHEN a mail is asked for, delivered three times
    answers = [reviews.track(draft=True) for _ in range(3)]
    # THEN one draft lies in the owner's mailbox, in words that the customer may read
    ((draft_id, draft),) = reviews.drafts.drafts.items()
    assert {answer["draft_id"] for answer in answers} == {draft_id}
    assert (draft.mailbox, draft.to) == ("ada@example.com", "contact1@customer.example")
    assert draft.subject == "Making the most of your plan: Nordwind AG"
    assert "Your plan includes Reports, and" in draft.paragraphs[1]
    words = " ".join((draft.subject, *draft.paragraphs)).casefold()
    assert not [
        word for word in ("score", "green", "arr ", "percent", "%", "churn", "forecasts", "risk") if word in words
    ]
    # AND another request has one of its own
    reviews.track(draft=True, request="tock")
    assert len(reviews.drafts.drafts) == 2
    # AND so has another account within the same request
    reviews.account(2)
    reviews.track("A-0002", draft=True)
    assert [draft.to for draft in reviews.drafts.drafts.values()][2:] == ["contact2@customer.example"]


def test_a_long_name_does_not_fill_the_subject() -> None:
    reviews = world(name="Nordwind " * 60)
    reviews.track(draft=True)
    (draft,) = reviews.drafts.drafts.values()
    assert len(draft.subject) <= 150


def test_where_everything_is_in_use_the_mail_asks() -> None:
    reviews = world()
    reads(reviews, usage())
    reviews.track(draft=True)
    (draft,) = reviews.drafts.drafts.values()
    assert draft.paragraphs[1] == (
        "I would like to hear how you work with it today, and what you would like to do next."
    )


def test_an_account_without_owner_has_its_mail_in_the_fallback_mailbox() -> None:
    reviews = world(owner_email=None)
    reviews.track(draft=True)
    assert [draft.mailbox for draft in reviews.drafts.drafts.values()] == ["lead@example.com"]


@pytest.mark.parametrize(
    ("facts", "without", "why"),
    [
        ({}, ["drafts"], "Gmail is not configured"),
        ({"status": "Renewing"}, [], "status 'Renewing' is not known"),
        ({"primary_contact_email": None}, [], "the account has no primary contact"),
        ({"owner_email": None}, ["fallback_owner"], "the account has no owner, and there is none to fall back on"),
    ],
)
def test_a_mail_that_cannot_be_drafted_is_reported(facts: dict[str, Any], without: list[str], why: str) -> None:
    reviews = world(**facts)
    answer = reviews.track(draft=True, without=without)
    assert (answer["draft_id"], answer["error"], answer["partial"]) == (None, f"no mail was drafted: {why}", True)
    assert answer["section"] == "written"
    assert not reviews.drafts.drafts


@pytest.mark.parametrize("status", ["gone", "skipped"])
def test_who_left_is_written_no_mail(status: Literal["gone", "skipped"]) -> None:
    reviews = world()
    row = reviews.rows.rows["A-0001"]
    reviews.rows.rows["A-0001"] = replace(row, latest=replace(row.latest, status=status))
    answer = reviews.track(draft=True)
    assert "no longer in the book" in answer["error"]
    assert not reviews.drafts.drafts


def test_a_mail_waits_for_gmail_and_the_last_try_does_without() -> None:
    reviews = world()
    reviews.drafts.errors = [Unavailable("Gmail is down"), Unavailable("Gmail is down")]
    with pytest.raises(Unavailable):
        reviews.track(draft=True)
    answer = reviews.track(draft=True, last_try=True)
    assert (answer["draft_id"], answer["error"]) == (None, "no mail was drafted: Gmail is down")
    assert reviews.counted == {"Enrichments": 1, "FailOpens": 1}


@pytest.mark.parametrize("error", [Misconfigured("no such mailbox"), Refused("no such address")])
def test_a_mail_that_gmail_refuses_is_reported_at_once(error: Exception) -> None:
    reviews = world()
    reviews.drafts.errors = [error]
    assert reviews.track(draft=True)["error"] == f"no mail was drafted: {error}"


def test_all_that_is_missing_is_reported_together() -> None:
    answer = world().track(draft=True, without=["sections", "drafts"])
    assert answer["error"] == (
        "no section was written: Notion is not configured; no mail was drafted: Gmail is not configured"
    )


def test_what_would_be_is_answered_and_neither_stored_nor_written() -> None:
    # GIVEN an account in the middle of its peers
    reviews = world()
    # WHEN it is asked what a rate of 30 % would be
    answer = reviews.track(signals={"feature_adoption_rate": 0.3}, draft=True)
    # THEN the answer is for that rate, and nothing is left of it
    report = answer["report"]
    assert (report["adoption_rate"], report["benchmark_comparison"]["percentile"]) == (0.3, 40.0)
    assert (answer["section"], answer["draft_id"]) == (None, None)
    assert not (reviews.reports.reports or reviews.sections.written or reviews.drafts.drafts)


def test_a_rate_that_is_taken_away_is_unknown() -> None:
    reviews = Reviews()
    reviews.account(1)
    assert reviews.track(signals={"feature_adoption_rate": None})["report"]["adoption_rate"] is None
    assert reviews.track(signals={"nps_score": 3})["report"]["adoption_rate"] == 0.9


def test_what_is_no_signal_is_refused_with_its_account() -> None:
    reviews = world()
    with pytest.raises(Refused, match=re.escape(f"account 'A-0001': {above_bound('feature_adoption_rate', 7.0, 1.0)}")):
        reviews.track(signals={"feature_adoption_rate": 7.0})
    with pytest.raises(Refused, match="adoption_rates: no such field"):
        reviews.track(signals={"adoption_rates": 0.5})


def test_an_invalid_rate_is_refused_before_anything_is_stored() -> None:
    reviews = Reviews()
    reviews.account(1, signals={"feature_adoption_rate": 1.35})
    with pytest.raises(Refused, match=re.escape(above_bound("feature_adoption_rate", 1.35, 1.0))):
        reviews.track()
    assert not (reviews.reports.reports or reviews.sections.written)


def test_an_account_that_is_not_known_is_refused() -> None:
    with pytest.raises(Refused, match="account 'A-0404' is not known"):
        Reviews().track("A-0404")
