"""What people expect of an open project is there, and names what there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.locks import group_requirements

ROOT = Path(__file__).parents[2]
PAGES = ("CONTRIBUTING.md", "SECURITY.md", "docs/limits.md")
LINK = re.compile(r"\]\(((?!https?:)[^)#]+)\)")


def read(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text("utf-8"))


@pytest.mark.parametrize("page", PAGES)
def test_files_that_a_page_names_are_there(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    # GIVEN links, which start from the page, and tests, which start from the project
    named = [(ROOT / page).parent / path for path in LINK.findall(text)]
    named += [ROOT / path for path in re.findall(r"`(tests/[\w/.]+\.py)`", text)]
    assert [str(path) for path in named if not path.exists()] == []


def test_contributing_leads_to_all_of_them() -> None:
    linked = set(LINK.findall((ROOT / "CONTRIBUTING.md").read_text("utf-8")))
    assert linked >= {
        "SECURITY.md",
        "docs/limits.md",
        ".pre-commit-config.yaml",
        ".github/workflows/ci.yml",
        ".github/ISSUE_TEMPLATE",
        ".github/pull_request_template.md",
    }


def test_the_workflow_runs_what_a_person_runs() -> None:
    (job,) = read(".github/workflows/ci.yml")["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    assert (ROOT / ".ci/run").stat().st_mode & 0o111


def test_every_action_is_pinned_by_commit() -> None:
    for workflow in ROOT.glob(".github/workflows/*"):
        used = re.findall(r"uses: (.+)", workflow.read_text("utf-8"))
        assert used
        assert [action for action in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v[\d.]+", action)] == []


def test_the_workflow_has_the_python_of_the_functions() -> None:
    (runtime,) = set(re.findall(r"Runtime: python([\d.]+)", (ROOT / "template.yaml").read_text("utf-8")))
    (job,) = read(".github/workflows/ci.yml")["jobs"].values()
    assert [step["with"]["python-version"] for step in job["steps"] if "setup-python" in step.get("uses", "")] == [
        runtime
    ]


def test_hooks_run_the_projects_own_tools() -> None:
    # GIVEN the tools of the project's environment, and the targets of its Makefile
    tools = {requirement.partition("==")[0] for requirement in group_requirements(ROOT / "pyproject.toml", "dev")}
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    # THEN each hook is one of them, so that it finds what `make test` finds
    (local,) = read(".pre-commit-config.yaml")["repos"]
    assert local["repo"] == "local"
    for hook in local["hooks"]:
        command, *words = hook["entry"].split()
        assert hook["language"] == "system"
        assert words[0] in targets if command == "make" else Path(command).name in tools, hook["id"]
        assert Path(command).parts[:-1] in [(), (".venv", "bin")]


@pytest.mark.parametrize("form", sorted(ROOT.glob(".github/ISSUE_TEMPLATE/[!c]*.yml")), ids=lambda path: path.stem)
def test_every_form_can_be_filled_in(form: Path) -> None:
    # GIVEN what GitHub asks of a form
    content = yaml.safe_load(form.read_text("utf-8"))
    assert content["name"]
    assert content["description"]
    fields = [part for part in content["body"] if part["type"] != "markdown"]
    # THEN it asks for something, each once
    assert len({field["id"] for field in fields}) == len(fields) > 1
    assert all(field["attributes"]["label"] for field in fields)
