"""What feature usage says: the share of the features that are expected of an account which it uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date, timedelta

from customer_success.dataclass import dataclass
from customer_success.periods import Quarter
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


@dataclass(frozen=True, slots=True)
class ExpectedFeatures:
    """The features that are expected of accounts by their plan, the same for a whole quarter: a rate that moves says
    something of the account, not of the others.
    """

    quarter: Quarter
    by_plan: Mapping[str, tuple[str, ...]]

    def joined_with(self, found: ExpectedFeatures) -> ExpectedFeatures:
        """What holds once `found` is worked out: within a quarter that of a plan that had none, else all of it."""
        if found.quarter == self.quarter:
            return ExpectedFeatures(self.quarter, {**found.by_plan, **self.by_plan})
        return found


class HabitTally:
    """Counts account by account which features the accounts on each plan use."""

    def __init__(self) -> None:
        self._accounts: Counter[str] = Counter()
        self._features: dict[str, Counter[str]] = {}

    def add(self, plan: str | None, used: Collection[str]) -> None:
        """Count an account. One of which no use of features is known is not counted."""
        self._accounts[plan_key(plan)] += 1
        self._features.setdefault(plan_key(plan), Counter()).update(used)

    def expected(self, quarter: Quarter, thresholds: AdoptionThresholds) -> ExpectedFeatures:
        """Of each plan what enough of its accounts use; none where too few are on it: a handful is no habit."""
        by_plan = {
            plan: tuple(sorted(name for name, users in self._features[plan].items() if users >= usual))
            for plan, accounts in self._accounts.items()
            if accounts >= thresholds.smallest_group and (usual := thresholds.usual_share * accounts)
        }
        return ExpectedFeatures(quarter, {plan: features for plan, features in by_plan.items() if features})


def plan_key(plan: str | None) -> str:
    """The plan's name by which plans are distinguished: accounts without one are a plan of their own."""
    return " ".join((plan or "").split()).casefold()


def expected_of(
    plan: str | None, core: Mapping[str, Collection[str]], habits: ExpectedFeatures | None
) -> frozenset[str] | None:
    """What an account on a plan is expected to use: the plan's core features where the team names them, else what half
    of the accounts on the plan use; None where neither is known.
    """
    named = {plan_key(name): features for name, features in core.items()}.get(plan_key(plan))
    if named:
        return frozenset(named)
    return frozenset(habits.by_plan.get(plan_key(plan), ())) if habits else None


def feature_adoption_rate(used: frozenset[str], expected: frozenset[str] | None) -> Derived[float] | NotEnough:
    """The share of the expected features that are in use."""
    if not expected:
        return NotEnough("no feature is expected of this plan: name its core features, or it takes more accounts on it")
    both = len(used & expected)
    return Derived(round(both / len(expected), 4), f"{both} of {len(expected)} expected features")
