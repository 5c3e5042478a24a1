"""The records of a delivered file: what is read, and what is refused in one sentence."""

from __future__ import annotations

import gzip
from io import BytesIO

import pytest
from pydantic import ValidationError

from customer_success.errors import Refused
from customer_success.signals import records as reading
from customer_success.signals.lines import TouchpointLine, UsageLine
from customer_success.signals.records import from_object, parsed, records

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
