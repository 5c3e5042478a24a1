"""The scorecard: every number a health score is made of, as frozen data with a version.

A scorecard checks itself when it is made, so that a score out of it always lies between 0 and 100 and can
always be taken apart to 100.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from itertools import pairwise
from math import inf
from types import MappingProxyType
from typing import Any, Protocol, get_args

from customer_success.dataclass import dataclass
from customer_success.schemas import CapKey, SignalKey, Support

FULL_SCORE = 100.0


class Rule(Protocol):
    """How the value of a signal becomes points."""

    @property
    def worst(self) -> float:
        """The fewest points a value can earn."""

    @property
    def best(self) -> float:
        """The most points a value can earn."""

    def points(self, value: Any) -> float:
        """Points for a known value."""


@dataclass(frozen=True, slots=True)
class Proportion:
    """A share from 0.0 to 1.0 earns that share of the points."""

    best: float
    worst: float = 0.0

    def points(self, value: float) -> float:
        return value * self.best


@dataclass(frozen=True, slots=True)
class Levels:
    """Each word of a fixed list earns its own points."""

    by_level: Mapping[str, float]

    @classmethod
    def of(cls, **points: float) -> Levels:
        return cls(MappingProxyType(points))

    @property
    def worst(self) -> float:
        return min(self.by_level.values())

    @property
    def best(self) -> float:
        return max(self.by_level.values())

    def points(self, value: str) -> float:
        return self.by_level[value]


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of numbers that earns the same points. `up_to` includes its bound, `below` does not."""

    points: float
    up_to: float = inf
    below: float = inf

    @property
    def bound(self) -> float:
        return min(self.up_to, self.below)


@dataclass(frozen=True, slots=True)
class Bands:
    """Bands in rising order; a number earns the points of the first one that holds it.

    Raises ValueError when the bounds do not rise, or when the last band is not open.
    """

    bands: tuple[Band, ...]

    def __post_init__(self) -> None:
        bounds = [band.bound for band in self.bands]
        if any(lower >= higher for lower, higher in pairwise(bounds)):
            raise ValueError(f"the bounds of the bands must rise, not run {bounds}")
        if bounds[-1:] != [inf]:
            raise ValueError(f"the last band must be open, not end at {bounds[-1:]}")

    @classmethod
    def of(cls, *bands: Band) -> Bands:
        return cls(bands)

    @property
    def worst(self) -> float:
        return min(band.points for band in self.bands)

    @property
    def best(self) -> float:
        return max(band.points for band in self.bands)

    def points(self, value: float) -> float:
        for band in self.bands:
            if value <= band.up_to and value < band.below:
                return band.points
        raise ValueError(f"{value} lies in no band")


@dataclass(frozen=True, slots=True)
class SupportLoad:
    """Ticket sentiment earns points, each open ticket takes some away; an unknown half takes its default."""

    sentiment: Levels
    default_sentiment: str
    default_tickets: int
    points_per_ticket: float
    most_for_tickets: float
    worst: float = 0.0

    @property
    def best(self) -> float:
        return self.sentiment.best

    def points(self, value: Support) -> float:
        sentiment = self.default_sentiment if value.sentiment is None else value.sentiment
        tickets = self.default_tickets if value.open_tickets is None else value.open_tickets
        load = min(self.points_per_ticket * tickets, self.most_for_tickets)
        return max(self.sentiment.points(sentiment) - load, self.worst)


@dataclass(frozen=True, slots=True)
class Signal:
    """One of the eleven lines of the scorecard. Its weight is whole, so that sums of weights are exact.

    Raises ValueError when the best value does not earn the whole weight, or when points lie outside it.
    """

    key: SignalKey
    label: str
    """The signal's name in a sentence."""
    weight: int
    rule: Rule
    unknown: float | None = None
    """Points while it is unknown; None: it drops out, and the others are scaled up to 100."""

    def __post_init__(self) -> None:
        if self.rule.best != self.weight:
            raise ValueError(f"{self.key}: the best value earns {self.rule.best} of a weight of {self.weight}")
        if self.rule.worst < 0:
            raise ValueError(f"{self.key}: the worst value earns {self.rule.worst}, less than nothing")
        if self.unknown is not None and not 0 <= self.unknown <= self.weight:
            raise ValueError(f"{self.key}: unknown earns {self.unknown}, outside of 0 to {self.weight}")

    @property
    def may_drop_out(self) -> bool:
        """Whether it counts neither for nor against an account while it is unknown."""
        return self.unknown is None

    def points(self, value: Any) -> float:
        """Points for a value, None being unknown; 0 when it drops out."""
        return self.rule.points(value) if value is not None else self.unknown or 0.0

    def points_lost(self, value: Any) -> float:
        """Points of the weight that a value does not earn, None being unknown; 0 when it drops out."""
        return 0.0 if value is None and self.may_drop_out else self.weight - self.points(value)


@dataclass(frozen=True, slots=True)
class Cap:
    """A rating by another team that multiplies the whole score.

    Raises ValueError when a factor would raise the score or leave nothing of it.
    """

    key: CapKey
    label: str
    factors: Mapping[str, float]

    def __post_init__(self) -> None:
        for rating, factor in self.factors.items():
            if not 0 < factor < 1:
                raise ValueError(f"{self.key}: the factor of {rating} must lie between 0 and 1, not be {factor}")


