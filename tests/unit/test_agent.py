"""The agent: routes what it knows, refuses what it does not, and raises nothing else."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from customer_success.agent import CustomerSuccessAgent
from customer_success.errors import Unavailable
from customer_success.expansion.rules_writer import OffersByRule
from customer_success.reviews.rules_writer import ReviewByRule
from customer_success.scoring.scorer import CSMHealthScorer
from tests.builders.accounts import HEALTHY, TODAY, account
from tests.builders.fakes import FakeOutbox, FakeRows, Writes
from tests.builders.offers import FakeExpansionRecords, FakeOffers
from tests.builders.reviews import Reviews
from tests.builders.scores import row

CONTEXT = {"now": datetime(TODAY.year, TODAY.month, TODAY.day, 9, tzinfo=UTC)}


class ByRule(ReviewByRule, OffersByRule):
    """Writes all by rule."""


def agent(accounts: Any = None) -> CustomerSuccessAgent:
    known = FakeRows(Writes(), {"A-0001": row(account(1))})
    return CustomerSuccessAgent(accounts=accounts or known, scorer=CSMHealthScorer())


def test_an_unknown_task_type_is_a_value_error_that_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"^Unknown task type: 'dance'\. Supported: health_scan, generate_qbr, "):
        agent().execute({"type": "dance"}, CONTEXT)


def test_a_health_scan_of_one_account_answers_from_its_row() -> None:
    result = agent().execute({"type": "health_scan", "account_id": "A-0001"}, CONTEXT)
    assert (result["health"]["rag"], result["churn"]["churn_risk"]) == ("GREEN", "low")


def test_signals_of_a_task_are_laid_over_the_accounts_own() -> None:
    # GIVEN a healthy account
    task = {"type": "health_scan", "account_id": "A-0001"}
    plain = agent().execute(task, CONTEXT)["health"]["signal_breakdown"]
    # WHEN one signal is given with the task
    other = agent().execute({**task, "signals": {"usage_trend": "inactive"}}, CONTEXT)["health"]["signal_breakdown"]
    # THEN that one differs, and nothing else
    assert {key for key in plain if plain[key] != other[key]} == {"usage_trend"}


def test_a_wrong_signal_fails_open_with_field_value_and_bound() -> None:
    task = {"type": "health_scan", "account_id": "A-0001", "signals": {"nps_score": 11}}
    result = agent().execute(task, CONTEXT)
    assert result["error"] == "account 'A-0001': nps_score: 11 is above the bound 10"
    assert (result["partial"], result["confidence"], result["retryable"]) == (True, "low", False)


def test_an_unknown_account_fails_open() -> None:
    result = agent().execute({"type": "health_scan", "account_id": "A-9999"}, CONTEXT)
    assert result["error"].startswith("account 'A-9999' is not known")


@pytest.mark.parametrize("given", [None, "", 7])
def test_an_account_id_that_is_none_fails_open(given: object) -> None:
    assert "account_id" in agent().execute({"type": "health_scan", "account_id": given}, CONTEXT)["error"]


class Down:
    def __init__(self, fault: Exception) -> None:
        self.fault = fault

    def get(self, _account_id: str) -> Any:
        raise self.fault


@pytest.mark.parametrize(("fault", "retryable"), [(Unavailable("throttled"), True), (KeyError("bug"), False)])
def test_what_breaks_behind_it_fails_open_and_says_whether_to_try_again(fault: Exception, retryable: bool) -> None:
    result = agent(Down(fault)).execute({"type": "health_scan", "account_id": "A-0001"}, CONTEXT)
    assert (result["partial"], result["retryable"]) == (True, retryable)


def test_a_review_is_written_for_one_account_on_request() -> None:
    # GIVEN an account with history
    reviews = Reviews()
    reviews.account(1)
    # WHEN its review is asked for
    context = {"now": datetime(2026, 4, 1, 9, tzinfo=UTC)}
    result = agent_of(reviews).execute({"type": "generate_qbr", "account_id": "A-0001"}, context)
    # THEN it is there, with its page and its draft
    assert (result["trigger"], result["status"], result["qbr_page_id"]) == ("requested", "written", "page-1")
    assert list(reviews.drafts.drafts) == [result["draft_id"]]


def test_a_review_whose_page_fails_answers_that_it_may_be_tried_again() -> None:
    reviews = Reviews()
    reviews.account(1)
    reviews.pages.errors = [Unavailable("Notion is down")]
    context = {"now": datetime(2026, 4, 1, 9, tzinfo=UTC)}
    result = agent_of(reviews).execute({"type": "generate_qbr", "account_id": "A-0001"}, context)
    assert (result["error"], result["partial"], result["retryable"]) == ("Notion is down", True, True)


def test_feature_adoption_is_computed_and_stored() -> None:
    # GIVEN an account of which the adoption rate is known, and nothing feature by feature
    reviews = Reviews()
    reviews.account(1)
    # WHEN its adoption is asked for
    context = {"now": datetime(2026, 4, 1, 9, tzinfo=UTC)}
    result = agent_of(reviews).execute({"type": "track_feature_adoption", "account_id": "A-0001"}, context)
    # THEN the report has the rate and says what is withheld, and is kept
    assert result["report"]["adoption_rate"] == 0.9
    assert result["report"]["benchmark_comparison"]["withheld_because"]
    assert reviews.reports.reports["A-0001"].as_of == date(2026, 4, 1)


def test_a_rate_that_is_none_is_refused_with_its_bound() -> None:
    reviews = Reviews()
    reviews.account(1, signals={"feature_adoption_rate": 1.35})
    context = {"now": datetime(2026, 4, 1, 9, tzinfo=UTC)}
    result = agent_of(reviews).execute({"type": "track_feature_adoption", "account_id": "A-0001"}, context)
    assert result["error"] == "account 'A-0001': feature_adoption_rate: 1.35 is above the bound 1.0"
    assert not reviews.reports.reports


SPRING = {"now": datetime(2026, 4, 1, 9, tzinfo=UTC)}
EXPANSION = {"type": "check_expansion", "account_id": "A-0001"}


def crowded(**facts: Any) -> Reviews:
    """An account that uses seven seats more than it bought."""
    reviews = Reviews(narrator=ByRule())
    signals = {**HEALTHY, "seats_utilization_rate": 1.07}
    reviews.account(1, **{"signals": signals, "seats_bought": 100.0, "seats_used": 107.0, **facts})
    return reviews


def test_an_offer_is_found_recorded_and_dispatched_on_request() -> None:
    # GIVEN an account that needs seats, somebody in Sales, and a way there
    reviews, offers, records, queue = crowded(), FakeOffers(), FakeExpansionRecords(), FakeOutbox(Writes())
    agent = agent_of(reviews, offers=offers, expansion_records=records, handoff=queue, sales_owner="nora@example.com")
    # WHEN it is asked what it could buy more
    result = agent.execute(EXPANSION, SPRING)
    # THEN the offer is recorded, and on its way
    assert result["outcome"] == "offered"
    assert result["dispatched"] == ["A-0001:seats:Q2 2026"]
    assert len(records.records) == len(queue.sent) == 1
    # WHEN it is asked again, at the same moment and later
    repeated = agent.execute(EXPANSION, SPRING)
    later = agent.execute(EXPANSION, {"now": SPRING["now"] + timedelta(hours=1)})
    # THEN the answer is the same, and nothing more goes out
    assert (repeated["outcome"], later["outcome"]) == ("offered", "offered")
    assert len(records.records) == len(queue.sent) == 1


def test_without_a_handoff_an_offer_is_recorded_and_the_result_says_why_it_goes_nowhere() -> None:
    reviews, records = crowded(), FakeExpansionRecords()
    agent = agent_of(reviews, offers=FakeOffers(), expansion_records=records, sales_owner="nora@example.com")
    result = agent.execute(EXPANSION, SPRING)
    assert (result["outcome"], result["dispatched"]) == ("recorded", [])
    assert "queue" in result["not_dispatched"][0]["reason"]
    assert len(records.records) == 1


def test_without_anybody_in_sales_an_offer_is_recorded_and_the_result_says_so() -> None:
    reviews, queue = crowded(), FakeOutbox(Writes())
    agent = agent_of(reviews, offers=FakeOffers(), expansion_records=FakeExpansionRecords(), handoff=queue)
    result = agent.execute(EXPANSION, SPRING)
    assert (result["outcome"], queue.sent) == ("recorded", [])
    assert "sales owner" in result["not_dispatched"][0]["reason"]


def test_what_if_signals_offer_nothing_for_real() -> None:
    # GIVEN an account that uses few of its seats
    reviews, offers, queue = Reviews(narrator=ByRule()), FakeOffers(), FakeOutbox(Writes())
    reviews.account(1, signals={**HEALTHY, "seats_utilization_rate": 0.5})
    agent = agent_of(reviews, offers=offers, handoff=queue, sales_owner="nora@example.com")
    # WHEN it is asked what would be if it used nearly all
    result = agent.execute({**EXPANSION, "signals": {"seats_utilization_rate": 0.98}}, SPRING)
    # THEN the answer shows the offer, and nothing is kept or sent
    assert [found["opportunity_type"] for found in result["opportunities"]] == ["seats"]
    assert (offers.of_account("A-0001"), queue.sent) == ([], [])


def test_a_mail_on_adoption_is_drafted_only_on_request() -> None:
    reviews = Reviews()
    reviews.account(1)
    task = {"type": "track_feature_adoption", "account_id": "A-0001"}
    assert agent_of(reviews).execute(task, SPRING)["draft_id"] is None
    assert not reviews.drafts.drafts
    assert agent_of(reviews).execute({**task, "draft": True}, SPRING)["draft_id"] == "draft-1"


def agent_of(reviews: Reviews, **ports: Any) -> CustomerSuccessAgent:
    return CustomerSuccessAgent(
        tenant_id="acme",
        feature_usages=reviews.usages,
        adoption_peers=reviews.peers,
        **ports,
        accounts=reviews.rows,
        scorer=CSMHealthScorer(),
        history=reviews.history,
        narrator=reviews.narrator,
        drafts=reviews.drafts,
        qbrs=reviews.qbrs,
        qbr_pages=reviews.pages,
        adoption_reports=reviews.reports,
        ledger=reviews.ledger,
    )


@pytest.mark.parametrize("kind", ["generate_qbr", "check_expansion", "track_feature_adoption"])
def test_what_is_not_configured_says_so(kind: str) -> None:
    result = agent().execute({"type": kind, "account_id": "A-0001"}, CONTEXT)
    assert "not configured" in result["error"]
    assert result["task_type"] == kind


def test_an_absent_port_is_skipped_and_reported() -> None:
    nobody = CustomerSuccessAgent(accounts=None, scorer=CSMHealthScorer())
    result = nobody.execute({"type": "health_scan", "account_id": "A-0001"}, CONTEXT)
    assert result["error"] == "health_scan was skipped: the port accounts is not configured"


@pytest.mark.parametrize("kind", [None, [], {}, 7, ""])
def test_a_task_type_that_is_no_word_is_an_unknown_one(kind: object) -> None:
    with pytest.raises(ValueError, match=r"^Unknown task type: "):
        agent().execute({"type": kind}, CONTEXT)


@pytest.mark.parametrize("signals", [5, "healthy", [1]])
def test_signals_that_are_no_object_are_named(signals: object) -> None:
    result = agent().execute({"type": "health_scan", "account_id": "A-0001", "signals": signals}, CONTEXT)
    assert result["error"] == f"account 'A-0001': signals: {signals!r} is not an object of signals by their names"


@pytest.mark.parametrize("context", [{}, {"now": "today"}, {"now": datetime(2026, 3, 2)}])  # noqa: DTZ001
def test_a_context_without_a_moment_is_named(context: dict[str, object]) -> None:
    result = agent().execute({"type": "health_scan", "account_id": "A-0001"}, context)
    assert "is not a moment with a time zone" in result["error"]
