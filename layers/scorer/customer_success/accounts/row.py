"""The stored row of an account: enough to answer and to alert without asking Notion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import date, timedelta
from typing import Annotated

from pydantic import Field, PlainSerializer, PlainValidator

from customer_success.accounts.account import Account
from customer_success.accounts.alert_state import FALL_WINDOW, AlertState
from customer_success.accounts.carried import LastKnown, known_at
from customer_success.accounts.stored_alert_state import StoredAlertState, from_stored, to_stored
from customer_success.dataclass import dataclass
from customer_success.schemas import AssessmentStatus, is_empty
from customer_success.scoring.health_status import HealthStatus, Point

CONTRACT_CHECK = "contract_check"

WANT_OF_DATA = ("insufficient_data", "stale_signals")
"""The reasons of rejections for want of data, which say nothing of the account."""


@dataclass(frozen=True, slots=True)
class AssessmentRecord:
    """The stored assessment of an account on a run date.

    `last` is its latest scored point, this day's if it was scored, and `trail` the statuses that later days are
    compared with. `since` is the first day with this colour and churn risk. `reason` says why it was rejected.
    `page` is what its page should show, `page_queued` when that was last handed on to be written. `carried` are the
    last known values of signals that the day's point lacks; of a day without a point, of all signals. `overruled` are
    typed values that a feed goes before, or went before while it lived.
    """

    run_date: Annotated[date, Field(alias="on")]
    status: AssessmentStatus
    since: date
    last: Point | None = None
    trail: tuple[HealthStatus, ...] = ()
    alert_state: Annotated[
        AlertState,
        Field(alias="memory"),
        PlainValidator(from_stored),
        PlainSerializer(to_stored, return_type=StoredAlertState),
    ] = AlertState()
    reason: str | None = None
    detail: str | None = None
    page: PageValues | None = None
    page_queued: date | None = None
    carried: Annotated[Mapping[str, LastKnown], Field(exclude_if=is_empty)] = field(default_factory=dict)
    overruled: Annotated[Mapping[str, object], Field(exclude_if=is_empty)] = field(default_factory=dict)

    @property
    def last_known(self) -> Mapping[str, LastKnown]:
        """The last known value of every signal that was ever known; none once the account has left."""
        match self.status:
            case "scored":
                return {**known_at(self.last), **self.carried}
            case "rejected":
                return self.carried or known_at(self.last)
        return {}

    @property
    def last_colour(self) -> HealthStatus | None:
        """The last health status of an account that is not scored for want of data: it stays until there is data."""
        lost_sight = self.status == "rejected" and self.reason in WANT_OF_DATA
        return self.last.health_status if lost_sight and self.last else None

    @property
    def point(self) -> Point | None:
        """The point of this very day, None if it was not scored."""
        return self.last if self.last and self.last.run_date == self.run_date else None


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account with its latest day, and the day that stood before that day's scan.

    `before` lets a day be scanned again with the same outcome. `run` and `chunk` name the run, and the page of the
    book within it, that wrote the row.
    """

    account: Account
    latest: Annotated[AssessmentRecord, Field(alias="day")]
    before: AssessmentRecord | None
    run: str
    chunk: int

    @property
    def account_id(self) -> str:
        return self.account.account_id

    def latest_before(self, day: date) -> AssessmentRecord | None:
        """The latest day that lies before `day`.

        Of a row that was written for a day yet to come it is the day before that one, be it `day` itself: what was
        sent on it is not sent again.
        """
        if self.latest.run_date < day:
            return self.latest
        return self.before if self.before and self.before.run_date <= day else None

    def written_for(self, day: date) -> bool:
        """True if `day` was assessed already, or its row is of a later day."""
        return self.latest.run_date >= day


def trail_after(trail: tuple[HealthStatus, ...], health_status: HealthStatus) -> tuple[HealthStatus, ...]:
    """The trail with a new health status at its end, without those too old for any comparison."""
    start = health_status.run_date - FALL_WINDOW + timedelta(days=1)
    return (*(past for past in trail if start <= past.run_date < health_status.run_date), health_status)


def same_values(a: PageValues, b: PageValues | None) -> bool:
    """True if two pages show the same, whenever they were scanned and wherever their signals came from."""
    return b is not None and replace(a, last_scan=b.last_scan, sources=b.sources) == b


@dataclass(frozen=True, slots=True)
class PageValues:
    """What the scan writes back to an account's page. `score` has one decimal; None is "cannot be scored".

    `sources` says where each signal came from and when. A daily feed moves it every day, so it changes no page alone.
    """

    score: float | None
    rag: str
    churn_risk: str | None
    why: str
    since: date | None
    next_step: str
    last_scan: date
    sources: str = ""


def check_marker(on: date) -> str:
    """The mark that the contract check of a day leaves on the rows that it wrote."""
    return f"{CONTRACT_CHECK}:{on}"
