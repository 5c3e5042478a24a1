"""One definition of an address, and of which addresses are our people's."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_success.addresses import OwnerDomains, domain_of, is_address
from customer_success.log_privacy import without_addresses

ADDRESSES = (
    "ada@example.com",
    "ADA.Lind@Example.COM",
    "o'brien@mail.fernway.co.uk",
    "ada+notes@x-y.example",
    "a_b@c.museum",
    "ada@1und1.de",
    "x" * 64 + "@example.com",
    "ada@" + "x" * 63 + ".com",
    "jürgen@münchen.example",
    "иван@почта.рф",
    "ivan@xn--80a1acny.xn--p1ai",
    "用户@例子.中国",
    "नाम@उदाहरण.भारत",
    "դաւիթ@օրինակ.հայ",
)

NO_ADDRESSES = (
    "",
    "ada",
    "@",
    "ada@",
    "@example.com",
    "ada@example",
    "ada@@example.com",
    "ada@bob@example.com",
    # dots and hyphens
    "a@b..example",
    "a@.b.example",
    "a@b.example.",
    ".a@b.example",
    "a.@b.example",
    "a..b@c.example",
    "a@-b.example",
    "a@b-.example",
    "a@b.-example",
    # no top-level domain
    "a@b.c",
    "a@b.c1",
    "a@b.12",
    "a@127.0.0.1",
    "a@[127.0.0.1]",
    "a@localhost",
    # too long
    "x" * 65 + "@example.com",
    "é" * 33 + "@example.com",
    "a@" + "x" * 64 + ".com",
    "a@" + "é" * 60 + ".com",
    "a@" + ".".join(["x" * 60] * 5) + ".com",
    # invisible
    "a\u200b@b.example",
    "a@b\u200b.example",
    "a@b.exam\u200bple",
    "\ufeffa@b.example",
    "a\u00ad@b.example",
    "a\u200d@b.example",
    "a\u2060@b.example",
    "a\u3164@b.example",
    "a\u115f@b.example",
    "a@b\ufe0f.example",
    "a\u034f@b.example",
    "a\U000e0061@b.example",
    "a\u2800@b.example",
    # control characters, and what turns the text around
    "a\x00@b.example",
    "a\x7f@b.example",
    "a\x85@b.example",
    "a@b.example\n",
    "a@b.example\r\nBcc: eve@evil.example",
    "\u202ea@b.example",
    "a@\u2066b.example",
    "a\u200f@b.example",
    # halves, private and unassigned characters
    "a\ud83e@b.example",
    "a@\udd8ab.example",
    "a\ue000@b.example",
    "a\u0378@b.example",
    "a\ufffe@b.example",
    "a\ufffd@b.example",
    # white space
    " a@b.example",
    "a b@c.example",
    "a\u00a0b@c.example",
    "a@b\u2003.example",
    "a\u3000@b.example",
    # what looks like another character
    "a@ｂ.example",
    "a@b．example",
    "a@b。example",
    "a＠b.example",
    "a@\u212a.example",
    "\u0301a@b.example",
    "a\u0301@b.example",
    "😀@b.example",
    "a@😀.example",
    # encoded, quoted, several, with a name
    "a@xn--a.example",
    "a@xn--.example",
    "a@xn--b-.example",
    "=?utf-8?q?a?=@b.example",
    '"a b"@c.example',
    "a@b.example,c@d.example",
    "Ada <a@b.example>",
    "mailto:a@b.example",
    "a(b)@c.example",
    "a/../b@c.example",
    "a%40evil.example@c.example",
    "a@b_c.example",
)


@pytest.mark.parametrize("text", ADDRESSES)
def test_an_address_that_people_have_is_one(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize("text", NO_ADDRESSES, ids=ascii)
def test_what_only_looks_like_an_address_is_none(text: str) -> None:
    assert not is_address(text)


WORTHLESS = ("Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp", "So", "Me")


@given(st.characters(categories=WORTHLESS), st.integers(0, 12))
def test_no_invisible_character_is_in_an_address(character: str, place: int) -> None:
    # GIVEN an address with such a character somewhere  THEN it is none
    address = "ada@acme.example"
    assert not is_address(address[:place] + character + address[place:])


@given(st.text(st.characters(categories=("Lu", "Ll", "Lo", "Nd", "Mn", "Pd", "Po", "Cf", "Cs")), max_size=12))
def test_an_address_is_one_token_of_a_header_a_url_and_a_log(text: str) -> None:
    # GIVEN every valid address
    for address in (f"{text}@example.com", f"ada@{text}.example", f"ada@example.{text}"):
        if not is_address(address):
            continue
        # THEN nothing in it ends it  AND it looks the same however its characters are composed
        assert not set(address) & set(' \t\r\n,;:<>()[]"\\/?#%')
        assert unicodedata.normalize("NFC", address) == address
        # AND no log shows it
        logged = json.loads(without_addresses({"message": f"no draft for {address}: gone"}))["message"]
        assert logged.replace("'", "") == "no draft for <address>: gone"


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("text", ["{}", "<{}>", "'{}'", "({}).", "mailto:{},", '"{}"'])
def test_an_address_reaches_no_log(address: str, text: str) -> None:
    logged = without_addresses({"message": text.format(address)})
    assert "@" not in logged
    assert json.loads(logged)["message"] == text.format("<address>")


def test_without_domains_everybody_may_own_an_account() -> None:
    assert OwnerDomains().inside("eve@evil.example") == "eve@evil.example"
    assert OwnerDomains.of(()).inside("eve@evil.example") == "eve@evil.example"


@pytest.mark.parametrize(
    "address", ["ada@acme.example", "ADA@ACME.Example", "ada@münchen.example", "ada@XN--MNCHEN-3YA.example"]
)
def test_an_address_in_a_domain_of_ours_is_inside(address: str) -> None:
    ours = OwnerDomains.of(("Acme.example", "münchen.example"))
    assert ours.inside(address) == address


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "eve@evil.example",
        "eve@eu.acme.example",
        "eve@notacme.example",
        "eve@acme.example.evil.example",
        "eve@аcme.example",
        "acme.example",
        "eve@evil.example@acme.example",
    ],
)
def test_a_stranger_is_not(address: str | None) -> None:
    assert OwnerDomains.of(("acme.example",)).inside(address) is None


@pytest.mark.parametrize(
    "name", ["@acme.example", "acme", "*.acme.example", "acme.example;evil.example", "https://a.example"]
)
def test_what_is_no_domain_cannot_bound(name: str) -> None:
    with pytest.raises(ValueError, match=r"is not a domain such as example\.com"):
        OwnerDomains.of((name,))


def test_domains_are_compared_as_mail_servers_do() -> None:
    assert domain_of("a@MÜNCHEN.Example") == domain_of("a@xn--mnchen-3ya.example") == "xn--mnchen-3ya.example"
