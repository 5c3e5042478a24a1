"""Days as people count them: run dates, working days, renewal windows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from customer_success.dataclass import dataclass
from customer_success.errors import Refused

FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)
"""No date of an account lies before or after: one that does is a slip of the pen."""
CLOCKS_APART = timedelta(minutes=5)
"""So far the clock that makes an event may be ahead of the one that reads it."""
_SATURDAY = 5


def run_date(time: datetime, timezone: str) -> date:
    """The day that an event's `time` belongs to, in the tenant's time zone."""
    return time.astimezone(ZoneInfo(timezone)).date()


def day_as_written(text: str, timezone: str, *, written_in: str | None = None) -> date:
    """The day of an ISO date or moment, the latter in the tenant's time zone.

    A moment without an offset is one of the zone `written_in`; if that is not given, its day is the one written.
    Raises `ValueError` for any other text.
    """
    if len(text) <= len("2026-01-31"):
        return date.fromisoformat(text)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        if written_in is None:
            return moment.date()
        try:
            moment = moment.replace(tzinfo=ZoneInfo(written_in))
        except ZoneInfoNotFoundError:
            raise ValueError(f"{written_in!r} is no time zone") from None
    try:
        return run_date(moment, timezone)
    except OverflowError:
        return moment.date()


def shifted(day: date, days: int) -> date:
    """The day so many days later, or earlier; beyond the calendar its first or last day."""
    return date.fromordinal(min(max(day.toordinal() + days, date.min.toordinal()), date.max.toordinal()))


def today(on: date, now: datetime, timezone: str) -> date:
    """The tenant's day at the moment `now`. Raises `Refused` for a run date that lies after it."""
    day = run_date(now + CLOCKS_APART, timezone)
    if on > day:
        raise Refused(f"the run date {on} lies after today, {day} in {timezone}: ask for {day} or a day before it")
    return day


def long_date(day: date) -> str:
    """A day as a letter writes it: 5 January 2026."""
    return f"{day.day} {day:%B %Y}"


@dataclass(frozen=True, slots=True)
class Calendar:
    """The tenant's working days: Monday to Friday without `holidays`."""

    holidays: frozenset[date] = frozenset()

    def is_working_day(self, day: date) -> bool:
        return day.weekday() < _SATURDAY and day not in self.holidays

    def begins_week(self, day: date) -> bool:
        """True on the first working day of a week."""
        monday = day - timedelta(days=day.weekday())
        earlier = (monday + timedelta(days=number) for number in range(day.weekday()))
        return self.is_working_day(day) and not any(map(self.is_working_day, earlier))

    def days_off_before(self, day: date) -> Iterator[date]:
        """The run of days off that ends the day before `day`, latest first; none if that was a working day."""
        day -= timedelta(days=1)
        while not self.is_working_day(day):
            yield day
            day -= timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """A calendar quarter; `number` is 1 to 4."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Quarter:
        """The quarter that a day lies in."""
        return cls(day.year, (day.month + 2) // 3)

    @property
    def previous(self) -> Quarter:
        """The quarter before."""
        return Quarter(self.year - 1, 4) if self.number == 1 else Quarter(self.year, self.number - 1)

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        following = Quarter(self.year + 1, 1) if self.number == 4 else Quarter(self.year, self.number + 1)
        return following.first - timedelta(days=1)

    def __str__(self) -> str:
        return f"Q{self.number} {self.year}"
