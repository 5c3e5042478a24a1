"""Logs say which account it is about, and hold no mail address, wherever one came from."""

from __future__ import annotations

import json
from typing import Any

import pytest

from customer_success.log_privacy import MASK, without_addresses


@pytest.mark.parametrize(
    "text",
    [
        "the mailbox ada.lind@fernway.example does not exist",
        "<ada@example.com>",
        "ada+notes@mail.example.co.uk, then more",
        "mailto:ada_lind@example.com",
        "'ada@example.com'",
        "jürgen@münchen.example",
        "ada@example.com.",
    ],
)
def test_a_mail_address_is_masked(text: str) -> None:
    # WHEN a text with an address is logged, or an error's trace with one
    logged = without_addresses({"message": text, "nested": {"exception": f"Traceback:\n  {text}"}})
    # THEN the entry is JSON still, and reports everything but the address
    entry = json.loads(logged)
    assert "@" not in logged
    assert MASK in entry["message"]
    assert MASK in entry["nested"]["exception"]


@pytest.mark.parametrize(
    "text", ["account A-0001@x", "5 @ 3", "acme:2026-03-02:high", "queue https://sqs/1", "x@1.2.31"]
)
def test_what_is_no_address_stays(text: str) -> None:
    assert json.loads(without_addresses({"message": text}))["message"] == text


def test_half_a_character_is_logged_as_it_can_be_written() -> None:
    # GIVEN an account whose name was cut within an emoji  WHEN it is logged
    logged = without_addresses({"message": "Foo \ud83e\nINFO all is well"})
    # THEN the entry is one line that a stream takes, and says the same
    assert logged.encode("utf-8")
    assert "\n" not in logged
    assert json.loads(logged)["message"] == "Foo \ud83e\nINFO all is well"


class Odd:
    """A value that not even has a text."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


def deep() -> list[Any]:
    nested: list[Any] = []
    for _ in range(100_000):
        nested = [nested]
    return nested


def circle() -> list[Any]:
    round_about: list[Any] = []
    round_about.append(round_about)
    return round_about


@pytest.mark.parametrize("odd", [Odd(), circle(), deep()], ids=["mute", "circle", "deep"])
def test_a_value_that_is_none_of_jsons_costs_its_field_alone(odd: Any) -> None:
    entry = json.loads(without_addresses({"message": "by ada@example.com", "result": odd}))
    assert entry == {"message": "by <address>", "result": f"not to be logged: {type(odd).__name__}"}


def test_a_field_that_cannot_be_logged_costs_no_other() -> None:
    entry = json.loads(without_addresses({"result": {"read": 3, "odd": Odd(), ("a", 1): 2}}))
    assert entry == {"result": {"read": 3, "odd": "not to be logged: Odd", "['a', 1]": 2}}
