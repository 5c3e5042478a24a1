"""Which features an account has and how much it uses them: one row per account and feature."""

from __future__ import annotations

from datetime import date, timedelta

from customer_success.accounts.account import Unreadable
from customer_success.dataclass import dataclass
from customer_success.paging import Bookmark
from customer_success.schemas import FeatureStatus

USAGE_STALE_AFTER = timedelta(days=31)
"""A row with an older date is stale: the use of its feature is unknown."""
LITTLE_USED = 0.1
"""A feature of which a smaller share of its limit is used counts as underutilised."""


@dataclass(frozen=True, slots=True)
class FeatureUsage:
    """One feature of one account. A value that is missing, empty or unreadable is None: unknown.

    `holder` names the account: by its Account ID as written, or by the id of its page without hyphens. `used` and
    `limit` are counts of the same thing, such as calls or documents; of a feature that the plan does not include
    (`entitled` is False), `used` is how often it was asked for.
    """

    holder: str
    feature: str
    family: str | None = None
    entitled: bool | None = None
    used: float | None = None
    limit: float | None = None
    as_of: date | None = None

    def is_fresh(self, run_date: date) -> bool:
        """True if the row's date is neither after the run date nor too long before it."""
        return self.as_of is not None and timedelta(0) <= run_date - self.as_of <= USAGE_STALE_AFTER

    @property
    def share(self) -> float | None:
        """The share of its limit that is used; None without a limit above 0, and where `used` is unknown."""
        if self.used is None or self.limit is None or self.limit <= 0:
            return None
        return self.used / self.limit

    def status(self, run_date: date) -> FeatureStatus | None:
        """How the account uses the feature on the run date; None is unknown.

        What the plan does not include is never underutilised, and does not grow old as a count does. A count below 0
        is none.
        """
        if self.entitled is False:
            return "not_entitled"
        if not self.is_fresh(run_date) or not self.entitled or self.used is None or self.used < 0:
            return None
        little = self.used == 0 or (self.share is not None and self.share < LITTLE_USED)
        return "underutilised" if little else "used"


@dataclass(frozen=True, slots=True)
class UsagePage:
    """Up to 100 rows, and where to go on; `next` is None after the last ones.

    `rejected` has the reason for each row that names no account or no feature; `unreadable` are
    properties of the others that could not be read, each with the account and feature that it belongs to.
    """

    rows: tuple[FeatureUsage, ...]
    next: Bookmark | None
    rejected: tuple[str, ...] = ()
    unreadable: tuple[tuple[str, Unreadable], ...] = ()
