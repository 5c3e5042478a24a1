"""A review where it is read: its page, the invitation to it, and the index of its quarter."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_success.alerts.digest import Digest
from customer_success.alerts.digest_messages import digest_messages
from customer_success.documents import Bullet, Callout, Grid, Heading, MailDraft, Paragraph
from customer_success.narration.evidence import Fact, QBREvidence
from customer_success.reviews.qbr import Qbr, QbrKey, QbrPage, QbrState
from customer_success.reviews.rules_writer import ReviewByRule
from customer_success.reviews.text import invitation, qbr_page, quarter_index
from customer_success.schemas import FeatureScore
from tests.builders.accounts import account
from tests.builders.evidence import ON, evidence, fact

KEY = QbrKey("A-0001", "Q1 2026")
SCORES = (
    fact("score_at_start", 82.0, "points", series="health_score"),
    fact("score_at_end", 71.5, "points", series="health_score"),
    fact("score_change", -10.5, "points"),
    fact("colour_at_end", "AMBER", "word"),
)


def page(of: QBREvidence, *, partial: bool = False, **facts: Any) -> QbrPage:
    return qbr_page(KEY, account(**facts), of, ReviewByRule().write_qbr(of).content, partial=partial)


def callout(*facts: Fact) -> str:
    (first, *_) = page(evidence(*facts)).blocks
    assert isinstance(first, Callout)
    return first.text


def section(of: QbrPage, title: str) -> list[object]:
    """The blocks between a heading and the next one."""
    start = of.blocks.index(Heading(title)) + 1
    end = next((i for i, b in enumerate(of.blocks) if i >= start and isinstance(b, Heading)), len(of.blocks))
    return list(of.blocks[start:end])


def test_the_page_lies_beside_its_account_and_names_its_review() -> None:
    of = page(evidence(trigger="contract_proximity"), name="Northwind Traders", owner_email="bo@example.com")
    assert (of.title, of.key) == ("QBR: Northwind Traders — Q1 2026", "A-0001:Q1 2026")
    assert (of.period, of.reviewed_period, of.on) == ("Q1 2026", "Q4 2025", ON)
    assert (of.trigger, of.owner_email) == ("contract_proximity", "bo@example.com")
    assert of.account_page_id == account().page_id


def test_a_very_long_name_is_cut_in_the_title() -> None:
    title = page(evidence(), name="Long " * 100).title
    assert len(title) < 150
    assert title.endswith("… — Q1 2026")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (SCORES, "Health score 71.5 (AMBER), −10.5 in Q4 2025."),
        (
            (*SCORES[:2], fact("score_change", 3.0, "points"), fact("colour_at_end", "GREEN", "word")),
            "Health score 71.5 (GREEN), +3.0 in Q4 2025.",
        ),
        (
            (SCORES[1], fact("score_change", 0.0, "points"), SCORES[3]),
            "Health score 71.5 (AMBER), unchanged in Q4 2025.",
        ),
        ((SCORES[1], SCORES[3]), "Health score 71.5 (AMBER), the only one of Q4 2025."),
        (
            (fact("score_now", 90.0, "points", as_of=ON), fact("colour_now", "GREEN", "word")),
            "Health score in Q4 2025 not known; 90.0 (GREEN) on 1 January 2026.",
        ),
        ((), "Health score in Q4 2025 not known."),
    ],
)
def test_the_page_begins_with_the_score_and_the_quarters_it_is_about(facts: tuple[Fact, ...], words: str) -> None:
    assert callout(*facts) == f"{words} Review held in Q1 2026."


def test_the_sections_stand_in_their_order_and_the_evidence_after_them() -> None:
    of = page(evidence(*SCORES, gaps=("ROI: not measured",)))
    assert [block.text for block in of.blocks if isinstance(block, Heading)] == [
        "Account Health Summary",
        "ROI & Business Impact",
        "Feature Adoption Scorecard",
        "Expansion & Next Steps",
        "Evidence",
        "Not known",
    ]
    assert section(of, "ROI & Business Impact") == [Bullet("not measured")]
    assert section(of, "Not known") == [Bullet("ROI: not measured")]


def test_every_sentence_of_the_review_is_on_the_page() -> None:
    of = evidence(*SCORES, fact("open_tickets", 2.0, "count"))
    content = ReviewByRule().write_qbr(of).content
    reported = [block.text for block in page(of).blocks if isinstance(block, Bullet)]
    assert reported == [
        *content.account_health_summary,
        *content.roi_and_business_impact,
        *content.expansion_and_next_steps,
    ]


def test_everyone_can_see_where_each_figure_comes_from() -> None:
    of = evidence(
        *SCORES[1:3],
        fact("adoption", 0.35, "share"),
        fact("contract_end", "2026-03-31", "date", as_of=date(2026, 1, 1)),
    )
    assert section(page(of), "Evidence") == [
        Grid(
            ("Fact", "Value", "Source", "As of"),
            (
                ("score at end", "71.5", "account page", "2025-12-31"),
                ("score change", "−10.5 points", "account page", "2025-12-31"),
                ("adoption", "35%", "account page", "2025-12-31"),
                ("contract end", "31 March 2026", "account page", "2026-01-01"),
            ),
        )
    ]


def test_the_scorecard_is_a_table_of_features() -> None:
    rows = (
        FeatureScore(feature="Boards", status="used", comment="in use"),
        FeatureScore(feature="SSO", status="not_entitled"),
    )
    assert section(page(evidence(features=rows)), "Feature Adoption Scorecard") == [
        Grid(("Feature", "Status", "Comment"), (("Boards", "used", "in use"), ("SSO", "not in the plan", "")))
    ]


def test_what_is_empty_says_so() -> None:
    # GIVEN a review of which the check left nothing, of an account of which nothing is known
    content = (
        ReviewByRule()
        .write_qbr(evidence())
        .content.model_copy(update={"account_health_summary": [], "expansion_and_next_steps": []})
    )
    of = qbr_page(KEY, account(), evidence(), content, partial=False)
    # THEN no section stands there silently
    nothing = [Paragraph("Nothing that the evidence bears out.")]
    assert section(of, "Account Health Summary") == section(of, "Expansion & Next Steps") == nothing
    assert section(of, "Feature Adoption Scorecard") == [Paragraph("not known feature by feature")]
    assert section(of, "Evidence") == [Paragraph("Nothing is known yet.")]
    assert Heading("Not known") not in of.blocks


def test_a_partial_review_says_that_a_fuller_one_can_be_had() -> None:
    note = Paragraph("Written by rule; a fuller text can be asked for again.")
    whole, partial = page(evidence()), page(evidence(), partial=True)
    assert (whole.partial, note in whole.blocks) == (False, False)
    assert (partial.partial, partial.blocks[-1]) == (True, note)


def invited(*facts: Fact, **changes: Any) -> MailDraft:
    features = changes.pop("features", ())
    return invitation(account(**changes), KEY, evidence(*facts, features=features), "ada@example.com")


CONTRACT = (fact("contract_end", "2026-03-31", "date"), fact("days_to_renewal", 89.0, "days"))


def test_the_invitation_goes_from_the_owner_to_the_primary_contact() -> None:
    mail = invited(name="Northwind Traders")
    assert (mail.mailbox, mail.to, mail.key) == ("ada@example.com", "contact1@customer.example", "A-0001:Q1 2026")
    assert mail.subject == "Quarterly review Q1 2026: Northwind Traders"
    assert mail.paragraphs[0] == "Hello,"
    assert "quarterly review Q1 2026" in mail.paragraphs[1]
    assert "look back together on Q4 2025" in mail.paragraphs[1]
    assert "45 minutes" in mail.paragraphs[-2]
    assert mail.paragraphs[-1] == "Best regards"


def test_an_invitation_without_primary_contact_is_left_open() -> None:
    assert invited(primary_contact_email=None).to is None


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ((), ["what you would like to talk about"]),
        (CONTRACT, ["runs until 31 March 2026"]),
        ((*CONTRACT, fact("renewal_signed", "yes", "word")), ["what you would like to talk about"]),
        ((CONTRACT[0], fact("days_to_renewal", 121.0, "days")), ["what you would like to talk about"]),
        ((CONTRACT[0], fact("days_to_renewal", -1.0, "days")), ["what you would like to talk about"]),
        ((fact("open_tickets", 2.0, "count"),), ["open support requests"]),
        ((fact("open_tickets", 0.0, "count"),), ["what you would like to talk about"]),
        ((fact("adoption", 0.5, "share"),), ["not in use yet"]),
        ((fact("adoption", 0.9, "share"),), ["what you would like to talk about"]),
        (
            (fact("adoption", 0.5, "share"), fact("open_tickets", 2.0, "count"), *CONTRACT),
            ["runs until 31 March 2026", "open support requests"],
        ),
    ],
)
def test_the_invitation_names_at_most_two_topics_that_are_so(facts: tuple[Fact, ...], expected: list[str]) -> None:
    topics = invited(*facts).paragraphs[2:-2]
    assert len(topics) == len(expected)
    assert all(words in topic for words, topic in zip(expected, topics, strict=True))


def test_features_that_are_little_used_are_a_topic_without_a_rate() -> None:
    mail = invited(features=(FeatureScore(feature="Reports", status="underutilised"),))
    assert any("not in use yet" in paragraph for paragraph in mail.paragraphs)


FORBIDDEN = re.compile(
    r"score|green|amber|\bred\b|\barr\b|churn|risk|health|rating|collections|adoption|revenue|%|\d[.,]\d|\d{4,}",
    re.IGNORECASE,
)
NAMED = re.compile(r"Q[1-4] \d{4}|31 March 2026|45 minutes")
WORDS = st.sampled_from(["RED", "AMBER", "churn risk critical", "negative"])
NUMBERS = {
    "points": st.floats(0, 100),
    "share": st.floats(0, 2),
    "count": st.integers(0, 50).map(float),
    "days": st.integers(-400, 400).map(float),
    "amount": st.floats(0, 1e7),
}
KEYS: dict[str, str] = {
    "score_at_end": "points",
    "score_change": "points",
    "moved_by_usage_trend": "points",
    "adoption": "share",
    "seats": "share",
    "open_tickets": "count",
    "days_to_renewal": "days",
    "arr": "amount",
}


@st.composite
def anything_known(draw: st.DrawFn) -> QBREvidence:
    """Evidence of which any part may be missing, with notes that say what a customer must not read."""
    keys = draw(st.sets(st.sampled_from(sorted(KEYS))))
    facts = [fact(key, draw(NUMBERS[KEYS[key]]), KEYS[key]) for key in sorted(keys)]  # type: ignore[arg-type]
    words = [fact(key, draw(WORDS), "word") for key in ("colour_at_end", "usage_trend", "plan") if draw(st.booleans())]
    return evidence(*facts, *words, CONTRACT[0], notes="ARR 48,000, churn risk critical", gaps=("churn", "score 71.5"))


@given(anything_known())
def test_no_invitation_says_anything_internal(of: QBREvidence) -> None:
    mail = invitation(account(arr=48_000.0), KEY, of, "ada@example.com")
    text = NAMED.sub("", " ".join((mail.subject, *mail.paragraphs)))
    assert FORBIDDEN.findall(text) == []


def qbr(number: int, state: QbrState = "written", owner: str | None = "ada@example.com", **changes: Any) -> Qbr:
    plain: dict[str, Any] = {
        "key": QbrKey(f"A-{number:04d}", "Q1 2026"),
        "account_name": f"Account {number}",
        "owner_email": owner,
        "trigger": "scheduled",
        "on": ON,
        "state": state,
        "page_url": f"https://notion.example/{number}" if state in ("written", "partial") else None,
    }
    return Qbr(**(plain | changes))


def index(*qbrs: Qbr, fallback_owner: str | None = "lead@example.com") -> list[Digest]:
    return quarter_index("Q1 2026", ON, qbrs, fallback_owner)


def sections_of(digest: Digest) -> dict[str, list[str]]:
    return {section.title: [line.text for line in section.lines] for section in digest.sections}


def test_the_index_lists_every_review_where_it_belongs() -> None:
    # GIVEN an owner's quarter in which everything happened
    (digest,) = index(
        qbr(3),
        qbr(1),
        qbr(2, "partial", error="written by rule, as the model gave no text: cut off"),
        qbr(4, "failed", error="account 'A-0004' is not known"),
        qbr(5, "not_wanted"),
    )
    # THEN the count adds up and each is listed, with why
    assert sections_of(digest) == {
        "The quarter": ["planned 5 = written 2 + partial 1 + failed 1 + not wanted 1"],
        "Written": ["Account 1", "Account 3"],
        "Partial": ["Account 2: written by rule, as the model gave no text: cut off"],
        "Failed": ["Account 4: account 'A-0004' is not known"],
        "Not wanted": ["Account 5"],
    }
    assert (digest.digest_id, digest.run_kind, digest.run_date) == ("qbr:Q1 2026:ada@example.com", "generate_qbr", ON)
    assert (digest.title, digest.recipient) == ("Quarterly reviews, Q1 2026", "ada@example.com")


def test_the_pages_are_links() -> None:
    (digest,) = index(qbr(1), qbr(2, "partial"), qbr(3, "failed"))
    assert [line.url for section in digest.sections for line in section.lines if line.bullet] == [
        "https://notion.example/1",
        "https://notion.example/2",
        None,
    ]


def test_a_review_that_is_not_finished_keeps_the_count_whole() -> None:
    (digest,) = index(qbr(1), qbr(2, "planned"))
    assert sections_of(digest)["The quarter"] == [
        "planned 2 = written 1 + partial 0 + failed 0 + not wanted 0 + not finished 1"
    ]
    assert sections_of(digest)["Not finished"] == ["Account 2"]


@pytest.mark.parametrize(
    ("fallback", "recipient", "name"),
    [("lead@example.com", "lead@example.com", "lead@example.com"), (None, None, "team")],
)
def test_reviews_without_owner_go_to_the_fallback_owner_or_to_the_team(
    fallback: str | None, recipient: str | None, name: str
) -> None:
    # GIVEN accounts of two owners and of none
    digests = index(qbr(1), qbr(2, owner=None), qbr(3, owner="bo@example.com"), qbr(4), fallback_owner=fallback)
    # THEN there is one digest for each, and none has another's accounts
    by_recipient = {digest.recipient: digest for digest in digests}
    assert len(digests) == len(by_recipient) == 3
    assert by_recipient[recipient].digest_id == f"qbr:Q1 2026:{name}"
    assert sections_of(by_recipient[recipient])["Written"] == ["Account 2"]
    assert sections_of(by_recipient["ada@example.com"])["Written"] == ["Account 1", "Account 4"]


def test_the_fallback_owners_own_reviews_stand_in_the_same_digest() -> None:
    (digest,) = index(qbr(1, owner="lead@example.com"), qbr(2, owner=None))
    assert sections_of(digest)["Written"] == ["Account 1", "Account 2"]


def test_a_quarter_without_reviews_has_no_index() -> None:
    assert index() == []


def test_a_long_reason_and_a_long_quarter_lose_no_review() -> None:
    # GIVEN 300 reviews of one owner that failed at great length
    (digest,) = index(*(qbr(n, "failed", error="no answer " * 100) for n in range(300)))
    # THEN each is sent in chat, its reason cut
    lines = [line.text for message in digest_messages(digest) for line in message.lines if line.bullet]
    assert len(lines) == 300
    assert all(len(line) < 330 and line.endswith("…") for line in lines)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["planned", "written", "partial", "failed", "not_wanted"]),
            st.sampled_from([None, "ada@example.com", "bo@example.com"]),
        ),
        max_size=40,
    )
)
def test_planned_is_always_the_sum_of_what_became_of_them(cases: list[tuple[QbrState, str | None]]) -> None:
    digests = index(*(qbr(number, state, owner) for number, (state, owner) in enumerate(cases)))
    listed = 0
    for digest in digests:
        (equation, *_) = sections_of(digest)["The quarter"]
        planned, *parts = (int(number) for number in re.findall(r"\d+", equation))
        bullets = [line for section in digest.sections for line in section.lines if line.bullet]
        assert planned == sum(parts) == len(bullets)
        listed += planned
    assert listed == len(cases)
