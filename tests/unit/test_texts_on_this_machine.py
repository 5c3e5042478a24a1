"""What others wrote is text on this machine too: in a terminal, in files and their names, in Markdown."""

from __future__ import annotations

import io
import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.console import Console
from rich.padding import Padding
from rich.progress import Progress
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from local.console import PlainConsole, print_error
from local.demo.api import _calls
from local.demo.progress import Bars, Lines
from local.sandbox.notion.markdown import page_as_markdown
from local.sandbox.notion.text import read_rich_text
from local.sandbox.store import Store, file_name, json_line

NAMES = (
    "[red]Foo[/red]",
    "[link=https://evil.example]Foo[/link]",
    ":warning: Foo :smile:",
    "Foo\x1b[31mred\x1b[0m",
    "\x1b]8;;https://evil.example\x1b\\Foo\x1b]8;;\x1b\\",
    "\x1b]0;title\x07Foo",
    "\x1b[2J\x1b[HFoo",
    "\x9b31mFoo\x9d0;x\x9c",
    "Foo\rAll is well",
    "Foo\x08\x08\x08\x7fBar",
    "Foo\u2028Bar\u2029\x85Baz",
    "\u202eooF\u2066",
    "Foo \ud83e",
)
HARMFUL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def table_of(text: str) -> Table:
    table = Table(text)
    table.add_row(text)
    return table


