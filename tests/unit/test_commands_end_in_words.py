"""A command with any bad input ends with a line that says what to do and an exit code that is not 0."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from rich.console import Console

from local.cost.__main__ import main as cost
from local.demo import state
from local.demo.__main__ import main as demo
from local.doctor.__main__ import main as doctor
from local.import_history.__main__ import main as import_history
from local.notion.importing.__main__ import main as notion_import
from local.notion.setup.__main__ import main as notion_setup
from local.operating.__main__ import main as operating
from local.shadow_report.__main__ import main as shadow_report
from local.stack.aws import Aws

GOOD = "Account ID,Name,Feature Adoption\nA,One,0.5\n"
FILES: dict[str, bytes] = {
    "empty": b"",
    "blank": b"\n\n",
    "headings alone": b"Account ID,Name\n",
    "a workbook": b"PK\x03\x04\x14\x00\x06\x00" + bytes(range(256)),
    "other columns": b"a,b\n1,2\n",
    "an open quotation mark": b'Account ID,Name\nA,"One\n',
    "a cell too long": b"Account ID,Name\nA," + b"x" * 1_100_000 + b"\n",
}
Command = Callable[[Sequence[str]], int]
OF_BOOKS: dict[str, tuple[Command, list[str], str]] = {
    "demo": (demo, [], "ACCOUNTS"),
    "demo-qbr": (demo, ["qbr"], "ACCOUNTS"),
    "api": (demo, ["api"], "ACCOUNTS"),
    "import-history": (import_history, ["--table", "t", "--tenant", "acme"], "FILE"),
    "notion-import": (notion_import, [], "FILE"),
}
"""What reads a book: the command, what it is given besides, and the variable that names the file."""
VARIABLES = (
    *("ACCOUNTS", "DATE", "DAYS", "FORCE", "DOWN", "QUEUE", "SHADOW", "NARRATOR", "FILE", "STACK", "TABLE", "TENANT"),
    *("KIND", "SOURCE", "SNAPSHOT"),
    *("PARENT", "NOTION_TOKEN", "NOTION_ACCOUNTS", "NOTION_PROPERTIES", "NOTION_API_URL", "DRY_RUN", "MODEL"),
    *("AWS_PROFILE", "AWS_REGION", "AWS_ENDPOINT_URL", "MODEL_PRICE"),
)
Ends = Callable[[int], str]


@pytest.fixture(autouse=True)
def shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[pytest.MonkeyPatch]:
    """A shell in which nothing is set but what is needed, and a scratch folder in which nothing was played."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    nowhere = str(tmp_path / "none")
    set_here = {"AWS_CONFIG_FILE": nowhere, "AWS_SHARED_CREDENTIALS_FILE": nowhere, "AWS_EC2_METADATA_DISABLED": "true"}
    notion = {"NOTION_TOKEN": "ntn_secret", "NOTION_ACCOUNTS": "0" * 32}
    for name, value in (set_here | notion | {"AWS_DEFAULT_REGION": "eu-central-1"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(state, "SCRATCH", tmp_path / ".demo")
    handlers = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    yield monkeypatch
    for each, handler in handlers.items():
        signal.signal(each, handler)


@pytest.fixture
def ends(capsys: pytest.CaptureFixture[str]) -> Ends:
    """The words with which a command has ended, if that is as it should be: not well, in few lines, no traceback."""

    def ended(code: int) -> str:
        output = capsys.readouterr().err.strip()
        assert code not in (0, None)
        assert output and "Traceback" not in output
        assert len(output.splitlines()) <= 2, output
        return output

    return ended


@pytest.mark.parametrize("content", FILES)
@pytest.mark.parametrize("name", OF_BOOKS)
def test_a_file_that_is_no_book_is_reported_with_what_would_be_one(
    name: str, content: str, shell: pytest.MonkeyPatch, tmp_path: Path, ends: Ends
) -> None:
    # GIVEN a file of that name that is something else
    book = tmp_path / "book.csv"
    book.write_bytes(FILES[content])
    command, arguments, variable = OF_BOOKS[name]
    shell.setenv(variable, str(book))
    # THEN the file is named
    assert str(book) in ends(command(arguments))


@pytest.mark.parametrize("name", OF_BOOKS)
def test_no_file_or_a_folder_is_reported(name: str, shell: pytest.MonkeyPatch, tmp_path: Path, ends: Ends) -> None:
    command, arguments, variable = OF_BOOKS[name]
    for path in (tmp_path / "missing.csv", tmp_path, tmp_path / ("x" * 300)):
        shell.setenv(variable, str(path))
        assert str(path) in ends(command(arguments))


@pytest.mark.parametrize("play", [["redrive"], ["import-history"], ["ingest"], ["shadow-report"]], ids=" ".join)
def test_a_book_that_was_never_played_is_reported(
    play: list[str], shell: pytest.MonkeyPatch, tmp_path: Path, ends: Ends
) -> None:
    book = tmp_path / "book.csv"
    book.write_text(GOOD)
    given = {"ACCOUNTS": str(book), "QUEUE": "scan", "FILE": str(book), "KIND": "usage", "SOURCE": "product"}
    for name, value in given.items():
        shell.setenv(name, value)
    assert "was not played yet" in ends(demo(play))
    assert "was not played yet" in ends(doctor([]))


@pytest.mark.parametrize("content", ["garbage", "2026-03-02\n2026-99-99\n", "\udcff"])
def test_days_that_cannot_be_read_are_reported_with_how_to_forget_them(
    content: str, shell: pytest.MonkeyPatch, tmp_path: Path, ends: Ends
) -> None:
    # GIVEN a book's damaged state
    book = tmp_path / "book.csv"
    book.write_text(GOOD)
    shell.setenv("ACCOUNTS", str(book))
    shell.setenv("QUEUE", "scan")
    folder = state.DemoState.of(book).folder
    folder.mkdir(parents=True)
    (folder / "days.txt").write_bytes(content.encode("utf-8", "surrogateescape"))
    # THEN no command stumbles over it
    for command in (lambda: demo([]), lambda: demo(["redrive"]), lambda: demo(["api"]), lambda: doctor([])):
        assert "make demo-clean" in ends(command())


@pytest.mark.parametrize(
    "content",
    [
        "day,account,column,value\n" + "9" * 5000 + ",A,Name,Two\n",
        "day,account,column,value\n2,A\n",
        "\n",
        "a,b\n1,2\n",
    ],
)
def test_changes_beside_a_book_that_cannot_be_read_are_reported(
    content: str, shell: pytest.MonkeyPatch, tmp_path: Path, ends: Ends
) -> None:
    book = tmp_path / "book.csv"
    book.write_text(GOOD)
    (tmp_path / "book.changes.csv").write_text(content)
    shell.setenv("ACCOUNTS", str(book))
    assert "book.changes.csv" in ends(demo([]))


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (lambda: demo(["dance"]), "dance: no such command; expected qbr"),
        (lambda: demo(["qbr", "twice"]), "qbr twice: no such command"),
        (lambda: demo(["import-history"]), "FILE is missing"),
        (lambda: demo(["redrive"]), "QUEUE is missing"),
        (lambda: demo(["ingest"]), "FILE is missing"),
        (lambda: operating(["ingest"]), "STACK is missing"),
        (lambda: operating(["ingest", "--stack", "s"]), "FILE is missing"),
        (lambda: operating(["redrive"]), "STACK is missing"),
        (lambda: operating(["redrive", "--stack", "s"]), "QUEUE is missing"),
        (lambda: operating(["rescan", "--stack", "s"]), "DATE=: expected the day"),
        (lambda: shadow_report(["--stack", "s", "--date", "soon"]), "DATE=soon"),
        (lambda: cost({"ACCOUNTS": "many"}, Console()), "ACCOUNTS=many"),
        (lambda: cost({"MODEL_PRICE": "nan,1"}, Console()), "MODEL_PRICE=nan,1"),
        (lambda: notion_setup([]), "PARENT"),
    ],
)
def test_what_is_missing_or_wrong_is_named(command: Callable[[], int], expected: str, ends: Ends) -> None:
    assert expected in ends(command())


@pytest.mark.parametrize(
    "command",
    [
        lambda: operating(["redrive", "--stack", "s", "--queue", "scan"]),
        lambda: operating(["rescan", "--stack", "s", "--date", "2026-03-02"]),
        lambda: operating(["ingest", "--stack", "s"]),
        lambda: shadow_report(["--stack", "s"]),
        lambda: doctor(["--stack", "s"]),
        lambda: import_history([*_HISTORY]),
    ],
)
def test_what_is_stopped_by_hand_says_so(
    command: Callable[[], int], shell: pytest.MonkeyPatch, tmp_path: Path, ends: Ends
) -> None:
    # GIVEN a person who types Ctrl-C while AWS is asked
    def stopped(_: type[Aws]) -> Aws:
        raise KeyboardInterrupt

    shell.setattr(Aws, "of_operator", classmethod(stopped))
    history = tmp_path / "history.csv"
    history.write_text("Account ID,Date,NPS Score\nA,2026-01-05,9\n")
    shell.setenv("FILE", str(history))
    # THEN it ends as what a person stopped
    code = command()
    assert code == 130
    assert "stopped" in ends(code)


_HISTORY = ("--table", "t", "--tenant", "acme")
