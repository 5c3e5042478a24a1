"""What NPS answers say: the mean of each person's newest answer, and who is a new detractor."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from customer_success.dataclass import dataclass
from customer_success.scoring.deriver_thresholds import NpsThresholds
from customer_success.signals.derived import Derived, NotEnough
from customer_success.signals.stamped import Stamped


@dataclass(frozen=True, slots=True)
class NpsAnswer:
    """One answer, 0 to 10. `person` is a mark of the person, never an address."""

    person: str
    score: int
    at: date


@dataclass(frozen=True, slots=True)
class NpsAnswers:
    """The answers of one account by one feed."""

    by_key: Mapping[str, Stamped[NpsAnswer]]

    def newest(self, on: date, days: int) -> list[NpsAnswer]:
        """Each person's newest answer of the last `days` up to `on`."""
        newest: dict[str, NpsAnswer] = {}
        for answer in sorted((held.entry for held in self.by_key.values()), key=lambda held: (held.at, -held.score)):
            if 0 <= (on - answer.at).days < days:
                newest[answer.person] = answer
        return list(newest.values())


def nps_score(answers: NpsAnswers, on: date, thresholds: NpsThresholds) -> Derived[float] | NotEnough:
    """The mean of the newest answer of each person, with one decimal; the basis names how many and the lowest."""
    newest = [answer.score for answer in answers.newest(on, thresholds.days)]
    if not newest:
        return NotEnough(f"no answer in {thresholds.days} days")
    return Derived(round(sum(newest) / len(newest), 1), f"{len(newest)} people, lowest {min(newest)}")


def new_detractors(
    answers: NpsAnswers, since: datetime, until: datetime, on: date, thresholds: NpsThresholds
) -> list[NpsAnswer]:
    """The newest answers of people who became detractors by what arrived after `since`, up to `until`.

    Who was a detractor by their answer before is none anew.
    """
    before, now = (_detractors(answers, moment, on, thresholds) for moment in (since, until))
    return [answer for person, answer in now.items() if person not in before]


def _detractors(answers: NpsAnswers, moment: datetime, on: date, thresholds: NpsThresholds) -> dict[str, NpsAnswer]:
    arrived = NpsAnswers({key: held for key, held in answers.by_key.items() if held.stamp.arrived_at <= moment})
    newest = arrived.newest(on, thresholds.days)
    return {answer.person: answer for answer in newest if answer.score <= thresholds.detractor}
