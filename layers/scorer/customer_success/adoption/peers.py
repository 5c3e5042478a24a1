"""How an account's feature adoption compares with the accounts of its kind in the book."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from string import capwords

from customer_success.accounts.account import Account
from customer_success.dataclass import dataclass
from customer_success.schemas import BenchmarkComparison
from customer_success.text import short

FEWEST_PEERS = 5
"""With fewer known ones there is no comparison: it would describe them rather than the account."""
NAME_LIMIT = 80


@dataclass(frozen=True, slots=True)
class PeerGroup:
    """How many accounts of a group have which adoption rate, in whole percent, as counted on a day."""

    name: str
    on: date
    accounts: Mapping[int, int]

    @property
    def others(self) -> int:
        """How many there are beside the one that is compared: an account whose rate is known is in its own group."""
        return max(sum(self.accounts.values()) - 1, 0)


def groups_of(account: Account) -> tuple[str, ...]:
    """The names of the groups that the account belongs to, the closest first; none without a plan.

    Spellings that differ in case or spaces are one group.
    """
    plan, industry = _spelt(account.plan), _spelt(account.industry)
    if not plan:
        return ()
    return (f"plan {plan}, industry {industry}", f"plan {plan}") if industry else (f"plan {plan}",)


def _spelt(word: str | None) -> str:
    return capwords(short((word or "").casefold(), NAME_LIMIT))


def counted(rates: Iterable[tuple[Account, float | None]], run_date: date) -> list[PeerGroup]:
    """The groups of these accounts with their adoption rates; an unknown one counts nowhere."""
    groups: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for account, rate in rates:
        if rate is None:
            continue
        for name in groups_of(account):
            groups[name][_percent(rate)] += 1
    return [PeerGroup(name, run_date, dict(accounts)) for name, accounts in sorted(groups.items())]


def _percent(rate: float) -> int:
    return round(rate * 100)


def compared(account: Account, rate: float | None, groups: Mapping[str, PeerGroup]) -> BenchmarkComparison:
    """The account's percentile among the others of its closest group that is large enough."""
    names = groups_of(account)
    if not names:
        return _not_compared("plan unknown", 0, "the plan of the account is unknown")
    if rate is None:
        return _not_compared(names[0], 0, "the adoption of the account itself is unknown")
    known = [groups[name] for name in names if name in groups]
    closest = next((group for group in known if group.others >= FEWEST_PEERS), None)
    if closest is None:
        others = known[-1].others if known else 0
        accounts = "account is" if others == 1 else "accounts are"
        reason = f"the adoption of {others} other {accounts} known, at least {FEWEST_PEERS} are needed"
        return _not_compared(names[-1], others, reason)
    return BenchmarkComparison(
        peer_group=closest.name, peers=closest.others, percentile=100 * _at_or_below(closest, rate) / closest.others
    )


def _not_compared(peer_group: str, peers: int, because: str) -> BenchmarkComparison:
    return BenchmarkComparison(peer_group=peer_group, peers=peers, withheld_because=because)


def _at_or_below(group: PeerGroup, rate: float) -> int:
    """How many of the others have at most this rate. The account may have been counted at another rate than today's."""
    own = _percent(rate)
    among = sum(accounts for percent, accounts in group.accounts.items() if percent <= own)
    itself = 1 if group.accounts.get(own) else 0
    return min(among - itself, group.others)
