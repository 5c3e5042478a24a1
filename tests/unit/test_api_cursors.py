"""Cursors: what was signed comes back, and nothing else does."""

from __future__ import annotations

import re
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer

from customer_success.api.cursors import LONGEST, Cursors
from customer_success.api.problems import Problem
from customer_success.errors import Misconfigured

PAYLOAD: dict[str, Any] = {"run": "2026-03-03#1", "filters": {"owner": "ada@example.com"}, "left": 3}
CURSORS = Cursors("a secret", "acme")


def refused(token: str, kind: str = "portfolio", cursors: Cursors = CURSORS) -> Problem:
    with pytest.raises(Problem) as caught:
        cursors.read(kind, token)
    return caught.value


@given(st.dictionaries(st.text(max_size=10), st.none() | st.integers() | st.text(max_size=200), max_size=5))
def test_what_was_signed_is_read_as_it_was_in_characters_of_a_url(payload: dict[str, Any]) -> None:
    token = CURSORS.sign("portfolio", payload)
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", token)
    assert CURSORS.read("portfolio", token) == payload


def test_another_function_with_the_same_secret_reads_it() -> None:
    assert Cursors(b"a secret", "acme").read("portfolio", CURSORS.sign("portfolio", PAYLOAD)) == PAYLOAD


@pytest.mark.parametrize("character", string.ascii_letters + string.digits + "-_.!= é\n")
def test_no_character_can_be_another_one(character: str) -> None:
    token = CURSORS.sign("portfolio", PAYLOAD)
    for place, own in enumerate(token):
        if own != character:
            refused(token[:place] + character + token[place + 1 :])
            refused(token[:place] + character + token[place:])


@pytest.mark.parametrize("token", ["", ".", "a.b", "null", "' OR 1=1 --", "../../etc/passwd", "\ud800", "№ 7", "\0"])
def test_what_is_no_cursor_is_a_bad_request_that_names_the_field(token: str) -> None:
    problem = refused(token)
    assert (problem.status, problem.field) == (400, "cursor")
    assert problem.detail.startswith("cursor: it was not given by this question")


def test_a_cursor_of_another_kind_tenant_or_secret_is_refused_without_quoting_it() -> None:
    for other in (
        CURSORS.sign("history", PAYLOAD),
        Cursors("a secret", "globex").sign("portfolio", PAYLOAD),
        Cursors("another", "acme").sign("portfolio", PAYLOAD),
    ):
        problem = refused(other)
        assert (problem.status, problem.field) == (400, "cursor")
        assert other not in problem.detail
        assert "ada@" not in problem.detail


def test_an_overlong_cursor_is_refused_although_it_was_signed() -> None:
    token = CURSORS.sign("portfolio", {"at": "".join(chr(0x4E00 + n) for n in range(LONGEST))})
    assert len(token) > LONGEST
    refused(token)


def test_a_signed_text_that_is_no_cursor_of_ours_is_refused() -> None:
    """Signed with the secret, by other software: it does not decode."""
    signer = URLSafeSerializer("a secret", salt="portfolio:acme", signer_kwargs=CURSORS._serializer("x").signer_kwargs)
    refused(signer.make_signer().sign("not~base64").decode())


def test_the_secret_must_not_be_empty_and_is_not_shown() -> None:
    with pytest.raises(Misconfigured, match="cursors are signed with is empty"):
        Cursors("", "acme")
    assert "a secret" not in repr(CURSORS)
