"""The reviews and adoption reports in the table."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from customer_success.aws.dynamodb.adoption import DynamoAdoptionReports
from customer_success.aws.dynamodb.items import text
from customer_success.aws.dynamodb.qbrs import DynamoQbrs
from customer_success.aws.dynamodb.table import Table
from customer_success.reviews.qbr import Qbr, QbrKey, QbrText
from customer_success.schemas import BenchmarkComparison, FeatureAdoptionReport
from tests.builders.aws import TABLE, Client, Clock
from tests.builders.evidence import evidence
from tests.builders.reviews import FakeNarrator
from tests.builders.stored import NASTY_ID

END = date(2026, 6, 30)


@pytest.fixture
def qbrs(table: Table, clock: Clock) -> DynamoQbrs:
    return DynamoQbrs(table, clock=clock)


def qbr(account_id: str = "A-0001", period: str = "Q2 2026", **changes: object) -> Qbr:
    planned = Qbr(QbrKey(account_id, period), "Łódź & Co", "ada@example.com", "scheduled", date(2026, 4, 1))
    return replace(planned, **changes)  # type: ignore[arg-type]


def test_a_review_comes_back_as_it_was(qbrs: DynamoQbrs) -> None:
    # GIVEN a review with everything in it, of an account with a nasty id
    stored = qbr(
        NASTY_ID,
        state="partial",
        request="tick",
        page_id="p",
        page_url="https://x.example",
        draft_id="d",
        error="why",
        dropped_claims=("99 %",),
    )
    qbrs.put(stored)
    # THEN it is read as it was put
    assert qbrs.get(stored.key) == stored
    assert qbrs.get(QbrKey("A-0002", "Q2 2026")) is None


def test_adding_leaves_what_is_there(qbrs: DynamoQbrs) -> None:
    # GIVEN a review that is written
    written = qbr(state="written")
    qbrs.put(written)
    # WHEN the plan is made again
    qbrs.add([qbr(), qbr("A-0002")])
    # THEN only the other one is new
    assert [found.state for found in qbrs.of_period("Q2 2026")] == ["written", "planned"]


def test_a_quarter_lists_its_own_reviews_and_no_contracts(qbrs: DynamoQbrs) -> None:
    # GIVEN reviews of two quarters, and one that a contract's end called for
    of_contract = replace(qbr(), key=QbrKey("A-0001", "Q2 2026", END), trigger="contract_proximity")
    qbrs.add([qbr("A-0002"), qbr("A-0001"), qbr(period="Q1 2026"), of_contract])
    # THEN each is found where it belongs
    assert [found.key.account_id for found in qbrs.of_period("Q2 2026")] == ["A-0001", "A-0002"]
    assert qbrs.get(of_contract.key) == of_contract


def test_a_contracts_review_is_known_in_any_quarter(qbrs: DynamoQbrs) -> None:
    qbrs.add([replace(qbr(), key=QbrKey("A-0001", "Q1 2026", END))])
    asked, other = QbrKey("A-0001", "Q2 2026", END), QbrKey("A-0001", "Q2 2026", date(2027, 6, 30))
    assert qbrs.known([asked, other]) == {asked}


def test_text_and_evidence_lie_beside_the_record(qbrs: DynamoQbrs) -> None:
    # GIVEN a text with its evidence
    known = evidence()
    content = FakeNarrator().write_qbr(known).content.model_copy(update={"trigger": known.trigger})
    text = QbrText("tick", known, content, "some-model", dropped_claims=("x",))
    key = QbrKey("A-0001", "Q1 2026")
    qbrs.put_text(key, text)
    # THEN it is read as it was put, with what called for it, for that review alone
    assert qbrs.text(key) == text
    assert qbrs.text(QbrKey("A-0001", "Q1 2026", END)) is None


def test_reviews_are_forgotten_after_two_years(qbrs: DynamoQbrs, dynamodb: Client, clock: Clock) -> None:
    qbrs.put(qbr())
    (item,) = dynamodb.real.scan(TableName=TABLE)["Items"]
    assert int(item["expires_at"]["N"]) == int(clock()) + 800 * 86_400


def test_an_adoption_report_is_stored_with_its_account(table: Table) -> None:
    reports = DynamoAdoptionReports(table)
    report = FeatureAdoptionReport(
        account_id=NASTY_ID,
        as_of=date(2026, 4, 1),
        features_used=["SSO"],
        adoption_rate=0.5,
        underutilised_features=[],
        not_entitled_features=["API"],
        recommendations=[],
        benchmark_comparison=BenchmarkComparison(peer_group="plan Growth", peers=0),
        confidence="low",
    )
    for known in (report, report.model_copy(update={"generated_at": datetime(2026, 4, 1, 9, 30, tzinfo=UTC)})):
        reports.put(known)
        assert reports.get(NASTY_ID) == known
    assert reports.get("A-0001") is None


def test_a_review_of_another_version_costs_itself_and_is_named(
    qbrs: DynamoQbrs, table: Table, caplog: pytest.LogCaptureFixture
) -> None:
    # GIVEN a quarter's list with a review that this version cannot read
    qbrs.add([qbr("A-0001"), qbr("A-0002")])
    table.put({**table.key("QBRS", "Q2 2026", "A-0001").attributes, "body": text('{"state": "lost"}')})
    # THEN the others are listed, and the log names the one that is passed over
    assert [found.key.account_id for found in qbrs.of_period("Q2 2026")] == ["A-0002"]
    assert "'acme#QBRS#Q2 2026' / 'A-0001' was written by a version" in caplog.text
