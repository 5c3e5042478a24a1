"""Which items of the table are an account's own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from customer_success.aws.dynamodb.items import Item, key_of
from customer_success.signals.directory import DOMAIN, ExternalId

_DAY = r"\d{4}-\d\d-\d\d"


@dataclass(frozen=True, slots=True)
class Subject:
    """The account that is to be forgotten, and the other names under which things lie: its page, its ids elsewhere."""

    account_id: str
    page_id: str = ""
    page_url: str = ""
    external: frozenset[ExternalId] = frozenset()

    def names_for(self, source: str) -> frozenset[str]:
        """The names by which the lines of a source lead to the account: another tool's "42" is another account."""
        known = {one.value for one in self.external if one.source in (source, DOMAIN)}
        return frozenset({self.account_id, *known})


@dataclass(slots=True)
class Found:
    """The items of an account by what they are, and what of it lies at vendors, as far as it is stored."""

    items: dict[str, list[Item]] = field(default_factory=dict)
    links: set[str] = field(default_factory=set)

    def add(self, what: str, item: Item) -> None:
        self.items.setdefault(what, []).append(item)
        self.links |= set(_links(item))

    def __len__(self) -> int:
        return sum(map(len, self.items.values()))


def own(items: Iterable[Item], spaces: Iterable[str], subject: Subject) -> Found:
    """The items that are about this account alone. Those that name several accounts are not among them."""
    found, prefixes = Found(), tuple(f"{space}#" for space in spaces)
    for item in items:
        pk, sk = key_of(item)
        prefix = next((prefix for prefix in prefixes if pk.startswith(prefix)), None)
        if prefix is None:
            continue
        kind, _, name = pk.removeprefix(prefix).partition("#")
        if what := _what(kind, name, sk, item, subject):
            found.add(what, item)
    return found


def _what(kind: str, name: str, sk: str, item: Item, subject: Subject) -> str | None:
    """What an item of the account is called, None for another's."""
    id_ = subject.account_id
    match kind:
        case "BOOK" if sk == id_:
            return "account row"
        case "ACCOUNT" if name == id_:
            return "score history" if re.fullmatch(rf".*{_DAY}", sk) and not sk.startswith("QBR#") else "page, review"
        case "OBSERVATIONS" | "OUTCOMES" if name == id_:
            return "outcomes" if kind == "OUTCOMES" else "observations"
        case "WAITING" if _text(item, "key") in subject.names_for(_text(item, "source")):
            return "observations"
        case "ALERTS" if re.fullmatch(rf"{re.escape(id_)}:{_DAY}:\w+", sk):
            return "alert"
        case "OFFERS" if name == id_:
            return "offer"
        case "QBRS" if sk == id_ or re.fullmatch(rf"{re.escape(id_)}:{_DAY}", sk):
            return "review"
        case "USAGE" if name in (id_, subject.page_id.replace("-", "")):
            return "feature usage"
        case "EXPANSIONS" | "TASK" if _account_in(item) == id_:
            return "task" if kind == "TASK" else "expansion log"
        case "LEDGER" if name == id_ or name.startswith(f"{id_}:"):
            return "delivery"
        case "SHADOW" if _is_shadowed(sk, subject):
            return "shadowed output"
    return None


def _is_shadowed(sk: str, subject: Subject) -> bool:
    key = sk.partition("#")[2]
    names = {name for name in (subject.account_id, subject.page_id) if name}
    return any(key == name or key.startswith(f"{name}:") for name in names)


def _text(item: Item, attribute: str) -> str:
    return str(item.get(attribute, {}).get("S", ""))


def _account_in(item: Item) -> Any:
    body = json.loads(item.get("body", {}).get("S", "{}"))
    return body.get("account_id") if isinstance(body, Mapping) else None


def _links(item: Item) -> Iterator[str]:
    """The addresses of pages and drafts that an item holds."""
    for value in item.values():
        yield from re.findall(r"https://[^\s\"\\<>]+", str(value.get("S", "")))
