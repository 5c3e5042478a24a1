"""The records of a delivered file: what is read, and what is refused in one sentence."""

from __future__ import annotations

import gzip
from io import BytesIO

import pytest
from pydantic import ValidationError

from customer_success.errors import Refused
from customer_success.signals import records as reading
from customer_success.signals.lines import NpsLine, SignalLine, TouchpointLine, UsageLine, line_refusals
from customer_success.signals.records import Cells, Json, from_object, parsed, records

HEADING = "Account,Date,Active Users\n"
ROW = "A-1,2026-02-28,5\n"


def read(content: bytes) -> list[tuple[int, UsageLine]]:
    found = [(number, parsed(record, UsageLine)) for number, record in records(BytesIO(content), UsageLine)]
    return [(number, line) for number, line in found if isinstance(line, UsageLine)]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param((HEADING + ROW).encode(), id="CSV"),
        pytest.param((HEADING + ROW).encode("utf-8-sig"), id="with a mark"),
        pytest.param((HEADING + ROW).encode("utf-16"), id="UTF-16"),
        pytest.param((HEADING + ROW).replace(",", ";").encode(), id="semicolons"),
        pytest.param((HEADING + ROW).replace(",", "\t").encode(), id="tabs"),
        pytest.param(gzip.compress((HEADING + ROW).encode()), id="compressed"),
        pytest.param(("Colour,Account ID,Date,Active-Users\r\nred," + ROW).encode(), id="another column, CRLF"),
        pytest.param(b'"account","date","active_users"\n\n"A-1","2026-02-28","5"\n,,\n', id="quotes, empty lines"),
        pytest.param(b'{"account_id": "A-1", "date": "2026-02-28", "active_users": 5}\n\n', id="JSON lines"),
    ],
)
def test_a_file_is_read(content: bytes) -> None:
    ((_, line),) = read(content)
    assert (line.account, str(line.date), line.active_users) == ("A-1", "2026-02-28", 5)


def test_a_record_bears_the_number_of_its_first_line() -> None:
    content = HEADING + '"A\n1",2026-02-28,5\n' + "\n" + ROW
    numbers = [number for number, _ in records(BytesIO(content.encode()), UsageLine)]
    assert numbers == [2, 5]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "the file is empty", id="nothing"),
        pytest.param(b"\x89PNG\r\n\x1a\n\0\0", "the file is not utf-8", id="a picture"),
        pytest.param(HEADING.encode() + b"A-1,\0,5\n", "line 2 holds a NUL character", id="NUL"),
        pytest.param(HEADING.encode() + b"caf\xe9,2026-02-28,5\n", "the file is not utf-8", id="Latin-1"),
        pytest.param(
            b"name,colour\nAcme,red\n", "the first line names none of the columns account", id="other columns"
        ),
        pytest.param(b"account,date,Date,active_users\n", "the heading names date twice", id="a heading twice"),
        pytest.param((",".join(["account"] * 10_000) + "\n").encode(), "the heading has 10000 columns", id="columns"),
        pytest.param(b"[{}]", "JSON lines are asked for", id="a JSON array"),
        pytest.param(gzip.compress(HEADING.encode())[:-9], "the compressed file is broken", id="cut off"),
        pytest.param(HEADING.encode() + b'"A-1', "line 2: unexpected end of data", id="an open quote"),
        pytest.param(HEADING.encode() + b"A" * (2**20 + 5), "line 2 has more than 1,048,576 characters", id="long"),
    ],
)
def test_what_is_no_file_is_refused_in_one_sentence(content: bytes, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        read(content)
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_bomb_is_refused_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_BYTES", 10_000)
    bomb = gzip.compress((HEADING + ROW * 100_000).encode())
    assert len(bomb) < 10_000
    with pytest.raises(Refused, match="unpacks to more than 10,000 bytes"):
        read(bomb)


def test_a_number_in_a_string_is_read_from_a_table_and_refused_in_json() -> None:
    assert parsed(from_object({"account": "A-1", "date": "2026-02-28", "active_users": 5}), UsageLine)
    for wrong in ("5", True, 5.5):
        with pytest.raises(ValidationError):
            parsed(from_object({"account": "A-1", "date": "2026-02-28", "active_users": wrong}), UsageLine)


def test_a_cell_holds_several_people() -> None:
    content = b"account,at,kind,people\nA-1,2026-02-28,meeting,ada; bob\n"
    ((_, record),) = records(BytesIO(content), TouchpointLine)
    line = parsed(record, TouchpointLine)
    assert isinstance(line, TouchpointLine)
    assert line.people == ["ada", "bob"]


@pytest.mark.parametrize(
    ("signal", "cell", "value"),
    [("nps_score", "9", 9), ("feature_adoption_rate", "0.35", 0.35), ("usage_trend", "declining", "declining")],
)
def test_a_tables_cell_is_read_as_its_signals_value(signal: str, cell: str, value: object) -> None:
    cells = {"account": "A-1", "signal": signal, "value": cell, "as_of": "2026-02-28"}
    assert parsed(Cells(cells), SignalLine).model_dump()["value"] == value


@pytest.mark.parametrize(
    ("signal", "cell", "reason"),
    [
        ("nps_score", "11", "value: '11' is above the bound 10"),
        ("nps_score", "good", "value: 'good' is refused: Input should be a valid number"),
        ("usage_trend", "falling", "value: 'falling' is not one of growing, stable, declining, inactive"),
        ("tam_health_rag", "RED", "signal: 'tam_health_rag' is refused: Value error, tam_health_rag is a person's own"),
        ("mute", "true", "signal: 'mute' is not one of feature_adoption_rate"),
    ],
)
def test_a_value_out_of_its_signals_bounds_is_refused_with_them(signal: str, cell: str, reason: str) -> None:
    cells = {"account": "A-1", "signal": signal, "value": cell, "as_of": "2026-02-28"}
    with pytest.raises(ValidationError) as refused:
        parsed(Cells(cells), SignalLine)
    [refusal] = line_refusals(refused.value, SignalLine)
    assert str(refusal).startswith(reason)


@pytest.mark.parametrize("text", ['{"account": "A-1", "person": "ada@acme.example"', '["ada@acme.example"]'])
def test_what_is_no_line_is_refused_without_what_it_says(text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        parsed(Json(text), NpsLine)
    [refusal] = line_refusals(refused.value, NpsLine)
    assert refusal.field == "line" and "ada@" not in str(refusal)
