"""Features that a feed delivers are the account's feature usage: before the team's own list, while the feed lives."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from customer_success.adoption.feature_usage import FeatureUsage
from customer_success.adoption.fed_usages import FedUsages
from customer_success.signals.directory import Known
from tests.builders.accounts import TODAY, account
from tests.builders.feeds import FakeInbox
from tests.builders.reviews import QUARTER_DAY, Reviews
from tests.builders.usage import FakeUsages, usage

A1 = account(1)


def morning(number: int = 0, start: date = TODAY) -> datetime:
    return datetime.combine(start + timedelta(days=number), time(3), UTC)


def line(feature: str, account_id: str = "A-0001", as_of: date = TODAY, **facts: Any) -> dict[str, Any]:
    return {"account": account_id, "feature": feature, "as_of": str(as_of), **facts}


class Features:
    """A team's list and feeds, read on a day."""

    def __init__(self, *listed: FeatureUsage) -> None:
        self.inbox, self.listed, self.today = FakeInbox(), FakeUsages(), morning()
        self.inbox.directories.book = []
        self.listed.add("run", listed)

    def deliver(self, *lines: dict[str, Any], at: datetime | None = None, source: str = "product", **how: Any) -> None:
        self.inbox.directories.book = [Known("A-0001"), Known("A-0002")]
        assert self.inbox.take("features", *lines, at=at or morning(), source=source, **how).refused == 0

    @property
    def usages(self) -> FedUsages:
        return FedUsages(self.listed, self.inbox.observations, self.inbox.feeds, lambda: self.today)

    def of(self) -> dict[str, FeatureUsage]:
        return {row.feature: row for row in self.usages.of(A1)}


def test_a_fed_feature_goes_before_the_listed_one_and_the_others_stay() -> None:
    # GIVEN a list with two features, and a feed that counted one of them and a third
    features = Features(usage("Boards", used=40.0, limit=100.0), usage("Reports"))
    features.deliver(line("boards", used=7), line("API calls", entitled=False, used=3))
    # THEN the feed's count goes first, and what it does not say is that of the list
    found = features.of()
    assert found["boards"] == usage("boards", used=7.0, limit=100.0)
    assert found["Reports"] == usage("Reports")
    assert found["API calls"] == FeatureUsage("A-0001", "API calls", entitled=False, used=3.0, as_of=TODAY)
    # AND an account that the feed does not name has what the list has
    assert features.usages.of(account(2)) == ()


def test_the_list_counts_again_when_the_feed_is_late() -> None:
    features = Features(usage("Boards", used=40.0))
    features.deliver(line("Boards", used=7), line("Reports", used=1))
    assert features.of()["Boards"].used == 7.0
    # WHEN the feed has been silent for more than 35 days
    features.today = morning(36)
    # THEN the list goes first, and what it does not have is that of the feed, with its own day
    found = features.of()
    assert (found["Boards"].used, found["Reports"].used, found["Reports"].as_of) == (40.0, 1.0, TODAY)


def test_of_two_feeds_the_one_that_delivered_last_counts() -> None:
    features = Features()
    features.deliver(line("Boards", used=1), at=morning(0), source="crm")
    features.deliver(line("Boards", used=2), at=morning(1), source="product")
    features.deliver(line("Boards", used=3), at=morning(2), source="crm")
    assert features.of()["Boards"].used == 3.0


def test_a_count_keeps_its_own_day() -> None:
    # GIVEN a feed that knows the plan alone, and a list with an old count
    features = Features(usage("Boards", used=40.0, as_of=TODAY - timedelta(days=90)))
    features.deliver(line("Boards", entitled=True))
    assert (features.of()["Boards"].used, features.of()["Boards"].as_of) == (40.0, TODAY - timedelta(days=90))


def test_a_feature_that_a_complete_file_lacks_is_no_feature_of_the_account() -> None:
    features = Features()
    features.deliver(line("Boards", used=1), line("Reports", used=1))
    features.deliver(line("Boards", used=2), at=morning(1), snapshot=True)
    assert list(features.of()) == ["Boards"]


def test_without_a_feed_of_features_no_observations_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    features = Features(usage("Boards"))
    features.inbox.take("tickets", {"account": "A-0001", "id": "1", "opened": str(TODAY)}, at=morning())

    def fails(*_: Any) -> Any:
        raise AssertionError("observations are read")

    monkeypatch.setattr(features.inbox.observations, "get_many", fails)
    assert features.usages.of_many([A1]) == {"A-0001": (usage("Boards"),)}


def test_the_report_on_adoption_is_made_of_fed_features() -> None:
    # GIVEN an account of which a feed alone knows the features
    reviews, features = Reviews(), Features()
    reviews.account(1)
    as_of = QUARTER_DAY - timedelta(days=1)
    features.today = morning(0, QUARTER_DAY)
    features.deliver(
        line("Boards", as_of=as_of, entitled=True, used=50), line("Reports", as_of=as_of, entitled=True, used=0)
    )
    reviews.usages = features.usages  # type: ignore[assignment]
    # WHEN its adoption is asked for  THEN the report has them
    report = reviews.track()["report"]
    assert (report["features_used"], report["underutilised_features"]) == (["Boards"], ["Reports"])
