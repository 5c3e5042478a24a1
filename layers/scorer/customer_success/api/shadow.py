"""`GET /shadow`: what a deployment in shadow would have let out on a day, the digest first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import NamedTuple

from pydantic import ConfigDict, Field

from customer_success.api.accounts import Answer
from customer_success.api.cursors import Cursors
from customer_success.api.problems import invalid
from customer_success.dataclass import dataclass
from customer_success.shadow.outputs import KINDS, Kind, ShadowedOutput
from customer_success.shadow.ports import ShadowLog

LARGEST_LIMIT = 200
DAYS_NAMED = 31
_KIND = "shadow"


class ShadowedOutputAnswer(Answer):
    """One output that was not sent, as people would have read it."""

    model_config = ConfigDict(from_attributes=True)

    kind: Kind
    key: str
    """Distinguishes it from others of its kind on that day."""
    title: str
    recipient: str | None
    """The e-mail address of the person it would have been for; null where it is for the team."""
    lines: tuple[str, ...]


class ShadowAnswer(Answer):
    """One page of the shadowed outputs of a day: digests first, then kind by kind."""

    model_config = ConfigDict(populate_by_name=True)

    shadow: bool
    """Whether this deployment runs in shadow now; earlier shadowed outputs can be read for 90 days."""
    on: date | None
    """The run date that is shown; null while there are no shadowed outputs."""
    days: tuple[date, ...]
    """The latest days with shadowed outputs, latest first."""
    counts: dict[Kind, int] | None
    """How many outputs of each kind, with the first page only."""
    outputs: tuple[ShadowedOutputAnswer, ...] = Field(alias="withheld")
    next: str | None
    """The `cursor` of the next page; null on the last one."""


class _Place(NamedTuple):
    kind: Kind
    after: str


@dataclass(frozen=True, slots=True)
class ShowShadow:
    """Pages through the shadowed outputs of a day. `in_shadow` is whether the deployment runs in shadow now."""

    log: ShadowLog
    cursors: Cursors
    in_shadow: bool

    def __call__(self, on: date | None, *, limit: int, cursor: str | None = None) -> ShadowAnswer:
        """At most `limit` (1 to 200) outputs of the day `on`, by default the latest with any.

        Raises a `Problem` for a limit out of bounds, and for a cursor that was given for something else.
        """
        if not 1 <= limit <= LARGEST_LIMIT:
            raise invalid("limit", f"{limit} is out of bounds; it can be 1 to {LARGEST_LIMIT}")
        days = self.log.days(DAYS_NAMED)
        day, start = (on or next(iter(days), None), _Place(KINDS[0], "")) if cursor is None else self._at(on, cursor)
        if day is None:
            return ShadowAnswer(shadow=self.in_shadow, on=None, days=(), counts={}, outputs=(), next=None)
        found = list(islice(self._from(day, start), limit + 1))
        page = found[:limit]
        return ShadowAnswer(
            shadow=self.in_shadow,
            on=day,
            days=tuple(days),
            counts=self._counts(day) if cursor is None else None,
            outputs=tuple(ShadowedOutputAnswer.model_validate(output) for output in page),
            next=self._next(day, page[-1]) if len(found) > limit else None,
        )

    def _from(self, day: date, start: _Place) -> Iterator[ShadowedOutput]:
        for kind in KINDS[KINDS.index(start.kind) :]:
            yield from self.log.on(day, kind, start.after if kind == start.kind else "")

    def _counts(self, day: date) -> dict[Kind, int]:
        counts = {kind: sum(1 for _ in self.log.on(day, kind)) for kind in KINDS}
        return {kind: count for kind, count in counts.items() if count}

    def _next(self, day: date, last: ShadowedOutput) -> str:
        return self.cursors.sign(_KIND, {"on": day.isoformat(), "kind": last.kind, "after": last.key})

    def _at(self, on: date | None, cursor: str) -> tuple[date, _Place]:
        """Where a cursor goes on."""
        signed = self.cursors.read(_KIND, cursor)
        day = date.fromisoformat(signed["on"])
        if on not in (None, day):
            raise invalid("cursor", f"it was given for date={day}, not {on}; leave date out or as it was")
        return day, _Place(signed["kind"], signed["after"])
