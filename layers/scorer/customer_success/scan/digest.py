"""The digest: what the team reads once a day, also when nothing is new and when the scan failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from customer_success.alerts.digest import NAME_LIMIT, NO_OWNER, Digest, Section, _counted
from customer_success.documents import Line
from customer_success.isolation import alone
from customer_success.scan.book_notes import mostly_unknown_statuses, property_lines, status_lines
from customer_success.scan.feeds import NEW_NORMAL_AFTER, in_words
from customer_success.scan.words import step_to_score
from customer_success.scoring.health_status import COLOURS, RISKS
from customer_success.text import short

if TYPE_CHECKING:
    from customer_success.alerts.entry import AlertEntry
    from customer_success.messages import ChurnAlert
    from customer_success.scan.run import Run

Place = tuple[str, int, float, str]
"""Where an alert is in the digest: by owner, then by danger."""


def scan_digest(
    run: Run,
    reported: Run | None,
    unreported: Sequence[Run],
    entries: Iterable[tuple[AlertEntry, str]],
    signals_stale_after_days: int,
    of_feeds: tuple[Line, ...] = (),
) -> Digest:
    """The digest of a finished scan, and of the runs since the one that was last reported. It has a new id only if
    there is a new alert in it. Each entry comes with what became of its account since, empty for today's. `of_feeds`
    says which feeds are late and what they joined.
    """
    # Only each alert's line is held in memory: a big book has many.
    alerts = sorted((_placed(entry, since) for entry, since in entries), key=itemgetter(0))
    runs = (*unreported, run)
    sections = (
        Section("The scan", tuple(Line(text) for text in _overview(run, reported, unreported))),
        *([Section("Feeds", of_feeds)] if of_feeds else []),
        *_broken_feeds(run),
        *_book(run),
        *_owner_sections(alerts),
        *_listed("New NPS detractors", ("detractors",), runs),
        *_listed("Can no longer be judged", ("danger_lost_sight_of", "no_longer_judged"), runs),
        *_listed("No data since: the last known colour stays", ("last_colours",), [run], most=LAST_COLOURS_NAMED),
        *_listed("Rejected", ("rejections",), [run] if reported is None else []),
        *_listed(_UNEXPECTED, ("unexpected",), [run] if reported else []),
        *_listed(_too_old(signals_stale_after_days), ("stale",), [run]),
        *_listed("Could not be read", ("unreadable",), [run]),
        Section("Quiet", tuple(Line(text) for text in _quiet(run))),
    )
    name = f"{run.kind}:{run.run_date}:{len(alerts)}"
    return Digest(name, run.kind, run.run_date, f"Account health, {run.run_date}", sections)


_UNEXPECTED = f"Not judged, as something unexpected went wrong. {step_to_score('unexpected')}"


def failure_digest(run: Run, *, last_try: bool) -> Digest:
    """The digest of a scan that failed: what went wrong, and how far it came. However often a request is tried again
    meanwhile, it is reported when it fails first and when no try follows.
    """
    lines = (
        Line(run.failure or "", strong=True),
        Line(f"{run.tally.read} accounts were read before. What was found in them is told with the next scan."),
        Line(
            "It is not tried again by itself." if last_try else "It is tried again several times within the next hour."
        ),
    )
    name = f"{run.kind}:{run.run_date}:failed:{run.attempt if last_try else run.request_id}"
    title = f"Account health, {run.run_date}: the scan failed"
    return Digest(name, run.kind, run.run_date, title, (Section("The scan", lines),))


def alarm_digest(run: Run) -> Digest:
    """What cannot wait for the next working day's digest: a book that is in doubt."""
    title = f"Account health, {run.run_date}: please look at the account book"
    sections = (Section("The scan", (Line(f"Attention: {run.alarm}", strong=True),)),)
    return Digest(f"{run.kind}:{run.run_date}:alarm", run.kind, run.run_date, title, sections)


def _overview(run: Run, reported: Run | None, unreported: Sequence[Run]) -> list[str]:
    tally = run.tally
    rejected = sum(tally.rejected.values())
    at = f" at {run.started_at:%H:%M} UTC" if run.started_at else ""
    mostly_unknown = mostly_unknown_statuses(run)
    lines = [
        *([mostly_unknown] if mostly_unknown else []),
        f"Scanned{at}: {tally.read} read = {tally.scored} scored + {rejected} rejected{_reasons(tally.rejected)} "
        f"+ {tally.inactive} skipped (inactive)",
        "Colours: " + ", ".join(_colour(colour, run, reported) for colour in COLOURS),
    ]
    moves = Counter[str]()
    for each in (*unreported, run):
        moves.update(each.tally.moves)
    if moves:
        lines.append(f"Changes of colour{_since(reported, unreported)}: {_counted(moves)}")
    if removed := sum(each.removed for each in (*unreported, run)):
        lines.append(f"No longer in the book{_since(reported, unreported)}: {removed}")
    lines += [f"Attention, {each.run_date}: {each.alarm}" for each in (*unreported, run) if each.alarm]
    lines += [f"The scan of {each.run_date} failed: {each.failure}" for each in unreported if each.failure]
    if reported is None and not unreported:
        lines.append("This is the first scan: only critical accounts were told one by one, the rest stands here.")
    return lines


