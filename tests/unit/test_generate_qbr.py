"""One review: evidence, text, check, page, invitation; requested twice, made once; partial failures."""

from __future__ import annotations

from datetime import date

import pytest

from customer_success.errors import Misconfigured, NotWritten, Refused, Unavailable, Unclear
from tests.builders.accounts import HEALTHY
from tests.builders.fakes import Crash
from tests.builders.reviews import QUARTER_DAY, FakeNarrator, Reviews
from tests.builders.usage import not_in_plan, usage

KEY = "A-0001:Q2 2026"


@pytest.fixture
def reviews() -> Reviews:
    """An account that was scored in the quarter before."""
    world = Reviews()
    world.account(1)
    return world


def test_a_review_is_written_once_with_its_page_and_its_invitation(reviews: Reviews) -> None:
    # WHEN the quarter's message is delivered five times
    answers = [reviews.review() for _ in range(5)]
    # THEN there is one page, one draft in the owner's mailbox to the contact, and each delivery is answered alike
    assert all(answer == answers[0] for answer in answers)
    ((page_id, page),) = reviews.pages.pages.items()
    ((draft_id, draft),) = reviews.drafts.drafts.items()
    assert (page.title, page.key, page.partial) == ("QBR: Account 1 — Q2 2026", KEY, False)
    assert (draft.mailbox, draft.to) == ("ada@example.com", "contact1@customer.example")
    assert isinstance(reviews.narrator, FakeNarrator)
    assert reviews.narrator.asked == 1
    answer = answers[0]
    assert (answer["qbr_page_id"], answer["draft_id"]) == (page_id, draft_id)
    assert (answer["task_type"], answer["trigger"], answer["status"]) == ("generate_qbr", "scheduled", "written")
    assert answer["qbr"]["reviewed_period"] == "Q1 2026"
    assert "partial" not in answer
    # AND its evidence is stored beside it
    text = reviews.qbrs.texts[KEY]
    assert text.evidence.fact("score_at_end") is not None
    # AND the model's work was counted once
    assert reviews.counted == {"Enrichments": 2, "ModelCalls": 1, "TokensIn": 900, "TokensOut": 300}


def test_what_the_model_invents_is_dropped_and_listed(reviews: Reviews) -> None:
    # GIVEN a model that makes up a figure
    invented = "Feature adoption reached 99 %."
    reviews.narrator = FakeNarrator(changes={"account_health_summary": [f"The team works well. {invented}"]})
    # WHEN it writes a review
    answer = reviews.review()
    # THEN the sentence is neither in the review nor on its page, and the result lists it
    assert answer["qbr"]["account_health_summary"] == ["The team works well."]
    assert len(answer["dropped_claims"]) == 1
    assert invented in answer["dropped_claims"][0]
    assert answer["confidence"] == "medium"
    assert "99 %" not in repr(reviews.pages.pages)


def test_a_review_reads_the_features_itself(reviews: Reviews) -> None:
    # GIVEN features that were read, and an adoption queue that has not come to the account
    reviews.usages.add("run", [usage("Boards", as_of=QUARTER_DAY), not_in_plan("SSO", as_of=QUARTER_DAY)])
    assert not reviews.reports.reports
    # WHEN the review is written
    answer = reviews.review()
    # THEN its scorecard has them, and nothing of the report is stored
    rows = [(row["feature"], row["status"]) for row in answer["qbr"]["feature_adoption_scorecard"]]
    assert rows == [("Boards", "used"), ("SSO", "not_entitled")]
    used = reviews.qbrs.texts[KEY].evidence.fact("features_used")
    assert used is not None
    assert (used.value, used.source, used.as_of) == (1.0, "adoption report", QUARTER_DAY)
    assert not reviews.reports.reports


def test_an_adoption_rate_that_is_none_costs_the_review_nothing_else() -> None:
    # GIVEN an account whose rate is out of bounds, and of which no use is known
    reviews = Reviews()
    reviews.account(1, signals={**HEALTHY, "feature_adoption_rate": 1.35})
    reviews.usages.add("run", [not_in_plan("SSO", as_of=QUARTER_DAY)])
    # WHEN its review is written
    answer = reviews.review()
    # THEN it is whole, with the features that are known
    assert answer["status"] == "written"
    assert [row["feature"] for row in answer["qbr"]["feature_adoption_scorecard"]] == ["SSO"]


def test_an_account_without_history_gets_a_review_that_says_so() -> None:
    # GIVEN an account that was scored for the first time after the quarter
    reviews = Reviews()
    reviews.account(1, days=[QUARTER_DAY])
    # WHEN its review is written
    answer = reviews.review()
    # THEN it is whole, and says that the quarter is not known
    assert answer["status"] == "written"
    assert answer["confidence"] == "medium"
    assert any("history" in gap for gap in reviews.qbrs.texts[KEY].evidence.gaps)


