"""The score history: one point per account and day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING

from customer_success.aws.dynamodb.stored import Stored
from customer_success.scoring.health_status import Point

if TYPE_CHECKING:
    from customer_success.aws.dynamodb.table import Table


class DynamoScoreHistory:
    """`ScoreHistory` in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._points = Stored(table, Point)

    def put_many(self, points: Iterable[tuple[str, Point]]) -> None:
        self._points.put_many(
            (self._table.key("ACCOUNT", account_id, _sk(point.run_date)), point) for account_id, point in points
        )

    def between(self, account_id: str, first: date, last: date) -> Iterator[Point]:
        return self._points.query(self._table.partition("ACCOUNT", account_id), between=(_sk(first), _sk(last)))


def _sk(day: date) -> str:
    return f"SCORE#{day.isoformat()}"
