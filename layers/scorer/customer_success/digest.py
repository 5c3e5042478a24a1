"""The digest: what the team reads once a day, also when nothing is new and when the scan failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter

from customer_success.alert_entry import AlertEntry
from customer_success.alert_policy import COLOURS, RISKS
from customer_success.messages import ChurnAlert
from customer_success.narrator import short
from customer_success.news import Line
from customer_success.run import Run

Place = tuple[str, int, float, str]
"""Where an alert stands in the digest: by owner, then by danger."""

NAME_LIMIT = 80
NO_OWNER = "no owner"


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of the digest, such as the alerts of one owner."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest in words, in the order in which it is read."""

    digest_id: str
    run_kind: str
    on: date
    title: str
    sections: tuple[Section, ...]


def scan_digest(run: Run, previous: Run | None, entries: Iterable[AlertEntry]) -> Digest:
    """The digest of a finished scan. It has a new name only if there is a new alert in it."""
    # Of each alert its line is kept, not the alert: a big book has many.
    alerts = sorted(((_place(entry.alert), _alert_line(entry)) for entry in entries), key=itemgetter(0))
    sections = (
        Section("The scan", tuple(Line(text) for text in _overview(run, previous))),
        *_owner_sections(alerts),
        *_listed("Can no longer be judged", run.tally.no_longer_judged),
        *_listed("Signals older than 14 days", run.tally.stale),
        *_listed("Could not be read", run.tally.unreadable),
        Section("Quiet", tuple(Line(text) for text in _quiet(run))),
    )
    name = f"{run.kind}:{run.on}:{len(alerts)}"
    return Digest(name, run.kind, run.on, f"Account health, {run.on}", sections)


def failure_digest(run: Run) -> Digest:
    """The digest of a scan that failed: what went wrong, and how far it came."""
    lines = (
        Line(run.failure or "", strong=True),
        Line(f"{run.tally.read} accounts were read before; nobody was told anything from this scan."),
    )
    name = f"{run.kind}:{run.on}:failed:{run.attempt}"
    title = f"Account health, {run.on}: the scan failed"
    return Digest(name, run.kind, run.on, title, (Section("The scan", lines),))


def _overview(run: Run, previous: Run | None) -> list[str]:
    tally = run.tally
    rejected = sum(tally.rejected.values())
    at = f" at {run.started_at:%H:%M} UTC" if run.started_at else ""
    lines = [
        f"Scanned{at}: {tally.read} read = {tally.scored} scored + {rejected} rejected{_counts(tally.rejected)} "
        f"+ {tally.skipped} skipped (inactive)",
        "Colours: " + ", ".join(_colour(colour, run, previous) for colour in COLOURS),
    ]
    if tally.moves:
        lines.append(f"Changes of colour: {_counted(tally.moves)}")
    if run.gone:
        lines.append(f"No longer in the book: {run.gone}")
    if run.alarm:
        lines.append(f"Attention: {run.alarm}")
    if previous is None:
        lines.append("This is the first scan: only critical accounts were told one by one, the rest stands here.")
    return lines


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


def _alert_line(entry: AlertEntry) -> Line:
    alert = entry.alert
    single = " (told one by one)" if entry.delivery == "single" else ""
    arr = "" if alert.arr is None else f", ARR {alert.arr:,.0f}"
    text = f"{short(alert.account_name, NAME_LIMIT)}: {alert.said.headline}{arr}{single}"
    return Line(text, url=alert.page_url, bullet=True)


def _quiet(run: Run) -> list[str]:
    ever, false = sum(run.alerts_ever.values()), run.false_alarms_ever
    share = f"{sum(false.values())} of {ever} alerts so far{_counts(false)}" if ever else "no alert so far"
    quiet = [f"{count} {reason}" for reason, count in sorted(run.tally.quiet.items())]
    return [*(quiet or ["No account in danger is kept quiet."]), *run.tally.hushed, f"False alarms: {share}"]


def _listed(title: str, items: tuple[str, ...]) -> list[Section]:
    return [Section(title, tuple(Line(short(item, 300), bullet=True) for item in items))] if items else []


def _counts(counts: Mapping[str, int]) -> str:
    return f" ({_counted(counts)})" if counts else ""


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counts.items()))


def _place(alert: ChurnAlert) -> Place:
    owner = alert.owner_email or NO_OWNER
    return owner, -RISKS.index(alert.churn_risk), -(alert.arr or 0.0), alert.alert_id
