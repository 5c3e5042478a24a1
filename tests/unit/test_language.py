"""One word for one thing: names, docstrings, comments and docs use the field's words."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]

INSTEAD = {
    "told|untold|tell|tells": "sent, alerted, reported, shown or stored",
    "kept": "stored, retained, cached, held or respected",
    "said|unsaid": "the explanation, text, output or answer",
    "gone": "removed",
    "nobody|nobodys|somebody|somebodys": "the person's role, or a sentence about the thing itself",
    "whoever|whatever|whomever|whichever": "any, every, or the thing's name",
    "hush|hushes|hushed|hushing|heed|heeds|heeded|heeding": "mute, respect or count",
    "judge|judges|judged|judging|judgement|judgements|unjudged": "assess, assessment, score or validate",
    "standing|standings": "health status, or state",
    "wishes": "a mute request",
    "grounds": "rationales",
    "pace": "rate limit, RateLimiter",
    "patience": "retry policy, RetryPolicy",
    "withheld": "shadowed output",
    "news": "message or alert",
    "story|stories": "test, or what it describes",
    "house": "the package, or the system",
    "lest": "so that … not",
}
"""Words that are not ours, and what to write."""

WORDS = {word: advice for words, advice in INSTEAD.items() for word in words.split("|")}
FOUND = re.compile(rf"(?<![a-z])({'|'.join(WORDS)})(?![a-z])", re.IGNORECASE)

STORED_OR_SENT = {
    "no_longer_judged": "an attribute of stored runs",
    "withheld_because": "a field of stored adoption reports and of the model's prompts",
}
"""Names that rows, messages or the API have, and that only a version of both could change."""

FOLDERS = ("layers/scorer", "layers/connectors", "functions", "local", "tests")
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in (
        "*.md",
        "docs/**/*.md",
        "local/**/*.md",
        ".github/**/*.md",
        "*.yaml",
        "*.toml",
        "Makefile",
        "layers/**/Makefile",
    )
    for path in ROOT.glob(pattern)
)


class Finding(NamedTuple):
    """A word in a line of a file."""

    path: str
    line: int
    word: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.word!r}: write {WORDS[self.word.lower()]}"


def names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The names that code gives or uses, split into words."""
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 1)
        for field in ("id", "attr", "arg", "name", "asname", "module"):
            name = getattr(node, field, None)
            if isinstance(name, str) and name not in STORED_OR_SENT:
                yield line, re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name).replace("_", " ")


def docstrings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The lines of docstrings, those of fields and constants among them; names in code style are left out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            text = re.sub(r"`[^`]*`|\"[^\"]*\"", "", node.value.value)
            yield from enumerate(text.split("\n"), node.lineno)


def comments(source: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], re.sub(r"`[^`]*`|\"[^\"]*\"", "", token.string)


def prose(page: str) -> Iterator[tuple[int, str]]:
    """The lines of a page without code, and without product texts, which stand in quotation marks."""
    fenced = False
    for number, line in enumerate(page.split("\n"), 1):
        fenced ^= line.lstrip().startswith("```")
        if not fenced:
            yield number, re.sub(r"`[^`]*`|\"[^\"]*\"", "", line)


def findings(path: str) -> Iterator[Finding]:
    """All words of a file that are not ours."""
    source = (ROOT / path).read_text("utf-8")
    if path.endswith(".py"):
        tree = ast.parse(source)
        lines = [*names(tree), *docstrings(tree), *comments(source)]
    else:
        lines = list(prose(source))
    for number, text in sorted(lines):
        yield from (Finding(path, number, word) for word in FOUND.findall(text))


def code(folder: str) -> list[str]:
    """The files of a folder but this one, which has to name the words."""
    return sorted(
        path.relative_to(ROOT).as_posix() for path in (ROOT / folder).glob("**/*.py") if path != Path(__file__)
    )


@pytest.mark.parametrize("folder", FOLDERS)
def test_code_uses_the_fields_words(folder: str) -> None:
    found = [str(finding) for path in code(folder) for finding in findings(path)]
    assert not found, "\n".join(found)


def test_pages_use_the_fields_words() -> None:
    found = [str(finding) for path in PAGES for finding in findings(path)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("told = 1", "told"),
        ("def nobody_is_alerted() -> None: ...", "nobody"),
        ("class WithheldThing: ...", "Withheld"),
        ("f'{kept}'", "kept"),
        ("from a import story", "story"),
        ("work(standing=1)", "standing"),
        ('"""Whatever it is."""', "Whatever"),
        ('limit: int\n"""Kept for 30 days."""', "Kept"),
        ("x = 1  # lest it ends", "lest"),
    ],
)
def test_a_word_is_found_where_people_read_it(tmp_path: Path, source: str, word: str) -> None:
    path = tmp_path / "module.py"
    path.write_text(source, "utf-8")
    assert [finding.word for finding in findings(str(path))] == [word]


@pytest.mark.parametrize(
    "source",
    [
        "text = 'not told'",
        "row.withheld_because",
        '"""`told` is the stored name."""',
        "outstanding = background",
        "#: keep",
    ],
)
def test_texts_and_stored_names_are_left_alone(tmp_path: Path, source: str) -> None:
    path = tmp_path / "module.py"
    path.write_text(source, "utf-8")
    assert not list(findings(str(path)))
