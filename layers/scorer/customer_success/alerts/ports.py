"""What alerts need from outside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import date

    from customer_success.alerts.digest import Digest
    from customer_success.alerts.entry import Acknowledgement, AlertEntry, Channel, Outcome
    from customer_success.alerts.records import HealthRecord
    from customer_success.messages import ChurnAlert, DigestReady


class HealthRecords(Protocol):
    """Pages that record alerts."""

    def find(self, key: str) -> str | None:
        """The id of the record with this key, or None."""
        ...

    def create(self, record: HealthRecord) -> str:
        """Create the record and return its id. Not safe to repeat."""
        ...


class AlertLog(Protocol):
    """The alerts, from `pending` to what became of them on each channel."""

    def put(self, entries: Iterable[AlertEntry]) -> None:
        """Write alerts that cannot have been published yet."""
        ...

    def add(self, entries: Iterable[AlertEntry]) -> None:
        """Add those that are not there yet; the others stay as they are."""
        ...

    def on(self, day: date) -> Iterator[AlertEntry]:
        """The alerts of a run date."""
        ...

    def mark(self, entries: Iterable[AlertEntry]) -> None:
        """Write state, delivery and held of these entries, and nothing else of them."""
        ...

    def record(self, alert_id: str, channel: Channel, outcome: Outcome) -> None:
        """Write what became of an alert on a channel."""
        ...

    def get(self, alert_id: str) -> AlertEntry | None: ...

    def acknowledge(self, alert_id: str, acknowledgement: Acknowledgement) -> None:
        """Note who has taken care of it. Raises `Refused` if there is no such alert."""
        ...


class Digests(Protocol):
    """Digests, stored until they are posted."""

    def put(self, digest: Digest) -> None: ...

    def get(self, digest_id: str) -> Digest | None: ...


class Announcements(Protocol):
    """The topic on which alerts and digests go out to the channels."""

    def publish(self, messages: Iterable[ChurnAlert | DigestReady]) -> None:
        """Publish all of them; raises `Unavailable` if any was not taken."""
        ...
