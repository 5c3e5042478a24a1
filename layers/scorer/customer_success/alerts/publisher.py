"""How alerts and digests go out: written down before and after, so that a repeat says the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from customer_success.alerts.entry import CHANNELS, AlertEntry, Outcome
from customer_success.batches import batches
from customer_success.dataclass import dataclass
from customer_success.isolation import alone, cause, together
from customer_success.messages import DigestReady

if TYPE_CHECKING:
    from customer_success.alerts.digest import Digest
    from customer_success.alerts.ports import AlertLog, Announcements, Digests
    from customer_success.once import Once

BATCH = 100


@dataclass(frozen=True, slots=True)
class AlertPublisher:
    """Publishes on the topic on which all channels listen."""

    tenant_id: str
    alerts: AlertLog
    digests: Digests
    announcements: Announcements

    def publish(self, ranked: Iterable[AlertEntry]) -> int:
        """Publish alerts as they are ranked, mark them as published, and return how many they were."""
        published = 0
        for entries in batches(ranked, count=BATCH):
            together(entries, self._publish, about=lambda e: f"alert {e.alert_id!r}", otherwise=self._unpublished)
            self.alerts.mark([replace(e, state="published", held=e.held and e.delivery == "digest") for e in entries])
            published += len(entries)
        return published

    def _publish(self, entries: Sequence[AlertEntry]) -> None:
        self.announcements.publish([entry.alert.model_copy(update={"delivery": entry.delivery}) for entry in entries])

    def _unpublished(self, entry: AlertEntry, error: Exception) -> None:
        """Note on an alert that the topic does not take that no channel has it."""
        for channel in CHANNELS:
            self.alerts.record(entry.alert_id, channel, Outcome("failed", reason=cause(error)))

    def post_each(self, digests: Iterable[Digest]) -> None:
        """Post all of them. One that cannot be costs the others nothing, and is raised once they are out."""
        faults: list[Exception] = []
        for digest in digests:
            alone(f"digest {digest.digest_id!r}", partial(self.post, digest), faults.append)
        if faults:
            raise faults[0]

    def post(self, digest: Digest) -> None:
        """Put the digest where the channels find it, and announce it there."""
        self.digests.put(digest)
        ready = DigestReady(
            tenant_id=self.tenant_id, digest_id=digest.digest_id, run_kind=digest.run_kind, run_date=digest.run_date
        )
        self.announcements.publish([ready])


@dataclass(frozen=True, slots=True)
class OncePublisher:
    """A publisher that posts a digest once for its key. One that may have been posted is posted again: chat knows it by
    its name.
    """

    publisher: AlertPublisher
    once: Once

    def post(self, digest: Digest) -> None:
        """As `AlertPublisher.post`."""
        self.publisher.post(digest)

    def post_once(self, key: str, digest: Digest) -> None:
        """Post the digest that `key` names, unless it was posted before."""

        def post() -> str:
            self.publisher.post(digest)
            return digest.digest_id

        self.once(key, post)
