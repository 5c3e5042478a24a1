"""The numbers by which signals are derived from what feeds deliver, as data of the scorecard."""

from __future__ import annotations

from customer_success.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class TrendThresholds:
    """When usage counts as growing or declining.

    Usage is counted in user-days a week: the sum of each day's active users. The recent weeks are compared with the
    base weeks before them, both after taking off the book's own season. A change counts where it is as large as
    `change` and as `standard_errors` of the account's own base weeks, on `mondays` Mondays in a row. A fall as deep as
    `sudden_fall` over the last `sudden_weeks` counts at once: 28 days are too few for a fall to half to pass through
    four recent weeks twice. A trend ends where the change is back within `end`.
    """

    recent_weeks: int = 4
    base_weeks: int = 8
    change: float = 0.25
    standard_errors: float = 2.0
    mondays: int = 2
    sudden_fall: float = 0.33
    sudden_weeks: int = 3
    sudden_standard_errors: float = 2.0
    end: float = 0.10
    smallest_base: int = 20
    """User-days in the base weeks under which an account is too small for a trend."""
    inactive_days: int = 28
    """Days without an event after which an account is inactive."""
    dispersion: float = 1.25
    """The least scatter of a week, as a multiple of that of independent visits (the square root of the mean): people
    are away for weeks at a time, and eight weeks are too few to show it."""
    smallest_book: int = 20
    """Accounts from which the book has a season of its own."""

    @property
    def weeks(self) -> int:
        """The weeks that a trend looks back on."""
        return self.base_weeks + self.recent_weeks


@dataclass(frozen=True, slots=True)
class LoginThresholds:
    """How the days between logins of an average seat are counted."""

    days: int = 28
    longest: int = 90
    """The value for an account without any login for as long."""


@dataclass(frozen=True, slots=True)
class AdoptionThresholds:
    """When a feature is expected of an account, and when it counts as used."""

    smallest_group: int = 20
    """Accounts on a plan from which the plan's own habit says what is expected."""
    usual_share: float = 0.5
    weeks: int = 4
    weeks_used: int = 2
    users: int = 2
    users_of_a_small_account: int = 1
    small_account_seats: int = 5


@dataclass(frozen=True, slots=True)
class ContactThresholds:
    """What counts as a contact, and how engaged its people are."""

    days: int = 90
    people_of_high: int = 2


@dataclass(frozen=True, slots=True)
class SupportThresholds:
    """The days for which a ticket's sentiment and an escalation count."""

    days: int = 90


@dataclass(frozen=True, slots=True)
class NpsThresholds:
    """How long a person's answer counts, and the highest score of a detractor."""

    days: int = 365
    detractor: int = 6


@dataclass(frozen=True, slots=True)
class FreshDays:
    """The days after its last delivery for which a feed of each kind is fresh at least."""

    usage: int = 3
    tickets: int = 3
    invoices: int = 7
    features: int = 35
    touchpoints: int = 7
    typed: int = 45
    nps: int = 365
    intervals: float = 2.0
    """A feed may be late by so many of its usual intervals, too."""
    longest: int = 62


@dataclass(frozen=True, slots=True)
class DeriverThresholds:
    """All thresholds of the derivers."""

    trend: TrendThresholds = TrendThresholds()
    logins: LoginThresholds = LoginThresholds()
    adoption: AdoptionThresholds = AdoptionThresholds()
    contact: ContactThresholds = ContactThresholds()
    support: SupportThresholds = SupportThresholds()
    nps: NpsThresholds = NpsThresholds()
    fresh: FreshDays = FreshDays()
