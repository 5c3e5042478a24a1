"""People as cells name them: a name, an address, "Name (address)", a link to a page, or several of these."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from customer_success.dataclass import dataclass
from customer_success.reading.words import clean, is_empty, no_person, plain

_ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\"]+@[^\s@,;:<>()\[\]\"]+\.[^\s@,;:<>()\[\]\".]+")
_LINKED = re.compile(r"(?P<name>[^()<>]*?)\s*[(<](?:mailto:)?(?P<inside>[^()<>]+)[)>]")
_BETWEEN = re.compile(r"[;\n]|,(?![^(<]*[)>])|\s[|&+]\s|\s(?:and|und)\s")
_NO_NAME = re.compile(r"\d|https?:|[@/\\_]|^\W*$")


@dataclass(frozen=True, slots=True)
class Person:
    """A person as far as a cell says: a name, an address, or both."""

    name: str | None = None
    address: str | None = None


@lru_cache(maxsize=65_536)
def people_in(cell: str) -> tuple[Person, ...]:
    """The people that a cell names, in its order; none where it says that there is none, or names no person."""
    text = clean(cell.replace("\n", ";"))
    if is_empty(text) or plain(text) in no_person():
        return ()
    parts = [part.strip() for part in _BETWEEN.split(text) if part.strip()]
    found = (_person(part) for part in parts)
    return tuple(dict.fromkeys(person for person in found if person))


def _person(text: str) -> Person | None:
    name: str | None = text
    address = None
    if linked := _LINKED.fullmatch(text):
        name = linked["name"].strip(" \"'")
        inside = linked["inside"].strip()
        address = inside if is_address(inside) else None
        if plain(inside) in no_person():
            return None
    elif is_address(text):
        name, address = None, text
    if name is not None and (not name or is_address(name) or _NO_NAME.search(name) or plain(name) in no_person()):
        address = address or (name if is_address(name) else None)
        name = None
    return Person(name, address) if name or address else None


def is_address(text: str) -> bool:
    """Whether a text is an e-mail address and nothing else."""
    return bool(_ADDRESS.fullmatch(text))


def agrees(name: str, address: str) -> bool:
    """Whether an address can be that of a person of this name: a part of the name stands in it."""
    local = plain(address.partition("@")[0]).replace(" ", "")
    local = re.sub(r"(ae|oe|ue)", lambda found: found[0][0], local)
    words = [re.sub(r"(ae|oe|ue)", lambda found: found[0][0], word) for word in plain(name).split()]
    return any(len(word) > 1 and word in local for word in words)


def share_with_address(cells: Iterable[str]) -> float:
    """The share of the cells that name a person by an address."""
    counted = [any(person.address for person in people_in(cell)) for cell in cells]
    return sum(counted) / len(counted) if counted else 0.0
