"""What speaks for an offer: the signals of an account that ask for more seats, a module or an integration."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from customer_success.account import Account
from customer_success.expansion_evidence import Ground
from customer_success.feature_usage import FeatureUsage
from customer_success.price_list import PriceList
from customer_success.schemas import CSMHealthSignals


def grounds(
    account: Account, signals: CSMHealthSignals, usage: Sequence[FeatureUsage], prices: PriceList, *, on: date
) -> tuple[Ground, ...]:
    """The grounds for offers on the day `on`, at most one of each type."""
    raise NotImplementedError
