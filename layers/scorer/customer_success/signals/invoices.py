"""What invoices say: how late the oldest open one is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from customer_success.dataclass import dataclass
from customer_success.schemas import PaymentStatus
from customer_success.signals.derived import Derived
from customer_success.signals.stamped import Stamp, Stamped

LOWER_BOUNDS: tuple[tuple[int, PaymentStatus], ...] = (
    (90, "overdue_90_plus"),
    (60, "overdue_60"),
    (30, "overdue_30"),
)
"""Days past due from which a status holds; fewer are current: invoices are paid late as a habit, not as a signal."""


@dataclass(frozen=True, slots=True)
class Invoice:
    """One invoice; `paid` is None while it is open."""

    due: date
    paid: date | None = None
    amount: float | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Invoices:
    """The invoices of one account by one feed; `snapshot` as for tickets."""

    by_id: Mapping[str, Stamped[Invoice]]
    snapshot: Stamp | None = None

    def open_on(self, day: date) -> list[Invoice]:
        """The invoices that are not paid on `day`."""
        return [held.entry for held in self.by_id.values() if self._open(held, day)]

    def _open(self, held: Stamped[Invoice], day: date) -> bool:
        missing_from_snapshot = self.snapshot is not None and held.stamp < self.snapshot
        return (held.entry.paid is None or held.entry.paid > day) and not missing_from_snapshot


def invoice_payment_status(invoices: Invoices, on: date) -> Derived[PaymentStatus]:
    """The status of the oldest open invoice on the day `on`, by lower bounds; current where none is open."""
    due = min((invoice.due for invoice in invoices.open_on(on)), default=None)
    if due is None or due >= on:
        return Derived("current", "nothing overdue")
    late = (on - due).days
    status: PaymentStatus = next((word for bound, word in LOWER_BOUNDS if late >= bound), "current")
    return Derived(status, f"oldest open invoice {late} days late")
