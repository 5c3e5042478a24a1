"""What feature usage says: the share of the features that are expected of an account which it uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from customer_success.scoring.deriver_thresholds import AdoptionThresholds
from customer_success.signals.derived import Derived, NotEnough


@dataclass(frozen=True, slots=True)
class FeatureWeeks:
    """One account's use of features: for each feature the most people on a day of each week, by the week's Monday."""

    people: Mapping[str, Mapping[date, int]]

    def used(self, until: date, seats: float | None, thresholds: AdoptionThresholds) -> frozenset[str]:
        """The features in use: by enough people in enough of the last whole weeks up to `until`."""
        small = seats is not None and seats <= thresholds.small_account_seats
        enough = thresholds.users_of_a_small_account if small else thresholds.users
        monday = until + timedelta(days=1) - timedelta(days=(until + timedelta(days=1)).weekday())
        weeks = [monday - back * timedelta(days=7) for back in range(1, thresholds.weeks + 1)]
        return frozenset(
            feature
            for feature, by_week in self.people.items()
            if sum(by_week.get(week, 0) >= enough for week in weeks) >= thresholds.weeks_used
        )


def expected_features(
    core: Collection[str], used_by_the_plan: Iterable[frozenset[str]], thresholds: AdoptionThresholds
) -> frozenset[str] | None:
    """What an account on a plan is expected to use.

    The plan's core features where the team names them, else those that half of the accounts on the plan use. None
    where too few accounts are on it: a handful of customers is no habit.
    """
    if core:
        return frozenset(core)
    accounts = list(used_by_the_plan)
    if len(accounts) < thresholds.smallest_group:
        return None
    counts = Counter(feature for used in accounts for feature in used)
    return frozenset(feature for feature, count in counts.items() if count >= thresholds.usual_share * len(accounts))


def feature_adoption_rate(used: frozenset[str], expected: frozenset[str] | None) -> Derived[float] | NotEnough:
    """The share of the expected features that are in use."""
    if not expected:
        return NotEnough("no feature is expected of this plan: name its core features, or it takes more accounts on it")
    both = len(used & expected)
    return Derived(round(both / len(expected), 4), f"{both} of {len(expected)} expected features")
