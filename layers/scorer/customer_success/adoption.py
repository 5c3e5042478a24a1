"""What an account makes of its features, worked out from its feature usage and that of its peers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from customer_success.account import Account
from customer_success.feature_usage import FeatureUsage
from customer_success.peers import PeerGroup
from customer_success.schemas import FeatureAdoptionReport


def adoption_rate(account: Account, usage: Sequence[FeatureUsage], on: date) -> float | None:
    """Share of the entitled features in use on the day `on`; the account's own rate where no usage is known."""
    raise NotImplementedError


def adoption_report(
    account: Account, usage: Sequence[FeatureUsage], groups: Mapping[str, PeerGroup], *, on: date
) -> FeatureAdoptionReport:
    """The report of the day `on`. Raises `Refused` for an own rate that is none."""
    raise NotImplementedError
