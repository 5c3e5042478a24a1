"""What a scan needs from outside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import date

    from customer_success.scan.run import Run


class Runs(Protocol):
    """The runs, each with a lease so that one function works on it at a time."""

    def take(self, kind: str, on: date, *, request: str, force: bool, lease_seconds: float) -> Run:
        """Take the run of this kind and day, a new one or the present one, and its lease.

        A finished run comes back as it is, unless `force` asks for a new attempt (a request that the run has seen
        before does not ask for one again), or nothing was scored; a failed one begins a new attempt. Raises
        `Unavailable` while another function holds the lease.
        """
        ...

    def save(self, run: Run) -> Run:
        """Write the run if it was not written since it was read; the saved run has the next version.

        Raises `Unavailable` when the lease was lost to another function.
        """
        ...

    def release(self, run: Run) -> None:
        """Give the lease back, so that the next delivery need not wait for its end."""
        ...

    def before(self, kind: str, on: date) -> Iterator[Run]:
        """The runs dated before `on`, with any outcome, latest first."""
        ...

    def last_finished(self, kind: str, before: date) -> Run | None:
        """The latest finished run that scored something, dated before `before`."""
        ...

    def latest_day(self, kind: str, *, until: date | None = None) -> date | None:
        """The latest day, `until` at the latest, of which a run of this kind exists."""
        ...
