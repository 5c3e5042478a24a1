"""What contracts say: the end and the terms of the one that counts on a day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date

from customer_success.dataclass import dataclass
from customer_success.signals.stamped import Stamp, Stamped


@dataclass(frozen=True, slots=True)
class ContractTerms:
    """A contract as a feed delivered it; a term that is None was left empty. `no_end` says that it has none."""

    contract_end: date | None = None
    no_end: bool | None = None
    notice_days: int | None = None
    auto_renew: bool | None = None
    term_months: int | None = None

    def known(self) -> Iterator[tuple[str, object]]:
        """The terms that are known, by the fields of an account."""
        for term in fields(self):
            value = getattr(self, term.name)
            if value is not None and (term.name, value) != ("no_end", False):
                yield term.name, value


@dataclass(frozen=True, slots=True)
class Contracts:
    """The contracts of one account by one feed, one for each id under which it names the account.

    A contract that the latest complete file (`snapshot`) lacks is over.
    """

    by_id: Mapping[str, Stamped[ContractTerms]]
    snapshot: Stamp | None = None

    def present(self, day: date) -> ContractTerms | None:
        """The contract that counts on `day`: the next one to end, else one without an end, else the last one to end.

        Of two that stand alike the one delivered last counts, and of one delivery that with the greater id.
        """
        live = [
            (_rank(held.entry, day), held.stamp, id_, held.entry)
            for id_, held in self.by_id.items()
            if self.snapshot is None or held.stamp >= self.snapshot
        ]
        return max(live, key=lambda each: each[:3])[3] if live else None


def _rank(terms: ContractTerms, day: date) -> tuple[int, int]:
    """The greater goes first."""
    end = terms.contract_end
    if end is not None and end >= day:
        return 3, -end.toordinal()
    if terms.no_end:
        return 2, 0
    return (1, end.toordinal()) if end is not None else (0, 0)
