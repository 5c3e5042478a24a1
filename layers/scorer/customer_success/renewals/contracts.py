"""Contracts: when they end, by when notice has to be given, and to which group of the digest they belong."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from customer_success.accounts.account import LONGEST_NOTICE_DAYS
from customer_success.accounts.row import CONTRACT_CHECK, AccountRow
from customer_success.dataclass import dataclass
from customer_success.periods import shifted
from customer_success.scoring.health_status import HealthStatus

KIND = CONTRACT_CHECK
NOTICE_AHEAD = timedelta(days=30)


class Group(StrEnum):
    """The group of a contract on the run date. Each account that is checked is in exactly one."""

    LAPSED = "lapsed"
    WITHIN_30 = "within_30_days"
    WITHIN_60 = "within_60_days"
    WITHIN_90 = "within_90_days"
    LATER = "later"
    SIGNED = "signed"
    OPEN_ENDED = "open_ended"
    UNDATED = "undated"


LISTED = (Group.LAPSED, Group.WITHIN_30, Group.WITHIN_60, Group.WITHIN_90)
ENDS_SOON = LISTED[1:]
"""0 to 90 days before the end: 0 to 30, 31 to 60, 61 to 90."""
DUE = LISTED[:3]
"""Lapsed, or at most 60 days before the end: assessed every day, even if the scan could not."""
WITHOUT_END = (Group.UNDATED, Group.OPEN_ENDED)
"""No end is known, or it is known that there is none to attend to."""

_LAST_DAY = {Group.LAPSED: -1, Group.WITHIN_30: 30, Group.WITHIN_60: 60, Group.WITHIN_90: 90}


@dataclass(frozen=True, slots=True)
class Contract:
    """An account's contract, and how the account stood when it was last scored (None: never).

    `notice_days` is the account's own term: so many days before the end notice has to be given. `auto_renew` is None
    where it is unknown whether the contract auto-renews; a `signed` one needs no more attention, and one that is
    `open_ended` has no end to attend to.
    """

    account_id: str
    name: str
    page_url: str
    owner_email: str | None
    arr: float | None
    end: date | None
    notice_days: int | None
    auto_renew: bool | None
    signed: bool
    health_status: HealthStatus | None
    open_ended: bool = False

    def days_left(self, run_date: date) -> int | None:
        """Days from the run date to the end; negative once it has lapsed, None if no end is known."""
        return None if self.end is None else (self.end - run_date).days

    def group(self, run_date: date) -> Group:
        """Its group on the run date."""
        if self.open_ended:
            return Group.OPEN_ENDED
        days = self.days_left(run_date)
        if days is None:
            return Group.UNDATED
        if self.signed:
            return Group.SIGNED
        return next((group for group, last in _LAST_DAY.items() if days <= last), Group.LATER)

    @property
    def notice_is_usable(self) -> bool:
        """False if the notice period is out of bounds: it is then taken as unknown."""
        return self.notice_days is None or 0 <= self.notice_days <= LONGEST_NOTICE_DAYS

    @property
    def notice_by(self) -> date | None:
        """The last day for giving notice; None if the terms are unknown, or the contract ends without any."""
        if self.end is None or self.notice_days is None or self.auto_renew is False or not self.notice_is_usable:
            return None
        return shifted(self.end, -self.notice_days)

    def notice_due(self, run_date: date) -> bool:
        """True if the notice deadline is on the run date or within `NOTICE_AHEAD` after it, however far the end is."""
        return not self.signed and self.notice_by is not None and run_date <= self.notice_by <= run_date + NOTICE_AHEAD


@dataclass(frozen=True, slots=True)
class UncheckedAccount:
    """An account whose contract could not be checked, and the cause."""

    account_id: str
    name: str
    cause: str


def contract_of(row: AccountRow) -> Contract | None:
    """The contract of a row; None if it is not checked: a customer who left, or the second page of an account."""
    if row.latest.status in ("skipped", "gone") or row.latest.reason == "duplicate_account_id":
        return None
    account = row.account
    return Contract(
        account_id=account.account_id,
        name=account.name,
        page_url=account.page_url,
        owner_email=account.owner_email,
        arr=account.arr,
        end=account.contract_end,
        notice_days=account.notice_days,
        auto_renew=account.auto_renew,
        signed=account.renewal_signed,
        health_status=row.latest.last.health_status if row.latest.last else None,
        open_ended=account.open_ended,
    )
