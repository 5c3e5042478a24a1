"""Observations that come by the API: each line is answered, and a key makes a request happen once."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from customer_success.api.requests import LARGEST_BODY
from customer_success.errors import Unavailable
from customer_success.signals.slots import Holder, SlotName
from tests.builders.accounts import TODAY
from tests.builders.api import Answered, Desk

YESTERDAY = TODAY - timedelta(days=1)
Lines = list[Any]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def usage(account: str = "A-0001", day: date = YESTERDAY, users: Any = 5) -> dict[str, Any]:
    return {"account": account, "date": str(day), "active_users": users}


def signal(name: str, value: Any) -> dict[str, Any]:
    return {"account": "A-0001", "signal": name, "value": value, "as_of": str(YESTERDAY)}


def observe(desk: Desk, lines: Lines, kind: str = "usage", **headers: str) -> Answered:
    desk.moment += timedelta(seconds=1)
    return desk.ask("POST", "/observations", {"kind": kind, "source": "product", "lines": lines}, **headers)


def stored(desk: Desk, kind: Any = "usage", source: str = "product", account: str = "A-0001") -> dict[str, Any]:
    slots = desk.inbox.observations.slots.get(Holder.account(account), {})
    slot = slots.get(SlotName(kind, source))
    return {key: held.entry for key, held in slot.entries.items()} if slot else {}


def test_each_line_is_answered_in_its_order(desk: Desk) -> None:
    # GIVEN a day that was delivered before
    observe(desk, [usage()])
    # WHEN it comes again with a new one, a wrong one, one of an unknown account, and what is no line at all
    answer = observe(desk, [usage(), usage(users=-1), usage("A-0002"), usage("cus_404"), "usage"])
    # THEN each is answered, and the good ones are taken
    assert (answer.status, answer.json["accepted"], answer.json["unchanged"], answer.json["refused"]) == (200, 2, 1, 2)
    assert answer.json["lines"] == [
        {"status": "unchanged", "joined": True},
        {
            "status": "refused",
            "field": "active_users",
            "value": "-1",
            "bound": "at least 0",
            "reason": "active_users: -1 is below the bound 0",
        },
        {"status": "accepted", "joined": True},
        {"status": "accepted", "joined": False},
        answer.json["lines"][4],
    ]
    assert (answer.json["lines"][4]["status"], answer.json["lines"][4]["field"]) == ("refused", "line")
    assert answer.json["unjoined"] == ["cus_404"]
    assert stored(desk, account="A-0002")
    # AND the one of an unknown account waits for its id
    assert list(desk.inbox.observations.waiting()) == [Holder.waiting("product", "cus_404")]


def test_an_account_is_found_by_the_id_of_the_source(desk: Desk) -> None:
    invoice = {"account": "cus_1", "id": "in_1", "due": "2026-02-01"}
    asked = {"kind": "invoices", "source": "Stripe", "lines": [invoice]}
    answer = desk.ask("POST", "/observations", asked)
    assert answer.json["lines"] == [{"status": "accepted", "joined": True}]
    assert list(stored(desk, "invoices", "stripe")) == ["in_1"]


def test_a_corrected_line_counts(desk: Desk) -> None:
    observe(desk, [usage(users=5)])
    answer = observe(desk, [usage(users=6)])
    assert [line["status"] for line in answer.json["lines"]] == ["accepted"]
    assert [entry[0] for entry in stored(desk).values()] == [6]


def test_a_day_too_long_ago_is_refused_and_not_called_taken(desk: Desk) -> None:
    observe(desk, [usage()])
    answer = observe(desk, [usage(day=YESTERDAY - timedelta(days=800))])
    [line] = answer.json["lines"]
    assert (line["status"], line["field"]) == ("refused", "date")
    assert "days up to the newest" in line["bound"]


# --- under a key ---


def test_the_same_key_answers_the_same_and_does_nothing_again(desk: Desk) -> None:
    # GIVEN lines that came under a key, and a correction after them
    first = observe(desk, [usage(users=5), usage("cus_404")], Idempotency_Key="monday")
    observe(desk, [usage(users=9)])
    # WHEN the first request is repeated
    again = observe(desk, [usage(users=5), usage("cus_404")], Idempotency_Key="monday")
    # THEN it is answered alike, and the correction stands
    assert (again.status, again.json) == (200, first.json)
    assert [entry[0] for entry in stored(desk).values()] == [9]


@pytest.mark.parametrize("other", [{"kind": "nps"}, {"source": "crm"}, {"lines": []}])
def test_a_key_with_another_body_is_a_conflict(desk: Desk, other: dict[str, Any]) -> None:
    body = {"kind": "usage", "source": "product", "lines": [usage()]}
    desk.ask("POST", "/observations", body, Idempotency_Key="monday")
    answer = desk.ask("POST", "/observations", body | other, Idempotency_Key="monday")
    assert (answer.status, answer.json["field"]) == (409, "Idempotency-Key")
    # AND one with outcomes is none either
    outcomes = {"source": "product", "lines": [usage()]}
    assert desk.ask("POST", "/observations/outcomes", outcomes, Idempotency_Key="monday").status == 409


def test_a_request_that_was_cut_off_is_done_by_its_repeat(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN a store that fails after the key is noted
    def down(*_: object) -> None:
        raise Unavailable("the table is busy", retry_after=2)

    with monkeypatch.context() as broken:
        broken.setattr(desk.inbox.observations, "get_many", down)
        cut_off = observe(desk, [usage()], Idempotency_Key="monday")
    assert (cut_off.status, cut_off.headers["Retry-After"]) == (503, "2")
    # WHEN the request is repeated  THEN it is done
    assert observe(desk, [usage()], Idempotency_Key="monday").json["accepted"] == 1
    assert stored(desk)


# --- what is refused ---


def test_more_lines_than_the_bound_are_refused_with_it(desk: Desk) -> None:
    lines = [usage(day=YESTERDAY - timedelta(days=n)) for n in range(501)]
    answer = observe(desk, lines)
    assert (answer.status, answer.json["field"]) == (422, "lines")
    assert "500" in answer.json["detail"]
    assert not stored(desk)
    assert observe(desk, lines[:500]).json["accepted"] == 200
    assert observe(desk, []).status == 200


def test_an_unknown_kind_is_refused_with_those_that_there_are(desk: Desk) -> None:
    answer = observe(desk, [usage()], kind="mood")
    assert (answer.status, answer.json["field"]) == (422, "kind")
    assert "'mood'" in answer.json["detail"] and "usage" in answer.json["detail"]


def test_outcomes_have_a_path_and_a_grant_of_their_own(desk: Desk) -> None:
    line = {"account": "A-0001", "outcome": "renewed", "at": "2026-02-28", "arr": 54000}
    # WHEN they are sent with what every feed may send  THEN they are refused, with the way
    answer = observe(desk, [line], kind="outcomes")
    assert (answer.status, answer.json["field"]) == (422, "kind")
    assert "POST /observations/outcomes" in answer.json["detail"]
    assert not stored(desk, "outcomes")
    # AND by their own path they are taken, and nothing else is
    taken = desk.ask("POST", "/observations/outcomes", {"source": "product", "lines": [line]})
    assert taken.json["lines"] == [{"status": "accepted", "joined": True}]
    assert len(stored(desk, "outcomes")) == 1
    other = desk.ask("POST", "/observations/outcomes", {"kind": "usage", "source": "product", "lines": [usage()]})
    assert (other.status, other.json["field"]) == (422, "kind")


@pytest.mark.parametrize(
    "name", ["tam_health_rag", "override", "verdict", "mute", "CSM Quiet Until", "days_to_renewal"]
)
def test_what_is_not_for_a_feed_is_refused(desk: Desk, name: str) -> None:
    answer = observe(desk, [signal(name, "GREEN")], kind="signals")
    [line] = answer.json["lines"]
    assert (line["status"], line["field"]) == ("refused", "signal")
    assert not stored(desk, "signals")


@pytest.mark.parametrize(
    ("name", "value", "bound"),
    [
        ("nps_score", 11, "at most 10"),
        ("nps_score", "9", "a number"),
        ("nps_score", True, "a number"),
        ("feature_adoption_rate", 1.5, "at most 1.0"),
        ("feature_adoption_rate", -0.1, "at least 0.0"),
        ("usage_trend", "falling", "one of growing, stable, declining, inactive"),
        ("open_ticket_count", 2.5, "an integer"),
        ("invoice_payment_status", {"days": 3}, "one of current, overdue_30, overdue_60, overdue_90_plus"),
    ],
)
def test_a_signals_value_is_read_as_strictly_as_the_scorer_does(desk: Desk, name: str, value: Any, bound: str) -> None:
    [line] = observe(desk, [signal(name, value)], kind="signals").json["lines"]
    assert (line["status"], line["field"], line["bound"]) == ("refused", "value", bound)
    assert line["value"] == repr(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("nps_score", 9), ("feature_adoption_rate", 1), ("usage_trend", "declining"), ("collections_risk", "RED")],
)
def test_a_signal_within_its_bounds_is_taken(desk: Desk, name: str, value: Any) -> None:
    assert observe(desk, [signal(name, value)], kind="signals").json["accepted"] == 1
    assert [entry[1] for entry in stored(desk, "signals").values()] == [value]


def test_what_is_refused_shows_no_person(desk: Desk) -> None:
    nps = {"account": "A-0001", "person": "ada@acme.example " * 9, "score": 9, "at": "2026-02-28"}
    answer = observe(desk, [nps, ["ada@acme.example"]], kind="nps")
    assert [line["status"] for line in answer.json["lines"]] == ["refused", "refused"]
    assert "ada@" not in answer.body


def test_a_request_of_which_nothing_is_taken_keeps_no_feed_alive(desk: Desk) -> None:
    observe(desk, [usage(users=-1)])
    assert desk.inbox.feeds.all() == []
    # AND one without lines says that the feed lives
    observe(desk, [])
    assert [feed.source for feed in desk.inbox.feeds.all()] == ["product"]


@pytest.mark.parametrize("path", ["/observations", "/observations/outcomes"])
def test_another_tenants_lines_are_refused(desk: Desk, path: str) -> None:
    body: dict[str, Any] = {"source": "product", "lines": [usage()]}
    if path == "/observations":
        body["kind"] = "usage"
    assert desk.ask("POST", path, body | {"tenant_id": "globex"}).status == 403
    assert desk.ask("POST", path, body, query="tenant_id=globex").status == 403
    assert desk.inbox.observations.slots == {}
    assert desk.ask("POST", path, body | {"tenant_id": "acme"}).status == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"kind=usage", 400),
        (b"\xff\xfe", 400),
        ('{"kind": "usage", "source": "product", "lines": ["\\ud800"]}', 400),
        ("[" * 1000, 400),
        ("[]", 422),
        ('{"kind": "usage", "source": "product"}', 422),
        ('{"kind": "usage", "source": "../product", "lines": []}', 422),
        ('{"kind": "usage", "source": "product", "lines": {}}', 422),
        ('{"kind": "usage", "source": "product", "lines": [], "override": "GREEN"}', 422),
        (json.dumps({"kind": "usage", "source": "product", "lines": ["x" * 1024 * 1024]}), 413),
    ],
)
def test_a_body_that_is_none_is_refused(desk: Desk, body: str | bytes, status: int) -> None:
    answer = desk.ask("POST", "/observations", body)
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json"), answer
    assert desk.inbox.observations.slots == {}


def test_five_hundred_full_lines_fit_a_body() -> None:
    line = usage("an-account-id-of-forty-characters-or-more", users=10_000_000) | {"feature": "x" * 100, "events": 10}
    assert len(json.dumps({"lines": [line] * 500})) < LARGEST_BODY
