"""Turns the signals of an account into a health score that can say why.

It has no clock, does no I/O, and takes every number from the scorecard.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from math import fsum
from operator import attrgetter, getitem
from typing import Any, NamedTuple, TypeVar

from customer_success.dataclass import dataclass
from customer_success.schemas import (
    CapKey,
    ChurnRisk,
    ChurnTrigger,
    CSMHealthScore,
    CSMHealthSignals,
    Driver,
    DriverValue,
    Rag,
    SignalKey,
    Support,
)
from customer_success.scoring.scorecard import (
    DEFAULT_SCORECARD,
    FULL_SCORE,
    Scorecard,
    Signal,
    require_ordered_thresholds,
)
from customer_success.settings import ScoringSettings

K = TypeVar("K")
V = TypeVar("V")

_MEMO_SIZE = 512
"""Results that a memo holds at most."""


class InsufficientDataError(ValueError):
    """Too little is known about an account to score it; the message names both it and what is missing."""

    def __init__(self, account_id: str, coverage: float, minimum: float, missing: Sequence[SignalKey]) -> None:
        super().__init__(
            f"account {account_id!r}: signals with {coverage:.0%} of the weight are known, "
            f"at least {minimum:.0%} are needed; unknown: {', '.join(missing)}"
        )
        self.account_id = account_id
        self.coverage = coverage
        self.minimum = minimum
        self.missing = tuple(missing)


@dataclass(frozen=True, slots=True)
class Delta:
    """What one signal or cap did to a score between two scorings."""

    key: SignalKey | CapKey
    delta: float
    """Points of the score gained; negative when lost."""
    before: DriverValue
    after: DriverValue
    """The values then and now; None when unknown, or when the cap did not apply."""
    data: float = 0.0
    """Of these points those that the data made: a signal became unknown or known, or weighs more or less since
    another one did."""

    @property
    def account(self) -> float:
        """Of these points those that the account itself gained or lost."""
        return self.delta - self.data


class CSMHealthScorer:
    """Scores accounts by a scorecard.

    GREEN from `green_threshold`, AMBER from `amber_threshold` (both 0 to 100); a contract ends soon from
    `churn_window_days` before its end. Each defaults to the scorecard's own.
    Raises ValueError when the thresholds are inverted or the window is negative.
    """

    def __init__(
        self,
        *,
        green_threshold: float | None = None,
        amber_threshold: float | None = None,
        churn_window_days: int | None = None,
        scorecard: Scorecard = DEFAULT_SCORECARD,
    ) -> None:
        self._scorecard = scorecard
        self._green = scorecard.green_threshold if green_threshold is None else green_threshold
        self._amber = scorecard.amber_threshold if amber_threshold is None else amber_threshold
        self._window = scorecard.churn.window_days if churn_window_days is None else churn_window_days
        require_ordered_thresholds(self._green, self._amber)
        if self._window < 0:
            raise ValueError(f"churn_window_days must be 0 or more, not {self._window}")
        self._keys = [signal.key for signal in scorecard.signals]
        self._values_of = attrgetter(*self._keys)
        self._caps = [(cap.key, attrgetter(cap.key), dict(cap.factors)) for cap in scorecard.caps]
        self._coverages = _Memo(partial(_coverage, scorecard))
        self._costs_at = _Memo(partial(_costs_at, scorecard))

    def score(self, signals: CSMHealthSignals, account_id: str = "", now: datetime | None = None) -> CSMHealthScore:
        """Score one account; `now` is the moment of scoring.

        Raises InsufficientDataError when less of the weight is known than the scorecard asks for.
        """
        values: tuple[Any, ...] = self._values_of(signals)
        coverage = self._coverages[tuple([value is None for value in values])]
        if coverage.share < self._scorecard.minimum_coverage:
            raise InsufficientDataError(account_id, coverage.share, self._scorecard.minimum_coverage, coverage.unknown)
        scale = FULL_SCORE / coverage.in_play

        costs = list(map(getitem, self._costs_at[scale], values))
        points = [points for _, _, points, _ in costs]
        score, caps = self._capped(fsum(points) * FULL_SCORE / coverage.in_play, signals)
        costs += [
            (
                -cap["points_lost"],
                place,
                0.0,
                {"key": cap["name"], "points_lost": cap["points_lost"], "value": cap["value"]},
            )
            for place, cap in enumerate(caps, len(costs))
        ]
        costs.sort()

        rag = self._colour(score)
        churn_risk, churn_trigger = self._churn(rag, signals)
        # Caps and their drivers are plain data up to here: one validation of the whole is faster than one for each.
        return CSMHealthScore.model_validate(
            {
                "account_id": account_id,
                "score": score,
                "rag": rag,
                "churn_risk": churn_risk,
                "churn_trigger": churn_trigger,
                "signal_breakdown": dict(zip(self._keys, points, strict=True)),
                "coverage": coverage.share,
                "unknown": coverage.unknown,
                "drivers": [driver for _, _, _, driver in costs],
                "caps": caps,
                "scale": scale,
                "scorecard_version": self._scorecard.version,
                "scored_at": now,
                "days_to_renewal": signals.days_to_renewal,
            }
        )

    def _capped(self, score: float, signals: CSMHealthSignals) -> tuple[float, list[dict[str, Any]]]:
        caps = []
        for key, rating_of, factors in self._caps:
            rating = rating_of(signals)
            if rating in factors:
                factor = factors[rating]
                lost = score - score * factor
                caps.append({"name": key, "value": rating, "factor": factor, "points_lost": lost})
                score *= factor
        return score, caps

    def _colour(self, score: float) -> Rag:
        if score >= self._green:
            return "GREEN"
        return "AMBER" if score >= self._amber else "RED"

    def _churn(self, rag: Rag, signals: CSMHealthSignals) -> tuple[ChurnRisk, ChurnTrigger | None]:
        match self._contract_speaks(rag, signals), self._behaviour_speaks(signals):
            case True, True:
                return "critical", "both"
            case True, False:
                return ("critical" if rag == "RED" else "high"), "contract_proximity"
            case False, True:
                return ("medium" if rag == "GREEN" else "high"), "behavioral"
        return ("low" if rag == "GREEN" else "medium"), None

    def _contract_speaks(self, rag: Rag, signals: CSMHealthSignals) -> bool:
        days = signals.days_to_renewal
        return rag != "GREEN" and days is not None and days <= self._window

    def _behaviour_speaks(self, signals: CSMHealthSignals) -> bool:
        rules = self._scorecard.churn
        if signals.login_frequency_days is None:
            # A login feed that is missing must not put a whole book on alert.
            return signals.usage_trend in rules.stopped_usage
        few_logins = signals.login_frequency_days > rules.idle_login_days
        return few_logins and signals.usage_trend in rules.weakening_usage


def explain_change(
    before: CSMHealthScore, after: CSMHealthScore, *, unrated: Collection[str] = frozenset()
) -> list[Delta]:
    """What each signal and cap did to the score, the biggest change first, and how much of it the data did.

    What changed nothing is left out. The deltas add up to `after.score - before.score` to within 0.01. `unrated` are
    caps whose rating became unknown: a score does not distinguish that from a rating that caps nothing.
    """
    then = {driver.key: driver for driver in before.drivers}
    now = {driver.key: driver for driver in after.drivers}
    by_data = _signals_by_data(before, after, then, now)
    by_data |= _caps_by_data(before, after, then, now, by_data, unrated)
    deltas = [_delta(key, then.get(key), now.get(key), by_data.get(key, 0.0)) for key in {**then, **now}]
    return sorted((delta for delta in deltas if delta.delta), key=lambda delta: abs(delta.delta), reverse=True)


_Drivers = Mapping[SignalKey | CapKey, Driver]


def _signals_by_data(
    before: CSMHealthScore, after: CSMHealthScore, then: _Drivers, now: _Drivers
) -> dict[SignalKey | CapKey, float]:
    """The points that the data did to each signal. One that is known at both points weighs another share of the score
    once another one drops out or comes back.
    """
    found: dict[SignalKey | CapKey, float] = {}
    for key in before.signal_breakdown:
        first, last = then.get(key), now.get(key)
        lost_before, lost_after = _lost(first), _lost(last)
        if first is None or last is None:
            # A score that was imported has no drivers: there is nothing to compare.
            continue
        if _is_known_in_part(first.value) != _is_known_in_part(last.value):
            found[key] = lost_before - lost_after
        elif before.scale != after.scale:
            found[key] = lost_after / after.scale * before.scale - lost_after
    return found


def _caps_by_data(
    before: CSMHealthScore,
    after: CSMHealthScore,
    then: _Drivers,
    now: _Drivers,
    by_data: Mapping[SignalKey | CapKey, float],
    unrated: Collection[str],
) -> dict[SignalKey | CapKey, float]:
    """The points that the data did to each cap: it takes its share of more or fewer points.

    `between` is the score as the account's own changes alone would have made it.
    """
    factors_before, factors_after = ({cap.name: cap.factor for cap in score.caps} for score in (before, after))
    start = FULL_SCORE - fsum(_lost(then.get(key)) for key in before.signal_breakdown)
    end = FULL_SCORE - fsum(_lost(now.get(key)) for key in after.signal_breakdown)
    between = end - fsum(by_data.values())
    found: dict[SignalKey | CapKey, float] = {}
    for key in dict.fromkeys((*factors_before, *factors_after)):
        first, last = factors_before.get(key, 1.0), factors_after.get(key, 1.0)
        middle = first if key in unrated else last
        own = start * (1 - first) - between * (1 - middle)
        found[key] = start * (1 - first) - end * (1 - last) - own
        start, between, end = start * first, between * middle, end * last
    return found


def _is_known_in_part(value: DriverValue) -> tuple[bool, ...]:
    """Which parts of a value are known: `support` has two."""
    return tuple(part is not None for part in value) if isinstance(value, Support) else (value is not None,) * 2


def _lost(driver: Driver | None) -> float:
    return driver.points_lost if driver else 0.0


def _delta(key: SignalKey | CapKey, before: Driver | None, after: Driver | None, by_data: float) -> Delta:
    return Delta(
        key,
        _lost(before) - _lost(after),
        before=before.value if before else None,
        after=after.value if after else None,
        data=by_data,
    )


class _Memo(dict[K, V]):
    """The results of a function by its argument, each computed once. A full memo starts again from empty."""

    def __init__(self, compute: Callable[[K], V]) -> None:
        self._compute = compute

    def __missing__(self, argument: K) -> V:
        if len(self) >= _MEMO_SIZE:
            self.clear()
        self[argument] = result = self._compute(argument)
        return result


class _Coverage(NamedTuple):
    """What follows from which signals of an account are unknown."""

    share: float
    """Weight that is known, as a share of all weight."""
    unknown: list[SignalKey]
    in_play: float
    """Weight of the signals that did not drop out."""


def _coverage(scorecard: Scorecard, is_unknown: tuple[bool, ...]) -> _Coverage:
    unknown = [signal for signal, missing in zip(scorecard.signals, is_unknown, strict=True) if missing]
    return _Coverage(
        share=(FULL_SCORE - sum(signal.weight for signal in unknown)) / FULL_SCORE,
        unknown=[signal.key for signal in unknown],
        in_play=FULL_SCORE - sum(signal.weight for signal in unknown if signal.may_drop_out),
    )


_Cost = tuple[float, int, float, Driver | dict[str, Any]]
"""Points lost below zero and the signal's place, by which costs sort; points earned; the driver."""


def _costs_at(scorecard: Scorecard, scale: float) -> list[_Memo[Any, _Cost]]:
    """For each signal what its values cost at a scale. A book repeats its values, so scores share frozen drivers."""
    return [_Memo(partial(_cost, scale, place, signal)) for place, signal in enumerate(scorecard.signals)]


def _cost(scale: float, place: int, signal: Signal, value: Any) -> _Cost:
    driver = Driver(key=signal.key, points_lost=signal.points_lost(value) * scale, value=value)
    return -driver.points_lost, place, signal.points(value), driver


def scorer_of(settings: ScoringSettings) -> CSMHealthScorer:
    """The scorer with a deployment's thresholds."""
    return CSMHealthScorer(
        green_threshold=settings.green_threshold,
        amber_threshold=settings.amber_threshold,
        churn_window_days=settings.churn_window_days,
    )
