"""E-mail addresses: what passes as one, and which domains the people have to whom we write."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from customer_success.dataclass import dataclass

LONGEST_ADDRESS = 254
LONGEST_LOCAL_PART = 64
LONGEST_DOMAIN = 253
LONGEST_LABEL = 63

_LOCAL_PART = re.compile(r"[a-z0-9!$&'*+=^_`{|}~-]+(?:\.[a-z0-9!$&'*+=^_`{|}~-]+)*", re.ASCII | re.IGNORECASE)
"""What RFC 5321 takes without quotes, except what has a meaning in the path of a URL."""

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", re.ASCII | re.IGNORECASE)

_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
"""Invisible letters and marks, by their category."""

_MARKS = ("Mn", "Mc")
_LETTERS = ("Ll", "Lu", "Lo", "Lt", "Lm", *_MARKS)


def is_address(text: str) -> bool:
    """True for one e-mail address as people have them, with nothing around it.

    Letters and digits of every script may be in it, in composed form (NFC; the domain also NFKC). Invisible characters
    are refused: control and format characters, halves of a character, private and unassigned ones, white space.
    """
    local, at, domain = text.partition("@")
    return bool(at) and _octets(text) <= LONGEST_ADDRESS and _is_local_part(local) and is_domain(domain)


def address_of(text: str) -> str | None:
    """The address that a person wrote, in lower case and composed form; None if it is none."""
    address = unicodedata.normalize("NFC", text.strip().lower())
    return address if is_address(address) else None


def is_domain(text: str) -> bool:
    """True for a full domain name, of at least two labels, that ends in a top-level domain."""
    labels = [_shown(label) for label in text.split(".")]
    return (
        len(labels) > 1
        and unicodedata.normalize("NFKC", text) == text
        and len(".".join(map(_wired, labels))) <= LONGEST_DOMAIN
        and all(map(_is_label, labels))
        and len(labels[-1]) > 1
        and all(unicodedata.category(character) in _LETTERS for character in labels[-1])
    )


def domain_of(address: str) -> str:
    """The address's domain as mail servers compare it: in lower case, international labels in their ASCII form."""
    domain = unicodedata.normalize("NFKC", address.rpartition("@")[2]).lower()
    return ".".join(_wired(_shown(label)) for label in domain.split("."))


@dataclass(frozen=True, slots=True)
class OwnerDomains:
    """The domains of the people to whom accounts belong; none bounds nothing. A subdomain is a domain of its own."""

    domains: frozenset[str] = frozenset()

    @classmethod
    def of(cls, names: Iterable[str]) -> OwnerDomains:
        """Raises ValueError for what is no domain."""
        names = tuple(names)
        for name in names:
            if not is_domain(name):
                raise ValueError(f"{name!r} is not a domain such as example.com")
        return cls(frozenset(map(domain_of, names)))

    def __contains__(self, address: str) -> bool:
        return not self.domains or (is_address(address) and domain_of(address) in self.domains)

    def __str__(self) -> str:
        return ", ".join(sorted(self.domains))

    def inside(self, address: str | None) -> str | None:
        """The address, None if it is a stranger's or no address at all."""
        return address if address and is_address(address) and address in self else None


ANYBODY = OwnerDomains()


def _is_local_part(text: str) -> bool:
    if _octets(text) > LONGEST_LOCAL_PART or unicodedata.normalize("NFC", text) != text or _begins_with_mark(text):
        return False
    return _LOCAL_PART.fullmatch(_as_ascii(text)) is not None


def _is_label(label: str) -> bool:
    """True for a label as people read it, that is not longer than servers take it."""
    return (
        len(_wired(label)) <= LONGEST_LABEL
        and not _begins_with_mark(label)
        and _LABEL.fullmatch(_as_ascii(label)) is not None
    )


def _as_ascii(text: str) -> str:
    """The text with each letter, digit and mark of another script as an `a`; nothing else is changed."""
    return "".join("a" if _of_another_script(character) else character for character in text)


def _of_another_script(character: str) -> bool:
    return (
        not character.isascii()
        and unicodedata.category(character) in (*_LETTERS, "Nd")
        and _INVISIBLE.fullmatch(character) is None
    )


def _begins_with_mark(text: str) -> bool:
    return bool(text) and unicodedata.category(text[0]) in _MARKS


def _shown(label: str) -> str:
    """The label as people read it: `xn--…` decoded. One that cannot be decoded becomes empty, which no label is."""
    if not label.lower().startswith("xn--"):
        return label
    try:
        shown = label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return ""
    # What has no other script in it, or is not written as it is decoded, is no honest form of a name.
    return "" if shown.isascii() or unicodedata.normalize("NFKC", shown) != shown else shown


def _wired(label: str) -> str:
    """The label as it travels."""
    if label.isascii():
        return label
    return "xn--" + label.encode("punycode", "replace").decode("ascii")


def _octets(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
