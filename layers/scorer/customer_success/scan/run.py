"""A run over the account book: its progress, and what it counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from customer_success.dataclass import dataclass
from customer_success.paging import Bookmark
from customer_success.scan.tally import Counts, Tally

RunStatus = Literal["running", "closing", "finished", "failed"]
HEALTH_SCAN: Literal["health_scan"] = "health_scan"
"""The kind of the runs that scan the book."""


@dataclass(frozen=True, slots=True)
class SentCounts:
    """How the alerts of a run were sent: `held` ones wait for the next working day."""

    single: int = 0
    digest: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True)
class BrokenFeed:
    """A signal, by its field, that has been unknown for most of the book `since` a run.

    On the day `before`, that of the run before, it was `known` for so many of the `accounts`.
    """

    signal: str
    since: date
    before: date
    known: int
    accounts: int


@dataclass(frozen=True, slots=True)
class VanishedProperty:
    """A property of the book, by our name `field` and its own, that was there at the scan of the day `last_seen`."""

    field: str
    property: str
    last_seen: date


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a kind on a day.

    `request_id` is the id of the event that started the present attempt, so that its redelivery goes on with it and
    another request starts anew. `chunk` is the number of the next page of the book. `pages_waiting` are accounts
    whose pages changed and which are not handed on yet. `found` counts what a run brought beside the tally of what it
    read, `notes` are what people are to know of it. `properties` are those that the book had, by our name for each,
    empty where that is unknown, and `vanished` those that it had before. The counts that end in `_ever` add up all runs
    of the deployment, by trigger.
    """

    kind: str
    run_date: Annotated[date, Field(alias="on")]
    request_id: Annotated[str, Field(alias="request")]
    attempt: int = 1
    status: RunStatus = "running"
    bookmark: Bookmark = Bookmark()
    chunk: int = 0
    tally: Tally = field(default_factory=Tally)
    pages_waiting: tuple[str, ...] = ()
    sent: Annotated[SentCounts | None, Field(alias="told")] = None
    removed: Annotated[int, Field(alias="gone")] = 0
    found: Counts = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    broken_feeds: tuple[BrokenFeed, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    vanished: tuple[VanishedProperty, ...] = ()
    alerts_ever: Counts = field(default_factory=dict)
    false_alarms_ever: Counts = field(default_factory=dict)
    alarm: str | None = None
    failure: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    version: int = 0

    @property
    def key(self) -> str:
        """The name under which this attempt marks what it wrote."""
        return f"{self.run_date.isoformat()}#{self.attempt}"

    def page_done(
        self,
        counted: Tally,
        goes_on_at: Bookmark | None,
        pages_waiting: tuple[str, ...],
        properties: Mapping[str, str] | None = None,
    ) -> Run:
        """The run after one more page of the book, which had these `properties`; without a further one it closes."""
        return replace(
            self,
            tally=self.tally.plus(counted),
            pages_waiting=pages_waiting,
            properties={**self.properties, **(properties or {})},
            chunk=self.chunk + 1,
            bookmark=goes_on_at or self.bookmark,
            status="running" if goes_on_at else "closing",
        )

    @property
    def confidence(self) -> Literal["high", "medium", "low"]:
        """high only if nothing was rejected, low if nothing was scored or the run failed."""
        if self.status == "failed" or not self.tally.scored:
            return "low"
        return "medium" if self.tally.rejected else "high"
