"""What is below what in local/: spreadsheets know no tool, and a tool for a real deployment knows no demo."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

LOCAL = Path(__file__).parents[2] / "local"


def imports(folder: str) -> Iterator[str]:
    """The modules of local/ that the files of one of its folders import."""
    for path in (LOCAL / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("local."):
                yield node.module.removeprefix("local.")
            elif isinstance(node, ast.Import):
                yield from (name.name.removeprefix("local.") for name in node.names if name.name.startswith("local."))


def test_spreadsheets_know_no_tool() -> None:
    # The demo's rows are those that the sandbox's Notion loads; a book is read as every file is.
    others = {module for module in imports("spreadsheets") if not module.startswith("spreadsheets")}
    assert others == {"sandbox.notion.load", "reading.files"}


@pytest.mark.parametrize("tool", ["notion", "import_history", "operating", "cost", "sandbox", "stack"])
def test_a_tool_for_a_real_deployment_knows_no_demo(tool: str) -> None:
    assert not [module for module in imports(tool) if module.startswith("demo")]
