"""A name is text in a mail: its headers are the wanted ones and no other, on every Python that we support."""

from __future__ import annotations

import html
import json
import os
import shutil
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.gmail import mime
from connectors.text import clean, one_line, shortened
from customer_success.errors import NotTaken
from tests.builders.mails import HEADERS, HOSTILE_NAMES, WITHOUT_CONTACT, ReadMail, read, write

ROOT = Path(__file__).parents[2]
PYTHONS = ("python3.11", "python3.12", "python3.13")

CHARSETS = ("utf-8", "us-ascii", "iso-8859-1", "utf-16", "utf-7", "UTF-8*en", "unknown-8bit", "x-nothing", "")
INJECTED = ("\r\nBcc: eve@evil.example", "\n\n<b>body</b>", "\rTo: a@b.example", "\x00", "\u2028Cc: a@b.example", " ")

characters = st.one_of(
    st.sampled_from("=?_-:;,<>@\"'\\ \t\r\n\x0b\x0c\x1c\x85\x00\x7f"),
    st.sampled_from("\u2028\u2029\u200b\u200f\u202e\u2066\ufeff\ud83e\udd8aé🦊"),
    st.characters(),
)


@st.composite
def encoded_words(draw: st.DrawFn) -> str:
    """A word as RFC 2047 has it, well formed or nearly so."""
    text = draw(st.sampled_from(INJECTED) | st.text(characters, max_size=20))
    octets = text.encode(draw(st.sampled_from(("utf-8", "utf-16"))), "surrogatepass")
    in_base64 = b64encode(octets).decode("ascii")
    in_quotes = "".join(f"={octet:02X}" for octet in octets)
    encoding = draw(st.sampled_from("bBqQx"))
    payload = in_base64 if encoding in "bB" else in_quotes
    end = draw(st.sampled_from(("?=", "?", "")))
    return f"=?{draw(st.sampled_from(CHARSETS))}?{encoding}?{payload}{end}"


names = st.lists(st.text(characters, max_size=90) | encoded_words(), max_size=6).map("".join) | st.builds(
    "{}{}{}".format, st.integers(0, 160).map("x".__mul__), encoded_words(), st.text(characters, max_size=40)
)


def as_meant(name: str) -> ReadMail:
    """The mail that a reader should find for an account of this name."""
    paragraphs = [clean(f"Dear {name},"), clean(name)]
    shown = "".join(f"<p>{html.escape(one).replace(chr(10), '<br>')}</p>\n" for one in paragraphs)
    return ReadMail(HEADERS, shortened(one_line(name), mime.LONGEST_SUBJECT), "\n\n".join(paragraphs) + "\n", shown)


@given(names)
@example(HOSTILE_NAMES[0])
@example(HOSTILE_NAMES[1])
def test_under_any_name_the_headers_are_the_wanted_ones_and_the_texts_are_whole(name: str) -> None:
    # WHEN a draft is written for an account of that name  THEN every reader finds the same mail, and nothing added
    assert read(write(name)) == as_meant(name)


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=ascii)
def test_a_name_made_to_become_a_header_stays_text(name: str) -> None:
    assert read(write(name)) == as_meant(name)
    assert read(write(name, to=None)).headers == WITHOUT_CONTACT


def test_a_plain_subject_stands_as_it_is_and_any_other_is_encoded() -> None:
    # GIVEN a name of plain letters  THEN it can be read in the mail's source  AND one that could be misread cannot
    assert b"\r\nSubject: Acme, Inc. & Sons\r\n" in write("Acme, Inc. & Sons")
    assert b"=?utf-8?q?" not in write("Acme =?utf-8?q?x?=").partition(b"\r\n\r\n")[0]


def test_a_mail_that_reads_otherwise_than_it_was_meant_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN an encoding of subjects that lets a line break through
    monkeypatch.setattr(mime, "_unstructured", lambda text: text + "\r\nBcc: eve@evil.example")
    # WHEN a draft is written  THEN it is refused, with the unwanted header
    with pytest.raises(NotTaken, match="Bcc"):
        write("Acme")


@pytest.mark.parametrize("python", PYTHONS)
@settings(max_examples=3)
@given(generated=st.lists(names, min_size=50, max_size=80))
def test_every_supported_python_writes_and_reads_the_same(python: str, generated: list[str]) -> None:
    # GIVEN another Python at hand, with nothing installed
    found = interpreter(python)
    if found is None:
        pytest.skip(f"{python} is not at hand")

    # WHEN it writes and reads the mails of all these names
    given_names = [*HOSTILE_NAMES, *generated]
    paths = [ROOT / "layers/scorer", ROOT / "layers/connectors", ROOT]
    done = subprocess.run(
        [found, "-S", "-m", "tests.builders.mails"],
        input=json.dumps(given_names),
        env={"PYTHONPATH": os.pathsep.join(map(str, paths)), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    # THEN they are as they were meant
    assert done.returncode == 0, done.stderr
    assert [ReadMail(*mail) for mail in json.loads(done.stdout)] == [as_meant(name) for name in given_names]


def interpreter(python: str) -> str | None:
    """Where this Python is: the one that runs the tests, one on the path, or one of pyenv's."""
    if python == f"python{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    stored = sorted((Path.home() / ".pyenv/versions").glob(f"{python.removeprefix('python')}.*/bin/{python}"))
    return str(stored[-1]) if stored else shutil.which(python)
