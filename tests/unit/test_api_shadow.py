"""Shadowed outputs, as the API answers them."""

from __future__ import annotations

from datetime import date

import pytest

from customer_success.api.cursors import Cursors
from customer_success.api.problems import Problem
from customer_success.api.shadow import ShowShadow
from tests.builders.shadow import SHADOW_DAY, FakeShadowLog, shadow_things

CURSORS = Cursors("a secret of tests", "acme")


def show(log: FakeShadowLog, *, in_shadow: bool = True) -> ShowShadow:
    return ShowShadow(log, CURSORS, in_shadow)


def test_the_latest_day_is_shown_with_the_digest_first() -> None:
    answer = show(FakeShadowLog(shadow_things()))(None, limit=50)
    assert (answer.shadow, answer.on, answer.days) == (True, SHADOW_DAY, (SHADOW_DAY, date(2026, 3, 1)))
    assert answer.counts == {"digest": 1, "message": 1, "draft": 1, "page": 5}
    assert [output.kind for output in answer.outputs] == ["digest", "message", "draft"] + ["page"] * 5
    assert answer.outputs[0].title == "Account health"
    assert answer.next is None


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_the_pages_hold_everything_once(limit: int) -> None:
    ask, seen, cursor = show(FakeShadowLog(shadow_things())), [], None
    while True:
        answer = ask(None, limit=limit, cursor=cursor)
        assert (answer.counts is None) == (cursor is not None)
        seen += [(output.kind, output.key) for output in answer.outputs]
        cursor = answer.next
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 8


def test_another_day_is_shown_when_it_is_asked_for() -> None:
    answer = show(FakeShadowLog(shadow_things()), in_shadow=False)(date(2026, 3, 1), limit=50)
    assert (answer.shadow, answer.on, answer.counts) == (False, date(2026, 3, 1), {"digest": 1})


def test_a_deployment_without_shadowed_outputs_says_so() -> None:
    answer = show(FakeShadowLog(), in_shadow=False)(None, limit=50)
    assert (answer.on, answer.days, answer.counts, answer.outputs) == (None, (), {}, ())


@pytest.mark.parametrize("limit", [0, 201])
def test_a_limit_out_of_bounds_is_refused(limit: int) -> None:
    with pytest.raises(Problem, match="1 to 200"):
        show(FakeShadowLog())(None, limit=limit)


def test_a_cursor_of_another_day_is_refused() -> None:
    ask = show(FakeShadowLog(shadow_things()))
    cursor = ask(None, limit=1).next
    with pytest.raises(Problem, match="it was given for date=2026-03-02, not 2026-03-01"):
        ask(date(2026, 3, 1), limit=1, cursor=cursor)
    with pytest.raises(Problem, match="cursor"):
        ask(None, limit=1, cursor=f"{cursor}x")