@dataclass(frozen=True, slots=True)
class ChurnRules:
    """When an account is in danger of leaving."""

    window_days: int
    """The contract speaks from this many days before its end."""
    idle_login_days: int
    """Logins further apart than this are too few."""
    weakening_usage: frozenset[str]
    """Usage trends that, with too few logins, speak for leaving."""
    stopped_usage: frozenset[str]
    """Usage trends that do so even when logins are unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """All that a score is made of.

    Raises ValueError when it does not fit together: weights that do not add up to 100, a signal or cap that
    is missing or given twice, inverted thresholds, a minimum coverage outside of 0 to 1.
    """

    version: str
    signals: tuple[Signal, ...]
    caps: tuple[Cap, ...]
    """In the order in which they are applied."""
    green_threshold: float
    amber_threshold: float
    minimum_coverage: float
    """Share of the weight that must be known for a score to be given."""
    churn: ChurnRules
    core_features: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The features that every account on a plan should use, by plan, as a usage feed names them. Of a plan that is not
    named, what half of its accounts use is expected."""

    def __post_init__(self) -> None:
        _require_each_once("signals", [signal.key for signal in self.signals], get_args(SignalKey))
        _require_each_once("caps", [cap.key for cap in self.caps], get_args(CapKey))
        weight = sum(signal.weight for signal in self.signals)
        if weight != FULL_SCORE:
            raise ValueError(f"the weights must add up to {FULL_SCORE:g}, not {weight}")
        if not 0 < self.minimum_coverage <= 1:
            raise ValueError(f"minimum_coverage must lie between 0 and 1, not be {self.minimum_coverage}")
        require_ordered_thresholds(self.green_threshold, self.amber_threshold)


def require_ordered_thresholds(green_threshold: float, amber_threshold: float) -> None:
    """Raise ValueError, naming both, unless 0 ≤ amber_threshold < green_threshold ≤ 100."""
    if not 0 <= amber_threshold < green_threshold <= FULL_SCORE:
        raise ValueError(
            f"green_threshold must be above amber_threshold, both within 0 to {FULL_SCORE:g}, "
            f"not green_threshold={green_threshold} and amber_threshold={amber_threshold}"
        )


def _require_each_once(what: str, keys: list[str], wanted: tuple[str, ...]) -> None:
    if sorted(keys) != sorted(wanted):
        raise ValueError(f"the {what} must be each of {', '.join(wanted)} once, not {', '.join(keys)}")


_SUPPORT_LOAD = SupportLoad(
    sentiment=Levels.of(positive=10, neutral=7, negative=3, critical=0),
    default_sentiment="neutral",
    default_tickets=0,
    points_per_ticket=1,
    most_for_tickets=5,
)

DEFAULT_SCORECARD = Scorecard(
    version="1",
    signals=(
        Signal("feature_adoption_rate", "feature adoption", 20, Proportion(20)),
        Signal("usage_trend", "usage trend", 15, Levels.of(growing=15, stable=10, declining=3, inactive=0)),
        Signal(
            "login_frequency_days",
            "days between logins",
            10,
            Bands.of(Band(10, up_to=7), Band(7, up_to=30), Band(4, up_to=60), Band(0)),
            unknown=5,
        ),
        Signal(
            "days_since_last_interaction",
            "days since the last contact",
            10,
            Bands.of(Band(10, up_to=30), Band(7, up_to=60), Band(4, up_to=90), Band(0)),
            unknown=5,
        ),
        Signal(
            "invoice_payment_status",
            "invoice payment",
            10,
            Levels.of(current=10, overdue_30=6, overdue_60=3, overdue_90_plus=0),
        ),
        Signal("support", "support", 10, _SUPPORT_LOAD, unknown=_SUPPORT_LOAD.points(Support(None, None))),
        Signal(
            "days_to_renewal",
            "days to renewal",
            10,
            Bands.of(Band(1, up_to=30), Band(3, up_to=60), Band(6, up_to=90), Band(8, up_to=180), Band(10)),
            unknown=7,
        ),
        Signal(
            "seats_utilization_rate",
            "seat utilisation",
            5,
            Bands.of(Band(1, below=0.5), Band(3, below=0.8), Band(5, up_to=1.0), Band(4)),
        ),
        Signal("stakeholder_engagement", "stakeholder engagement", 5, Levels.of(high=5, medium=3, low=1)),
        Signal(
            "nps_score",
            "NPS",
            3,
            Bands.of(Band(0, below=5), Band(1, below=7), Band(2, below=9), Band(3)),
            unknown=2,
        ),
        Signal(
            "escalation_count_90_days",
            "escalations in 90 days",
            2,
            Bands.of(Band(2, up_to=0), Band(1, up_to=1), Band(0)),
            unknown=2,
        ),
    ),
    caps=(
        Cap("collections_risk", "collections risk", MappingProxyType({"CRITICAL": 0.80, "RED": 0.90})),
        Cap(
            "tam_health_rag",
            "technical account manager's rating",
            MappingProxyType({"RED": 0.85, "AMBER": 0.95}),
        ),
    ),
    green_threshold=70.0,
    amber_threshold=40.0,
    minimum_coverage=0.5,
    churn=ChurnRules(
        window_days=60,
        idle_login_days=30,
        weakening_usage=frozenset({"declining", "inactive"}),
        stopped_usage=frozenset({"inactive"}),
    ),
)

LABELS: Mapping[str, str] = MappingProxyType(
    {signal.key: signal.label for signal in DEFAULT_SCORECARD.signals}
    | {cap.key: cap.label for cap in DEFAULT_SCORECARD.caps}
)
"""The name in a sentence of each key that a driver can have."""