def _since(reported: Run | None, unreported: Sequence[Run]) -> str:
    return f" since {reported.run_date}" if reported and unreported else ""


def _colour(colour: str, run: Run, previous: Run | None) -> str:
    now = run.tally.colours.get(colour, 0)
    change = now - previous.tally.colours.get(colour, 0) if previous else 0
    return f"{colour} {now} ({change:+d})" if change else f"{colour} {now}"


def _owner_sections(alerts: list[tuple[Place, Line]]) -> list[Section]:
    if not alerts:
        return [Section("Alerts", (Line("Nothing new: no account needs telling today."),))]
    return [
        Section(f"Alerts for {owner}", tuple(line for _, line in lines))
        for owner, lines in groupby(alerts, key=lambda alert: alert[0][0])
    ]


def _placed(entry: AlertEntry, since: str) -> tuple[Place, Line]:
    """An alert's place and line; of one that cannot be put into words the account is named."""
    account_id = entry.alert.account_id
    nameless = Line(f"account {account_id}: look it up by its id, its alert cannot be shown", bullet=True)
    return alone(
        f"the line of alert {entry.alert_id!r}",
        lambda: (_place(entry.alert), _alert_line(entry, since)),
        lambda _: ((NO_OWNER, 0, 0.0, account_id), nameless),
    )


def _alert_line(entry: AlertEntry, since: str) -> Line:
    alert = entry.alert
    done = entry.acknowledged
    note = f": {short(done.note, NAME_LIMIT)}" if done and done.note else ""
    by = f"taken care of by {short(done.by, NAME_LIMIT)}{note}" if done else ""
    notes = [note for note in ("told one by one" if entry.delivery == "single" else "", since, by) if note]
    single = f" ({', '.join(notes)})" if notes else ""
    arr = "" if alert.arr is None else f", ARR {alert.arr:,.0f}"
    text = f"{short(alert.account_name, NAME_LIMIT)}: {alert.explanation.headline}{arr}{single}"
    return Line(text, url=alert.page_url, bullet=True)


def _quiet(run: Run) -> list[str]:
    ever, false = sum(run.alerts_ever.values()), run.false_alarms_ever
    share = f"{sum(false.values())} of {ever} alerts so far{_counts(false)}" if ever else "no alert so far"
    quiet = [f"{count} {reason}" for reason, count in sorted(run.tally.suppressed.items())]
    return [*(quiet or ["No account in danger is kept quiet."]), *run.tally.muted, f"False alarms: {share}"]


def _broken_feeds(run: Run) -> list[Section]:
    lines = [Line(text, bullet=True) for text in in_words(run)]
    ends = Line(f"Each is told until it is mended, for {NEW_NORMAL_AFTER.days} days at most.")
    return [Section("Broken feeds", (*lines, ends))] if lines else []


def _book(run: Run) -> list[Section]:
    """What is wrong with the book's properties and with its status words."""
    notes = {
        "Properties of the account book": property_lines(run),
        "Status words that are not known": status_lines(run),
    }
    sections = (Section(title, tuple(Line(text, bullet=True) for text in lines)) for title, lines in notes.items())
    return [section for section in sections if section.lines]


def _too_old(days: int) -> str:
    return f"Signals older than {days} days" if days > 1 else "Signals older than 1 day"


LAST_COLOURS_NAMED = 10


def _listed(title: str, what: Sequence[str], runs: Sequence[Run], *, most: int | None = None) -> list[Section]:
    """A section of the first cases that runs list in words under these names, and how many more there are."""
    cases = [item for name in what for run in runs for item in getattr(run.tally, name)][:most]
    lines = [Line(short(item, 300), bullet=True) for item in cases]
    more = sum(run.tally.cases.get(name, 0) for name in what for run in runs) - len(lines)
    if more > 0:
        lines.append(Line(f"and {more} more", bullet=True))
    return [Section(title, tuple(lines))] if lines else []


def _reasons(counts: Mapping[str, int]) -> str:
    return _counts({reason.replace("_", " "): number for reason, number in counts.items()})


def _counts(counts: Mapping[str, int]) -> str:
    return f" ({_counted(counts)})" if counts else ""


def _place(alert: ChurnAlert) -> Place:
    owner = alert.owner_email or NO_OWNER
    return owner, -RISKS.index(alert.churn_risk), -(alert.arr or 0.0), alert.alert_id