WAYS: dict[str, Callable[[Console, str], None]] = {
    "a text": lambda console, name: console.print(name),
    "a styled line": lambda console, name: console.print(f"  {name}", style="dim", soft_wrap=True),
    "a rich text": lambda console, name: console.print(Text(name, "bold")),
    "within a padding": lambda console, name: console.print(Padding(Text(name), (0, 0, 0, 2))),
    "a rule": lambda console, name: console.print(Rule(name)),
    "a table": lambda console, name: console.print(table_of(name)),
    "news of the work": lambda console, name: Lines(console).note(name),
    "news beside the bars": lambda console, name: Bars(Progress(console=console)).note(name),
    "a warning": lambda console, name: Bars(Progress(console=console)).warn(name),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_terminal_shows_a_name_and_obeys_nothing_in_it(name: str, way: str) -> None:
    # GIVEN the console of all commands
    shown = io.StringIO()
    console = PlainConsole(file=shown, width=200)
    # WHEN a name is printed  THEN nothing is left that a terminal obeys, and nothing was read as markup
    WAYS[way](console, name)
    assert not HARMFUL.search(shown.getvalue())
    for word in ("[red]", "[link=https://evil.example]", ":warning:", "Foo"):
        assert (word in shown.getvalue()) == (word in name)


def test_colours_of_our_own_still_reach_a_terminal() -> None:
    shown = io.StringIO()
    PlainConsole(file=shown, force_terminal=True, color_system="standard").print(Text("Foo\x1b[32m", "red"))
    assert shown.getvalue() == "\x1b[31mFoo[32m\x1b[0m\n"


def test_an_error_is_shown_line_by_line_and_obeyed_in_none(capsys: pytest.CaptureFixture[str]) -> None:
    print_error(ValueError("line 3: 'Foo\x1b[31m\r'\nline 4: \x9b"))
    assert capsys.readouterr().err == "line 3: 'Foo[31m'\nline 4: \n"


def test_a_call_to_copy_is_one_command_for_any_account(monkeypatch: pytest.MonkeyPatch) -> None:
    # GIVEN an account whose name and id would be commands of their own
    hostile = "A'; rm -rf ~ \"\n"
    account = SimpleNamespace(name="Foo\nrm -rf ~ #")
    row = SimpleNamespace(account_id=hostile, account=account, latest=SimpleNamespace(run_date=None))
    session = SimpleNamespace(region_name="eu-central-1", get_credentials=lambda: None)
    deployment = SimpleNamespace(table=None, api_url="http://127.0.0.1:1", aws=SimpleNamespace(session=session))
    alerts = SimpleNamespace(on=lambda _day: [SimpleNamespace(alert_id=f"{hostile}:2026-03-02:high")])
    monkeypatch.setattr("local.demo.api.DynamoAlertLog", lambda _table: alerts)
    # WHEN the calls to try are shown
    calls = dict(_calls(deployment, row))  # type: ignore[arg-type]
    # THEN each title is one line of a comment, and each call one command with the account's id in it
    assert not any("\n" in text for shown in calls.items() for text in shown)
    words = {title: shlex.split(call) for title, call in calls.items()}
    assert all(split[0] == "curl" and split[-1].startswith(deployment.api_url) for split in words.values())
    bodies = [json.loads(split[split.index("-d") + 1]) for split in words.values() if "-d" in split]
    assert [body.get("account_id", hostile) for body in bodies] == [hostile] * 3
    assert len(words) == 6


@given(st.text(max_size=100) | st.text("./\\\x00-é🦊𠀀\ud83e", max_size=100))
@example("𠀀" * 100)
def test_a_name_is_a_part_of_a_files_name(text: str) -> None:
    # GIVEN any name  THEN its file lies in the folder, and its name is not too long with what is added
    name = file_name(text)
    assert name
    assert "/" not in name
    assert "\\" not in name
    assert name not in (".", "..")
    assert not name.startswith(("-", "."))
    assert len(name.encode()) <= 200


@pytest.mark.parametrize(
    "text", ["../../etc/passwd", "/etc/passwd", "..", "", "𠀀" * 300, "a" * 5000, "A\x00B", "\ud83e"]
)
def test_a_page_of_that_name_can_be_written_below_the_folder(tmp_path: Path, text: str) -> None:
    store = Store(tmp_path / "vendors")
    store.write(f"notion/Accounts/{file_name(text)}--12345678.md", b"x")
    [file] = (tmp_path / "vendors/notion/Accounts").iterdir()
    assert file.read_bytes() == b"x"


@pytest.mark.parametrize("path", ["../x", "notion/../../x", "/tmp/x-that-is-not-ours", ""])
def test_no_file_lies_outside_the_folder(tmp_path: Path, path: str) -> None:
    store = Store(tmp_path / "vendors")
    for change in (lambda: store.write(path, b"x"), lambda: store.append(path, {}), lambda: store.remove(path)):
        with pytest.raises(ValueError, match="does not lie below"):
            change()


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_record_is_one_line_for_every_reader(tmp_path: Path, name: str) -> None:
    # GIVEN a message with such a name  WHEN it is written down  THEN it is read back as it was, from one line
    store = Store(tmp_path)
    store.append("slack/general.jsonl", {"text": name})
    [line] = (tmp_path / "slack/general.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line) == {"text": name}
    assert json_line({"text": "é🦊"}) == '{"text": "é🦊"}\n'


MARKDOWN = (
    "*bold* _it_ **b** __i__ ~no~ ~~no~~ `code` ``x`` snake_case_name",
    "[text](https://evil.example) ![image](https://evil.example/x.png) [ref]: https://evil.example",
    "<script>alert(1)</script> <https://evil.example> &lt;b&gt; &amp; AT&T &#60;",
    "# heading",
    "Foo\n# heading\n## heading",
    "Foo\n---",
    "Foo\n===",
    "- item",
    "+ item",
    "* item",
    "1. item",
    "1)",
    "> quote",
    "```\ncode",
    "a | b",
    "---",
    "-",
    "#",
    "back\\slash \\*",
    "Foo  \nBar",
)
KINDS = ("paragraph", "bulleted_list_item", "numbered_list_item", "heading_2", "callout", "quote", "to_do", "toggle")


def page_of(name: str, kind: str) -> str:
    rich = read_rich_text([{"text": {"content": name}}], "text")
    block = {"id": "b", "type": kind, "content": {"rich_text": rich}}
    page = {"properties": {"title": rich, "why": rich}}
    schema = {
        "Name": {"id": "title", "type": "title"},
        name: {"id": "why", "type": "rich_text"},
    }
    return page_as_markdown(page, schema, [block], lambda _: [])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", MARKDOWN, ids=ascii)
def test_markdown_for_people_shows_a_name_as_it_is(name: str, kind: str) -> None:
    # GIVEN a page with the name as its title, as a property and in a block
    source = page_of(name, kind)
    # WHEN a reader of Markdown takes it
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(source)
    marks = {child.type for token in tokens for child in token.children or ()}
    texts = [
        "".join(child.content or ("\n" if "break" in child.type else "") for child in token.children)
        for token in tokens
        if token.children
    ]
    # THEN it finds text and no marks but the bold ones of the property's name
    assert marks <= {"text", "text_special", "strong_open", "strong_close", "softbreak", "hardbreak"}
    in_one_line = " ".join(name.split())
    assert texts[0] == in_one_line
    assert texts[1] == f"{in_one_line}: {in_one_line}"
    assert " ".join(texts[2].split()).removeprefix("[ ] ") == in_one_line
    # AND no heading, list, rule or code beside those that the page has
    assert [token.tag for token in tokens if token.type == "heading_open"] == ["h1", *["h3"] * (kind == "heading_2")]
    assert sum(token.type in ("fence", "code_block", "html_block") for token in tokens) == 0
    assert sum(token.type == "hr" for token in tokens) == 1
    assert len(texts) == 3


@pytest.mark.parametrize("code", ["```\n# out", "a `` b", "~~~", "````"])
def test_code_stays_within_its_fence(code: str) -> None:
    source = page_of(code, "code")
    [fence] = [token for token in MarkdownIt().parse(source) if token.type == "fence"]
    assert fence.content == f"{code}\n"
