"""How an account's feature adoption compares with the accounts of its kind in the book."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from customer_success.account import Account
from customer_success.schemas import BenchmarkComparison

FEWEST_PEERS = 5
"""With fewer known ones a comparison is withheld: it would say more of them than of the account."""


@dataclass(frozen=True, slots=True)
class PeerGroup:
    """How many accounts of a group have which adoption rate, in whole percent ("35"), as counted on a day."""

    name: str
    on: date
    accounts: Mapping[str, int]


def groups_of(account: Account) -> tuple[str, ...]:
    """The names of the groups that the account belongs to, the closest first; none without a plan."""
    raise NotImplementedError


def counted(rates: Iterable[tuple[Account, float | None]], on: date) -> list[PeerGroup]:
    """The groups of these accounts with their adoption rates; an unknown one counts nowhere."""
    raise NotImplementedError


def compared(account: Account, rate: float | None, groups: Mapping[str, PeerGroup]) -> BenchmarkComparison:
    """The account's percentile among the others of its closest group that is large enough."""
    raise NotImplementedError
