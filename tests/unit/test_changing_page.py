"""docs/changing.md names files, tests, make targets and parameters that exist."""

from __future__ import annotations

import re

import pytest

from local.deployment import ROOT
from local.stack.template import read_template

PAGE = (ROOT / "docs/changing.md").read_text("utf-8")
ROWS = [
    row for row in re.findall(r"^\| (.*) \| (.*) \| (.*) \|$", PAGE, re.MULTILINE) if row[0] not in ("question", "---")
]
"""Question, files and tests of each line of the tables."""
ROOTS = (ROOT, ROOT / "layers/scorer/customer_success", ROOT / "layers/connectors/connectors")
A_FUNCTION = "health_scan"
"""Stands for <name>."""


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def paths(cell: str) -> list[str]:
    return [name for name in named(cell) if "/" in name or name.endswith((".py", ".yaml"))]


@pytest.mark.parametrize("row", ROWS, ids=[question for question, _, _ in ROWS])
def test_each_file_exists_at_one_place(row: tuple[str, str, str]) -> None:
    question, files, _ = row
    assert question.endswith("?")
    found = {
        path: [str(root) for root in ROOTS if (root / path.replace("<name>", A_FUNCTION)).exists()]
        for path in paths(files)
    }
    assert found or "template.yaml" in files
    assert {path: places for path, places in found.items() if len(places) != 1} == {}


@pytest.mark.parametrize("row", ROWS, ids=[question for question, _, _ in ROWS])
def test_each_answer_names_a_test_that_exists(row: tuple[str, str, str]) -> None:
    tests = named(row[2])
    assert tests
    assert [test for test in tests if not (ROOT / "tests" / test).is_file()] == []


def test_parameters_and_targets_exist() -> None:
    parameters = {name for _, files, _ in ROWS for name in named(files) if re.fullmatch(r"[A-Z][a-z]+[A-Z]\w+", name)}
    assert len(parameters) > 4
    assert parameters - set(read_template(ROOT / "template.yaml")["Parameters"]) - {"ChurnRules"} == set()
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)`", PAGE)) - targets == set()


def test_every_question_is_asked_once() -> None:
    questions = [question for question, _, _ in ROWS]
    assert len(questions) == len(set(questions)) > 30
