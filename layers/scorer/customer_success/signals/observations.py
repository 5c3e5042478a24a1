"""What is observed of an account: values of signals with their source and date, and which of them counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import date

from customer_success.dataclass import dataclass
from customer_success.scoring.health_status import TYPED

SignalValue = object


@dataclass(frozen=True, slots=True)
class Observation:
    """One value of one signal of one account.

    `as_of` is the day that it is of, `source` the feed that brought it, `basis` in a few words what it was derived
    from. `fresh` is False where its feed is late, `kind` what kind of feed it is.
    """

    signal: str
    value: SignalValue
    as_of: date
    source: str
    basis: str = ""
    fresh: bool = True
    kind: str = ""

    @property
    def typed(self) -> bool:
        return self.source == TYPED

    @property
    def lasting(self) -> bool:
        """True for what stays known though its feed is late, where no other source knows it: a contract's terms."""
        return self.kind == "contracts"


@dataclass(frozen=True, slots=True)
class Observed:
    """The signals of an account as they count on a day.

    `conflicts` are typed values that differ from the feed's that goes before them; `late` are the observations whose
    feed is late and that no other source replaces: their signals are unknown.
    """

    signals: Mapping[str, Observation] = field(default_factory=dict)
    conflicts: tuple[tuple[Observation, Observation], ...] = ()
    late: tuple[Observation, ...] = ()

    def values(self) -> dict[str, SignalValue]:
        return {signal: observation.value for signal, observation in self.signals.items()}


def observed(observations: Iterable[Observation]) -> Observed:
    """Which observation of each signal counts: a fresh feed goes before a typed value of any date.

    Of several fresh feeds the newest counts, then the first by name, so that the order of deliveries does not matter.
    """
    by_signal: dict[str, list[Observation]] = {}
    for observation in observations:
        by_signal.setdefault(observation.signal, []).append(observation)
    counts: dict[str, Observation] = {}
    conflicts: list[tuple[Observation, Observation]] = []
    late: list[Observation] = []
    for signal, found in sorted(by_signal.items()):
        fresh = sorted((one for one in found if one.fresh), key=_rank)
        fresh = fresh or sorted((one for one in found if one.lasting), key=_rank)
        if not fresh:
            late.append(max(found, key=lambda one: (one.as_of, one.source)))
            continue
        counts[signal] = first = fresh[0]
        conflicts += [(first, one) for one in fresh[1:] if one.typed and not first.typed and one.value != first.value]
    return Observed(counts, tuple(conflicts), tuple(late))


def _rank(observation: Observation) -> tuple[bool, int, str]:
    return (observation.typed, -observation.as_of.toordinal(), observation.source)
