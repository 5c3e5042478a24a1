"""Which account a key of no account may mean, by its name. A person confirms it: two companies may share a name."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from customer_success.signals.directory import domain_in

_FORMS = frozenset(
    [
        "inc",
        "llc",
        "ltd",
        "limited",
        "gmbh",
        "ag",
        "corp",
        "corporation",
        "co",
        "company",
        "sa",
        "sas",
        "sarl",
        "bv",
        "nv",
        "plc",
        "oy",
        "ab",
        "kg",
        "srl",
        "spa",
    ]
)
"""Words for a company's legal form, which one tool has in a name and another leaves out."""


@dataclass(slots=True)
class AccountNames:
    """The names of the book's accounts. A name that two of them have suggests neither."""

    by_name: dict[str, str | None] = field(default_factory=dict)

    def add(self, name: str, account_id: str) -> None:
        if folded := _folded(name):
            self.by_name[folded] = None if folded in self.by_name else account_id

    def suggested(self, key: str) -> str | None:
        """The account whose name is the key's, or that of the key's domain."""
        return self.by_name.get(_folded(key)) or self.by_name.get(_folded(domain_in(key).partition(".")[0]))


def _folded(name: str) -> str:
    words = [word for word in re.findall(r"\w+", name.casefold()) if word not in _FORMS]
    return " ".join(words)