@pytest.mark.parametrize(
    "error",
    [NotWritten("the answer is no JSON"), Misconfigured("the model is not enabled")],
    ids=["no usable answer", "no access"],
)
def test_a_model_that_cannot_write_is_replaced_by_the_rules_at_once(reviews: Reviews, error: Exception) -> None:
    # GIVEN a model that fails for good
    reviews.narrator = FakeNarrator([error])
    # WHEN a review is asked for
    answer = reviews.review()
    # THEN it is written by rule, and says that it is partial, and why
    assert (answer["written_by"], answer["confidence"], answer["partial"]) == ("rules", "low", True)
    assert str(error) in answer["error"]
    assert answer["retryable"] is False
    assert reviews.pages.pages[answer["qbr_page_id"]].partial
    assert reviews.counted["FailOpens"] == 1


def test_a_busy_model_is_asked_again_and_the_last_try_does_without(reviews: Reviews) -> None:
    # GIVEN a model that is throttled
    reviews.narrator = FakeNarrator([Unavailable("too many requests"), Unavailable("too many requests")])
    # WHEN the message is delivered and may come back
    with pytest.raises(Unavailable):
        reviews.review()
    # THEN nothing is written yet
    assert not reviews.pages.pages
    # WHEN it comes for the last time
    answer = reviews.review(last_try=True)
    # THEN the rules have written it
    assert (answer["written_by"], answer["partial"]) == ("rules", True)
    assert len(reviews.pages.pages) == 1


def test_a_partial_review_is_replaced_when_it_is_asked_for_anew_and_not_when_redelivered(reviews: Reviews) -> None:
    # GIVEN a partial review
    reviews.narrator = FakeNarrator([NotWritten("the answer is no JSON")])
    first = reviews.review()
    # WHEN the same message is delivered again
    # THEN it stays as it is
    assert reviews.review() == first
    # WHEN it is requested anew
    second = reviews.review(request="by hand", trigger="requested")
    # THEN the same page holds the whole review, and no invitation is made twice
    assert second["status"] == "written"
    assert second["qbr_page_id"] == first["qbr_page_id"]
    assert not reviews.pages.pages[first["qbr_page_id"]].partial
    assert second["draft_id"] == first["draft_id"]
    # AND a whole one is not written again
    assert reviews.review(request="by hand again") == second


def test_a_partial_review_that_a_person_edited_stays_as_it_is(reviews: Reviews) -> None:
    # GIVEN a partial review on which a person went on working
    reviews.narrator = FakeNarrator([NotWritten("the answer is no JSON")])
    page_id = reviews.review()["qbr_page_id"]
    reviews.pages.edited.add(page_id)
    # WHEN it is asked for anew
    answer = reviews.review(request="by hand")
    # THEN the page is left, and the result says why
    assert reviews.pages.pages[page_id].partial
    assert answer["qbr_page_id"] == page_id
    assert "a person edited the page" in answer["error"]


def test_a_partial_review_whose_page_was_thrown_away_gets_a_new_one(reviews: Reviews) -> None:
    # GIVEN a partial review whose page is in the trash
    reviews.narrator = FakeNarrator([NotWritten("the answer is no JSON")])
    page_id = reviews.review()["qbr_page_id"]
    reviews.pages.removed.add(page_id)
    # WHEN it is asked for anew
    answer = reviews.review(request="by hand")
    # THEN there is another page
    assert answer["status"] == "written"
    assert answer["qbr_page_id"] != page_id


def test_a_page_that_cannot_be_written_fails_the_review_and_costs_no_second_model_call(reviews: Reviews) -> None:
    # GIVEN a Notion that is down
    reviews.pages.errors = [Unavailable("Notion is down")] * 3
    # WHEN the message comes back as often as the queue allows
    for last_try in (False, False, True):
        with pytest.raises(Unavailable):
            reviews.review(last_try=last_try)
    # THEN it is recorded as failed with the reason, and there is no invitation to a missing review
    record = reviews.qbrs.records[KEY]
    assert (record.state, record.error) == ("failed", "Notion is down")
    assert not reviews.drafts.drafts
    # WHEN its message is brought back from the dead-letter queue
    answer = reviews.review()
    # THEN it is written, with the text that was there
    assert answer["status"] == "written"
    assert isinstance(reviews.narrator, FakeNarrator)
    assert reviews.narrator.asked == 1


def test_a_page_whose_writing_broke_off_is_found_and_made_whole(reviews: Reviews) -> None:

    # GIVEN a connection that breaks once the page is half written
    reviews.pages.errors, reviews.pages.after = [Unclear("the connection broke")], True
    with pytest.raises(Unclear):
        reviews.review()
    # WHEN the message comes back
    answer = reviews.review()
    # THEN there is one page, and it is whole
    assert list(reviews.pages.pages) == [answer["qbr_page_id"]]
    assert not reviews.pages.incomplete


