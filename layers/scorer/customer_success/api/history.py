"""`GET /accounts/{id}/history`: the score of an account from day to day, in pages."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import islice
from typing import Annotated, NamedTuple

from pydantic import Field

from customer_success.accounts.ports import AccountRows, ScoreHistory
from customer_success.accounts.row import AccountRow
from customer_success.api.accounts import Answer, days_before, known_account
from customer_success.api.cursors import Cursors
from customer_success.api.problems import invalid
from customer_success.dataclass import dataclass
from customer_success.schemas import ChurnRisk, Rag, SignalKey
from customer_success.scoring.health_status import Point

DEFAULT_DAYS = 90
DEFAULT_LIMIT = 100
LARGEST_LIMIT = 400
"""Points on a page: one read of the table holds more."""

_KIND = "history"
_ONE_DAY = timedelta(days=1)


class HistoryPoint(Answer):
    """How an account was scored on a day."""

    on: date
    score: float
    """0 to 100 with one decimal, as people see it."""
    exact_score: float
    """The same with two decimals; the colour is by the score with all of them."""
    rag: Rag
    churn_risk: ChurnRisk
    coverage: float
    """Weight of the signals that were really known, as a share of all weight."""
    signal_breakdown: dict[SignalKey, float]
    """Points that each signal earned, before scale and caps; 0 for one that dropped out."""
    scorecard_version: str


class HistoryAnswer(Answer):
    """One page of the scored days of an account. A day on which it could not be scored has no point."""

    account_id: str
    first: date
    last: date
    """The days that all pages are about, both included."""
    points: Annotated[tuple[HistoryPoint, ...], Field(max_length=LARGEST_LIMIT)]
    """Oldest first."""
    next: str | None
    """The cursor of the next page, null on the last one."""


class _Span(NamedTuple):
    """The days asked for, and the day at which this page begins."""

    first: date
    last: date
    start: date


@dataclass(frozen=True, slots=True)
class ShowHistory:
    """Pages through the scored days of one account. Each page takes two reads of the table."""

    rows: AccountRows
    history: ScoreHistory
    cursors: Cursors

    def __call__(
        self,
        account_id: str,
        *,
        first: date | None,
        last: date | None,
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> HistoryAnswer:
        """The points from `first` to `last`, both included, at most `limit` (1 to 400) of them.

        `last` is by default the account's last day, or `first` if that is later; `first` is so many days before it
        that there are 90 with both. A cursor brings its own days along. Raises a `Problem` for an account that is not
        known, days in the wrong order, a limit out of bounds, and a cursor that was given for something else.
        """
        if not 1 <= limit <= LARGEST_LIMIT:
            raise invalid("limit", f"{limit} is out of bounds; it can be 1 to {LARGEST_LIMIT}")
        if first and last and first > last:
            raise invalid("from", f"{first} lies after to, {last}; it can be that day at the latest")
        row = known_account(self.rows, account_id)
        span = _span(row, first, last) if cursor is None else self._continued(account_id, first, last, cursor)
        found = list(islice(self.history.between(account_id, span.start, span.last), limit + 1))
        points = found[:limit]
        return HistoryAnswer(
            account_id=account_id,
            first=span.first,
            last=span.last,
            points=tuple(_shown(point) for point in points),
            next=self._next(account_id, span, points[-1].run_date) if len(found) > limit else None,
        )

    def _next(self, account_id: str, span: _Span, after: date) -> str:
        return self.cursors.sign(
            _KIND,
            {
                "account": account_id,
                "first": span.first.isoformat(),
                "last": span.last.isoformat(),
                "after": after.isoformat(),
            },
        )

    def _continued(self, account_id: str, first: date | None, last: date | None, cursor: str) -> _Span:
        """Where a cursor goes on."""
        signed = self.cursors.read(_KIND, cursor)
        if signed["account"] != account_id:
            raise invalid("cursor", f"it was given for another account than {account_id[:80]!r}")
        span = _Span(*(date.fromisoformat(signed[name]) for name in ("first", "last", "after")))
        for name, given, its in (("from", first, span.first), ("to", last, span.last)):
            if given not in (None, its):
                raise invalid("cursor", f"it was given for {name}={its}, not {given}; leave {name} out or as it was")
        return span._replace(start=span.start + _ONE_DAY)


def _span(row: AccountRow, first: date | None, last: date | None) -> _Span:
    last = last or max(row.latest.run_date, first or row.latest.run_date)
    first = first or days_before(last, DEFAULT_DAYS - 1)
    return _Span(first, last, first)


def _shown(point: Point) -> HistoryPoint:
    score = point.score
    return HistoryPoint(
        on=point.run_date,
        score=round(score.score, 1),
        exact_score=score.score,
        rag=point.health_status.rag,
        churn_risk=point.health_status.churn_risk,
        coverage=score.coverage,
        signal_breakdown=score.signal_breakdown,
        scorecard_version=score.scorecard_version,
    )
