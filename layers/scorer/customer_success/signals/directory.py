"""Whose line it is: the ids by which accounts are known, and the matching of a line to an account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Literal

from customer_success.dataclass import dataclass

Match = Literal["account id", "external id", "domain"]
DOMAIN = "domain"


@dataclass(frozen=True, slots=True)
class ExternalId:
    """An account's id in another tool, or its domain (source "domain")."""

    source: str
    value: str

    def __str__(self) -> str:
        return f"{self.source}:{self.value}"

    @classmethod
    def parse_all(cls, text: str | None) -> tuple[tuple[ExternalId, ...], tuple[str, ...]]:
        """The ids in "stripe:cus_1, zendesk:42, domain:acme.example", and the parts that are none."""
        parts = [part.strip() for part in (text or "").replace(";", ",").replace("\n", ",").split(",") if part.strip()]
        found = [(part, *map(str.strip, part.split(":", 1))) for part in parts if ":" in part]
        ids = tuple(cls(source.lower(), value) for _, source, value in found if source and value)
        taken = {part for part, source, value in found if source and value}
        return ids, tuple(part for part in parts if part not in taken)


@dataclass(frozen=True, slots=True)
class Known:
    """The ids of one account."""

    account_id: str
    external: tuple[ExternalId, ...] = ()


@dataclass(frozen=True, slots=True)
class Directory:
    """The ids of the whole book, each with the account that it leads to.

    An external id or a domain that two accounts bear leads to neither: `ambiguous` names them.
    """

    accounts: frozenset[str]
    by_external: Mapping[ExternalId, str] = field(default_factory=dict)
    ambiguous: Mapping[ExternalId, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, book: Iterable[Known]) -> Directory:
        accounts: set[str] = set()
        holders: dict[ExternalId, list[str]] = {}
        for known in book:
            accounts.add(known.account_id)
            for external in dict.fromkeys(map(_plain, known.external)):
                holders.setdefault(external, []).append(known.account_id)
        unique = {external: ids[0] for external, ids in holders.items() if len(ids) == 1}
        shared = {external: tuple(sorted(ids)) for external, ids in holders.items() if len(ids) > 1}
        return cls(frozenset(accounts), unique, shared)

    def account_of(self, key: str, source: str) -> tuple[str, Match] | None:
        """The account of a line, and by what it was found: its Account ID, the source's id, then a unique domain.

        Names are never matched: two companies may share one.
        """
        if key in self.accounts:
            return key, "account id"
        if found := self.by_external.get(ExternalId(source.lower(), key)):
            return found, "external id"
        if found := self.by_external.get(_plain(ExternalId(DOMAIN, domain_in(key)))):
            return found, "domain"
        return None

    def bearers_of(self, key: str, source: str) -> tuple[str, ...]:
        """The accounts that bear the key together, as an id of the source or as a domain, so that it leads to none."""
        own = self.ambiguous.get(ExternalId(source.lower(), key), ())
        return own or self.ambiguous.get(_plain(ExternalId(DOMAIN, domain_in(key))), ())


def domain_in(key: str) -> str:
    """The domain that a key may be or hold: of an address or a URL its host, in lower case, without "www."."""
    text = key.strip().casefold()
    text = text.split("://", 1)[-1].split("/", 1)[0].rsplit("@", 1)[-1].split(":", 1)[0]
    return text.removeprefix("www.").rstrip(".")


def _plain(external: ExternalId) -> ExternalId:
    return ExternalId(DOMAIN, domain_in(external.value)) if external.source == DOMAIN else external