@pytest.mark.parametrize(
    "error", [Unavailable("Gmail is down"), Misconfigured("no delegation")], ids=["down", "refused"]
)
def test_an_invitation_that_cannot_be_drafted_keeps_no_review_back(reviews: Reviews, error: Exception) -> None:
    # GIVEN a Gmail that fails
    reviews.drafts.errors = [error, error]
    # WHEN the review is delivered for the last time
    answer = reviews.review(last_try=True)
    # THEN the page is there, without a draft, and the result says why
    assert answer["qbr_page_id"] in reviews.pages.pages
    assert (answer["draft_id"], answer["partial"]) == (None, True)
    assert str(error) in answer["error"]


def test_a_gmail_that_is_down_for_a_moment_is_waited_for(reviews: Reviews) -> None:
    reviews.drafts.errors = [Unavailable("Gmail is down")]
    with pytest.raises(Unavailable):
        reviews.review()
    answer = reviews.review()
    assert answer["draft_id"] == "draft-1"
    assert len(reviews.pages.pages) == 1


@pytest.mark.parametrize(
    ("facts", "mailbox"),
    [({"primary_contact_email": None}, None), ({"owner_email": None}, "lead@example.com")],
    ids=["no contact", "no owner"],
)
def test_who_is_invited_and_from_where(facts: dict[str, None], mailbox: str | None) -> None:
    reviews = Reviews()
    reviews.account(1, **facts)
    answer = reviews.review()
    assert answer["status"] == "written"
    assert [draft.mailbox for draft in reviews.drafts.drafts.values()] == ([mailbox] if mailbox else [])


def test_absent_ports_are_skipped_and_reported(reviews: Reviews) -> None:
    # WHEN neither pages nor drafts are configured
    answer = reviews.review(without=["pages", "drafts"])
    # THEN the review is stored, and the result says what is missing
    assert answer["qbr"]["account_id"] == "A-0001"
    assert answer["qbr_page_id"] is None
    assert "Notion is not configured" in answer["error"]


def test_bad_input_is_refused_and_recorded(reviews: Reviews) -> None:
    # GIVEN an unknown account, and an inactive one
    reviews.account(2, days=[QUARTER_DAY], status="Inactive")
    for account_id, why in (("A-0009", "not known"), ("A-0002", "inactive")):
        # WHEN its review is asked for
        with pytest.raises(Refused, match=why):
            reviews.review(account_id)
        # THEN it is recorded as failed
        assert reviews.qbrs.records[f"{account_id}:Q2 2026"].state == "failed"


def test_a_contracts_end_has_a_review_of_its_own(reviews: Reviews) -> None:
    # GIVEN a review of the quarter
    scheduled = reviews.review()
    # WHEN the contract's end calls for one as well, twice
    end = date(2026, 6, 30)
    asked = {"on": date(2026, 4, 2), "trigger": "contract_proximity", "contract_end": end}
    answers = [reviews.review(request=f"contract:{n}", **asked) for n in range(2)]  # type: ignore[arg-type]
    # THEN it is another page, once
    assert answers[0] == answers[1]
    assert answers[0]["qbr_page_id"] != scheduled["qbr_page_id"]
    assert answers[0]["trigger"] == "contract_proximity"
    titles = [page.title for page in reviews.pages.pages.values()]
    assert titles == [
        "QBR: Account 1 — Q2 2026",
        "QBR: Account 1 — Q2 2026, before the contract ends on 30 June 2026",
    ]
    # AND their contact is invited once in the quarter
    assert answers[0]["draft_id"] == scheduled["draft_id"]
    assert len(reviews.drafts.drafts) == 1


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_around_any_write_ends_as_a_review_without_one(after: bool) -> None:
    def world() -> Reviews:
        reviews = Reviews()
        reviews.account(1)
        reviews.writes.count = 0
        return reviews

    whole = world()
    whole.review()
    for write in range(1, whole.writes.count + 1):
        # GIVEN a function that dies around one of its writes
        reviews = world()
        setattr(reviews.writes, "crash_after" if after else "crash_before", write)
        with pytest.raises(Crash):
            reviews.review()
        reviews.writes.crash_after = reviews.writes.crash_before = None
        # what it had claimed is stale by the time its message comes back
        for place, (state, outcome) in reviews.ledger.entries.items():
            reviews.ledger.entries[place] = ("unclear", outcome) if state == "sending" else (state, outcome)
        # WHEN its message comes back
        answer = reviews.review()
        # THEN there is one page and one draft, and the end is the same
        assert answer["status"] == "written"
        assert reviews.pages.pages == whole.pages.pages, write
        assert reviews.drafts.drafts == whole.drafts.drafts, write
        assert reviews.qbrs.records == whole.qbrs.records, write
