"""What became of the day's alerts on each channel, and how dead letters come back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from rich.table import Table

from customer_success.alerts.entry import Channel
from local.demo.findings import Findings, for_channel

CHANNELS: Mapping[Channel, tuple[str, str]] = {
    "notion": ("health record in Notion", "alert-notion"),
    "event_bus": ("event on the bus", "alert-event-bus"),
    "email_alert": ("draft in Gmail", "alert-email"),
    "chat_alert": ("Slack and Google Chat", "alert-chat"),
}
"""Each channel's name for a person, and its queue."""

REASONS = 2
"""Reasons that are shown for each channel."""

STATES = ("delivered", "failed", "skipped", "pending")


def channels(found: Findings) -> Table:
    """One line for each channel: how many alerts it was to bring, and what became of them."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("channel")
    for heading in ("alerts", *STATES, "dead letters"):
        table.add_column(heading, justify="right")
    for channel, (words, queue) in CHANNELS.items():
        entries = for_channel(found.alerts, channel)
        states = Counter(o.state if (o := entry.outcomes.get(channel)) else "pending" for entry in entries)
        numbers = [len(entries), *(states[state] for state in STATES), found.dead.get(queue, 0)]
        table.add_row(words, *map(str, numbers), style="red" if states["failed"] or queue in found.dead else "")
    return table


def reasons(found: Findings, book: str) -> Iterator[str]:
    """Why alerts failed or were skipped, and what brings dead letters back; `book` names it for `make redrive`."""
    for channel, (words, _) in CHANNELS.items():
        outcomes = [entry.outcomes.get(channel) for entry in for_channel(found.alerts, channel)]
        lines = dict.fromkeys(f"{words}, {o.state}: {o.reason}" for o in outcomes if o and o.reason)
        yield from list(lines)[:REASONS]
        if len(lines) > REASONS:
            yield f"{words}: … and {len(lines) - REASONS} more of that kind"
    for queue, number in sorted(found.dead.items()):
        yield f"{number} dead letters of {queue}; once the cause is gone: make redrive QUEUE={queue}{book}"
