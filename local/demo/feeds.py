"""What the bundled book's feeds deliver: files whose days are relative to the first day, so that they never age."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from customer_success.accounts.account import LAST_INTERACTION
from customer_success.accounts.row import AccountRow
from customer_success.scoring.scorecard import LABELS
from customer_success.signals.kinds import Kind
from local.deployment import LocalDeployment
from local.ingest.asked import FileAsked
from local.ingest.delivery import deliver

SOURCES: Mapping[Kind, str] = {
    "usage": "product",
    "tickets": "helpdesk",
    "invoices": "billing",
    "touchpoints": "calendar",
    "nps": "survey",
}
_WORDS = {
    **LABELS,
    LAST_INTERACTION: "last contact",
    "open_ticket_count": "open tickets",
    "avg_ticket_sentiment": "ticket sentiment",
}
DAYS_AGO = "_days_ago"
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class FeedFile:
    """A file as a feed delivers it on a day."""

    kind: Kind
    source: str
    text: str


def feeds_beside(book: Path) -> Path | None:
    """The folder of a book's feeds, `<book>.feeds`, if there is one."""
    folder = book.with_suffix(".feeds")
    return folder if folder.is_dir() else None


def feed_files(folder: Path, first: date, day: date) -> Iterator[FeedFile]:
    """What each feed delivers on a day; what lies after it has not happened yet."""
    for kind, source in SOURCES.items():
        path = folder / f"{kind}.csv"
        if path.exists():
            rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
            lines = list(_usage(rows, first, day) if kind == "usage" else _dated(rows, first, day))
            yield FeedFile(kind, source, _written(lines))


def _usage(rows: list[dict[str, str]], first: date, day: date) -> Iterator[dict[str, str]]:
    """One line a day for each span of days; the latest span of an account goes on until the day before."""
    for row in rows:
        until = int(row[f"to{DAYS_AGO}"])
        start, end = (first - timedelta(days=int(row[f"{name}{DAYS_AGO}"])) for name in ("from", "to"))
        end = day - timedelta(days=1) if until == 1 else end
        for number in range((end - start).days + 1):
            on = start + timedelta(days=number)
            users = row["weekend_users"] if on.weekday() >= _SATURDAY else row["active_users"]
            if users != "0":
                yield {"account": row["account"], "date": str(on), "active_users": users}


def _dated(rows: list[dict[str, str]], first: date, day: date) -> Iterator[dict[str, str]]:
    """Each line with its days; a line whose first day is still to come is left out, a later day in it stays empty.

    A due day is known ahead.
    """
    for row in rows:
        line: dict[str, str] = {}
        ahead = False
        for number, (name, cell) in enumerate(row.items()):
            if not name.endswith(DAYS_AGO):
                line[name] = cell
                continue
            known = name.removesuffix(DAYS_AGO)
            on = first - timedelta(days=int(cell)) if cell else None
            if on and on > day and known != "due":
                ahead = ahead or number <= _first_day(row)
                on = None
            line[known] = str(on or "")
        if not ahead:
            yield line


def _first_day(row: Mapping[str, str]) -> int:
    return next(number for number, name in enumerate(row) if name.endswith(DAYS_AGO))


def _written(lines: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(lines[0]) if lines else ["account"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def deliver_all(deployment: LocalDeployment, folder: Path, first: date, day: date) -> Iterator[str]:
    """Put the day's files into the inbox and wait for their results; one line on each."""
    for file in feed_files(folder, first, day):
        with TemporaryDirectory() as place:
            path = Path(place) / f"{day}.csv"
            path.write_text(file.text, encoding="utf-8")
            asked = FileAsked(path, f"in/{file.kind}/{file.source}/")
            result = deliver(deployment.aws, deployment.stack, asked, lambda _: None)
        yield f"{file.kind} from {file.source}: {result.reason or f'{result.accepted:,} of {result.lines:,} lines'}"


def what_came_from_feeds(rows: Iterable[AccountRow]) -> Iterator[str]:
    """For each source which signals of how many accounts rest on it."""
    accounts: dict[str, set[str]] = {}
    signals: dict[str, set[str]] = {}
    for row in rows:
        for signal, seen in row.account.observed.items():
            accounts.setdefault(seen.source, set()).add(row.account_id)
            signals.setdefault(seen.source, set()).add(_WORDS.get(signal, signal))
    for source in sorted(accounts):
        yield f"{source}, {len(accounts[source])} accounts: {', '.join(sorted(signals[source]))}"
