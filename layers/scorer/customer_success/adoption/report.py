"""How an account uses its features, from its feature usage and that of its peers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from pydantic import ValidationError

from customer_success.accounts.account import Account
from customer_success.adoption.feature_usage import USAGE_STALE_AFTER, FeatureUsage
from customer_success.adoption.peers import PeerGroup, compared
from customer_success.dataclass import dataclass
from customer_success.errors import Refused
from customer_success.schemas import (
    BenchmarkComparison,
    Confidence,
    CSMHealthSignals,
    FeatureAdoptionReport,
    FeatureStatus,
    refusals,
)
from customer_success.scoring.words import LOW_ADOPTION
from customer_success.text import short

MOST_RECOMMENDED = 5
MOST_NAMED = 5
FEATURE_LIMIT = 80


@dataclass(frozen=True, slots=True)
class _Features:
    """An account's features by status on the run date; each is in one list."""

    used: list[FeatureUsage]
    underutilised: list[FeatureUsage]
    not_entitled: list[FeatureUsage]
    unknown: list[FeatureUsage]

    @classmethod
    def of(cls, usage: Sequence[FeatureUsage], run_date: date) -> _Features:
        lists: dict[FeatureStatus | None, list[FeatureUsage]] = {}
        for row in usage:
            lists.setdefault(row.status(run_date), []).append(row)
        statuses: tuple[FeatureStatus | None, ...] = ("used", "underutilised", "not_entitled", None)
        return cls(*(lists.get(status, []) for status in statuses))

    @property
    def rate(self) -> float | None:
        """The share of the entitled features that is in use, of those of which it is known."""
        known = len(self.used) + len(self.underutilised)
        return len(self.used) / known if known else None


def adoption_rate(account: Account, usage: Sequence[FeatureUsage], run_date: date) -> float | None:
    """Share of the entitled features in use on the run date; the account's own rate where no usage is known.

    Raises `Refused` for an own rate that is none.
    """
    return _rate(account, _Features.of(usage, run_date))


def adoption_report(
    account: Account,
    usage: Sequence[FeatureUsage],
    groups: Mapping[str, PeerGroup],
    *,
    run_date: date,
    now: datetime | None = None,
    assumed: float | None = None,
) -> FeatureAdoptionReport:
    """The report of the run date, made at the moment `now`, None where it is only read; an `assumed` rate replaces
    the known one.

    Raises `Refused` for an own rate that is none.
    """
    features = _Features.of(usage, run_date)
    rate = _rate(account, features) if assumed is None else assumed
    fresh = {name: group for name, group in groups.items() if run_date - group.on <= USAGE_STALE_AFTER}
    comparison = compared(account, rate, fresh)
    return FeatureAdoptionReport(
        account_id=account.account_id,
        as_of=run_date,
        features_used=_names(features.used),
        adoption_rate=rate,
        underutilised_features=_names(features.underutilised),
        not_entitled_features=_names(features.not_entitled),
        recommendations=_recommendations(features, rate),
        benchmark_comparison=comparison,
        confidence=_confidence(features, comparison),
        generated_at=now,
    )


def _rate(account: Account, features: _Features) -> float | None:
    return features.rate if features.rate is not None else _own_rate(account)


def _own_rate(account: Account) -> float | None:
    try:
        rate = account.signals.get("feature_adoption_rate")
        return CSMHealthSignals.model_validate({"feature_adoption_rate": rate}).feature_adoption_rate
    except ValidationError as error:
        raise Refused(f"account {account.account_id!r}: {'; '.join(map(str, refusals(error)))}") from error


def _names(rows: Sequence[FeatureUsage]) -> list[str]:
    return [row.feature for row in rows]


def _recommendations(features: _Features, rate: float | None) -> list[str]:
    """What to do next. Little-used features come first; up to two places are for the other recommendations."""
    once = [*_about_the_plan(features.not_entitled), *_about_what_is_unknown(features, rate)]
    little = sorted(features.underutilised, key=lambda row: (row.share or 0.0, row.feature))
    return [*map(_show, little[: MOST_RECOMMENDED - len(once)]), *once]


def _show(row: FeatureUsage) -> str:
    use = f"used to {row.share:.0%} of its limit" if row.share else "not used"
    return f"Show what {short(row.feature, FEATURE_LIMIT)} can do: the plan includes it, and it is {use}."


def _about_the_plan(rows: Sequence[FeatureUsage]) -> list[str]:
    """What was asked for comes first."""
    by_demand = sorted(rows, key=lambda row: (-(row.used or 0), row.feature))
    return [f"Not included in the plan: {named([_asked_for(row) for row in by_demand])}."] if rows else []


def _asked_for(row: FeatureUsage) -> str:
    name = short(row.feature, FEATURE_LIMIT)
    return f"{name} (asked for {row.used:,.0f} times)" if row.used and row.used > 0 else name


def _about_what_is_unknown(features: _Features, rate: float | None) -> list[str]:
    if features.unknown:
        return [f"Bring feature usage up to date; not known of {named(_names(features.unknown))}."]
    if features.rate is not None:
        return []
    if rate is not None and rate < LOW_ADOPTION:
        return ["Show what the plan includes and is not in use yet, and find out feature by feature what is used."]
    return ["Find out feature by feature what is used."]


def named(features: Sequence[str]) -> str:
    """The features in a row, the first few of many."""
    listed = [short(feature, FEATURE_LIMIT) for feature in features[:MOST_NAMED]]
    if more := len(features) - len(listed):
        listed.append(f"{more} more")
    return " and ".join(filter(None, (", ".join(listed[:-1]), *listed[-1:])))


def _confidence(features: _Features, comparison: BenchmarkComparison) -> Confidence:
    """low where nothing is known feature by feature, high where nothing is missing, else medium."""
    if not (features.used or features.underutilised or features.not_entitled):
        return "low"
    whole = features.rate is not None and not features.unknown and comparison.percentile is not None
    return "high" if whole else "medium"
