"""The report: what a person sees when a day has been played."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from connectors.text import one_line
from customer_success.alerts.entry import AlertEntry
from customer_success.periods import long_date
from customer_success.scoring.health_status import RISKS
from customer_success.text import short
from local.demo.findings import Findings, Renewals, for_channel
from local.demo.report.anatomy import anatomy, most_telling
from local.demo.report.channels import channels, reasons
from local.demo.report.counts import again, counts, refusals
from local.demo.report.delivered import chat_message, mail_draft
from local.demo.report.expansion import in_short
from local.demo.report.knowledge import columns, not_taken, unknown
from local.demo.report.lines import cut, framed, head, relative, section, wrapped
from local.demo.report.renewals import renewals, reviews_asked_for
from local.demo.report.words import RISK_STYLES, counted, name_of
from local.demo.report.worst import worst, worst_lines
from local.demo.state import DemoState
from local.spreadsheets.book import Sheet
from local.spreadsheets.rows import Rows

__all__ = ["channel_report", "counted", "day_report", "full_report", "heading", "renewals_report"]

NAME_LIMIT = 50
NAMED = 3
"""Contracts of each group that are named."""


def heading(console: Console, day: date, book: Path, accounts: int, changes: Iterable[str]) -> None:
    """The head of a day, with what changed in the book since the day before."""
    console.print()
    size = "1 account" if accounts == 1 else f"{accounts} accounts"
    console.print(Rule(f"{day:%A}, {long_date(day)} · {book.name} · {size}", style="bold"))
    section(console, "What changed in the book", (short(one_line(each), console.width - 4) for each in changes))


def day_report(console: Console, found: Findings) -> None:
    """A day among several: which alerts were sent, which were muted, and the counts."""
    _sent(console, found.alerts)
    muted = [f"  {line}" for line in found.run.tally.muted]
    section(console, "The run", [*again(found), *counts(found), *muted])
    section(console, "Renewals", renewals(found.renewals, 0))
    section(console, "Expansion", in_short(found.expansion))


def full_report(console: Console, found: Findings, sheet: Sheet, rows: Rows, state: DemoState, book: str) -> None:
    """Everything about a day; `book` names the book for further commands."""
    for sentence in again(found):
        console.print(Text(sentence, "bold"))
    lowest = worst(found.rows, found.day)
    head(console, _worst(len(lowest)))
    for line in worst_lines(lowest, found.day, console.width):
        cut(console, line)
    preferred = ""
    if telling := most_telling(lowest):
        row, point = telling
        preferred = row.account_id
        head(console, f"One score taken apart: {name_of(row.account.name, NAME_LIMIT)}")
        console.print(Padding(anatomy(point.score), (0, 0, 0, 2), expand=False))
    nothing = _nothing(len(for_channel(found.alerts, "chat_alert")))
    framed(console, "As it reads in chat", chat_message(state.vendors, found.alerts, preferred), nothing)
    framed(console, "As it reads in Gmail", mail_draft(state.vendors, found.alerts, preferred), nothing)
    renewals_report(console, found.renewals, state.vendors)
    section(console, "The run", [*counts(found), *refusals(found)])
    channel_report(console, found, book)
    knowledge = [*columns(sheet), *not_taken(rows), *unknown(found.run, sheet)]
    section(console, "What the book tells, and what it does not", knowledge)
    section(console, "To open", _folders(state))


def renewals_report(console: Console, found: Renewals, vendors: Path) -> None:
    """What the contract check found, and the reviews it asked for."""
    head(console, "Renewals")
    for each in (*renewals(found, NAMED), *reviews_asked_for(found, relative(vendors))):
        cut(console, Text(f"  {each}"))


def channel_report(console: Console, found: Findings, book: str) -> None:
    """What became of the alerts on each channel; `book` names the book for further commands."""
    head(console, "The channels")
    console.print(Padding(channels(found), (0, 0, 0, 2), expand=False))
    for line in reasons(found, book):
        wrapped(console, line)


def _sent(console: Console, alerts: tuple[AlertEntry, ...]) -> None:
    head(console, "Who was told")
    for entry in sorted(alerts, key=lambda entry: -RISKS.index(entry.alert.churn_risk)):
        alert = entry.alert
        line = Text("  ")
        line.append(f"{alert.churn_risk:<9}", RISK_STYLES[alert.churn_risk])
        line.append(f"{'one by one' if entry.delivery == 'single' else 'held' if entry.held else 'digest':<11}", "dim")
        line.append(f"{name_of(alert.account_name, NAME_LIMIT)}: {alert.reason}")
        cut(console, line)
    if not alerts:
        wrapped(console, "nobody: nothing is new or worse")


def _worst(number: int) -> str:
    if number < 2:
        return "The only account that was scored" if number else "No account could be scored"
    return f"The {number} worst accounts"


def _nothing(singly: int) -> str:
    """Why there is no individually sent alert to show."""
    if singly:
        return f"nothing has arrived of what was told one by one ({singly}): see the channels below"
    return "nothing was told one by one on this day"


def _folders(state: DemoState) -> Iterator[str]:
    yield f"in {relative(state.vendors)}:"
    for folder, words in (
        ("notion/Accounts", "account pages, as Markdown"),
        ("notion/Health-Records", "a record for each alert, as Markdown"),
        ("notion/QBR", "reviews, as Markdown"),
        ("notion/Expansion", "offers, as Markdown"),
        ("gmail", "drafts by mailbox, as .eml"),
        ("slack", "messages by channel, as JSON lines"),
        ("chat", "messages in Google Chat, as JSON lines"),
        ("event_bus.jsonl", "events on the bus"),
    ):
        yield f"  {folder:<22} {words}"
