"""Every environment and layer has a lock file with hashes, and one that is outdated is named with its remedy."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from local.locks import ENVIRONMENTS, LAYERS, OLDEST_PYTHON, ROOT, Lock, StaleLockError, all_locks, group_requirements
from local.locks.__main__ import main

LOCKS = all_locks()
PINNED = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^ ;]+)(?: ; (?P<marker>[^\\]+))? \\$", re.MULTILINE)


def locked(lock: Lock) -> dict[str, set[str]]:
    """The versions of each package that a lock file names; there are several where platforms differ."""
    found: dict[str, set[str]] = {}
    for entry in PINNED.finditer((ROOT / lock.path).read_text("utf-8")):
        found.setdefault(canonicalize_name(entry["name"]), set()).add(entry["version"])
    return found


def required(lock: Lock) -> list[Requirement]:
    lines = [line for file in lock.files for line in (ROOT / file).read_text("utf-8").splitlines()]
    named = [line for line in lines if line and not line.startswith("#")]
    return [Requirement(line) for line in [*group_requirements(ROOT / "pyproject.toml", lock.group), *named]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of all that locks are made from, and of the locks."""
    for lock in LOCKS.values():
        for file in (lock.path, *lock.files):
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, tmp_path / file)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", LOCKS)
def test_every_lock_is_fresh(name: str) -> None:
    LOCKS[name].check()


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_is_in_the_lock(name: str) -> None:
    versions, wanted = locked(LOCKS[name]), required(LOCKS[name])
    assert wanted
    for requirement in wanted:
        found = versions.get(canonicalize_name(requirement.name), set())
        assert found, f"{LOCKS[name].path} lacks {requirement}: run `make lock`"
        assert all(requirement.specifier.contains(version) for version in found), f"{requirement}: {found}"


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_has_its_hashes_and_comes_from_the_index(name: str) -> None:
    # GIVEN the entries of a lock file, each of which may go on over several lines
    text = (ROOT / LOCKS[name].path).read_text("utf-8").replace("\\\n", " ")
    entries = [line for line in text.splitlines() if line and not line.startswith("#")]
    # THEN each is a version with hashes, and none names an address
    assert entries
    assert [entry for entry in entries if not re.match(r"[\w.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", entry)] == []
    assert "://" not in text


def test_what_runs_together_has_one_version_of_a_package() -> None:
    # GIVEN the layers that a function loads together, and the project's own environment in which tests load them
    together = [locked(LOCKS[name]) for name in (*LAYERS, "venv")]
    # THEN none has a package in another version
    for package in set().union(*together):
        assert len(set().union(*(versions.get(package, set()) for versions in together))) == 1, package


def test_every_layer_and_environment_has_a_lock() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert set(LAYERS) == {file.parent.name for file in ROOT.glob("layers/*/Makefile")}
    assert set(ENVIRONMENTS) == set(re.findall(r"^\.(\w+)/installed: locks/\1\.txt", makefile, re.MULTILINE))
    assert {ROOT / lock.path for lock in LOCKS.values()} == {
        *ROOT.glob("locks/*"),
        *ROOT.glob("layers/*/requirements.lock"),
    }


def test_the_locks_are_for_every_python_that_the_project_takes() -> None:
    assert f'requires-python = ">={OLDEST_PYTHON}"' in (ROOT / "pyproject.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("changed", "old", "new", "stale"),
    [
        ("pyproject.toml", '"ruff==', '"ruff==0.', {"venv"}),
        ("pyproject.toml", '"ministack==', '"ministack==9', {"stack"}),
        ("pyproject.toml", '"pip==', '"pip==9', {"venv", "stack", "sam", "checkov"}),
        ("layers/scorer/requirements.txt", "pydantic==", "pydantic==9", {"scorer", "venv"}),
        ("layers/connectors/requirements.txt", "requests==", "requests==9", {"connectors", "venv"}),
        ("pyproject.toml", "line-length = 120", "line-length = 100", set()),
    ],
)
def test_a_changed_requirement_makes_its_locks_stale(
    project: Path, changed: str, old: str, new: str, stale: set[str]
) -> None:
    # GIVEN a changed requirement and an unchanged lock
    text = (project / changed).read_text("utf-8")
    assert old in text
    (project / changed).write_text(text.replace(old, new, 1))
    # WHEN the locks are checked
    found = {}
    for name, lock in LOCKS.items():
        try:
            lock.check(project)
        except StaleLockError as refused:
            found[name] = str(refused)
    # THEN those that it concerns are named, with what changed and what to do
    assert set(found) == stale
    for name, output in found.items():
        assert str(LOCKS[name].path) in output
        assert changed in output
        assert output.endswith("run `make lock`")


def test_an_absent_lock_is_named(project: Path) -> None:
    (project / "locks/sam.txt").unlink()
    with pytest.raises(StaleLockError, match=r"^locks/sam\.txt is absent: run `make lock`$"):
        LOCKS["sam"].check(project)


def test_installing_from_a_stale_lock_ends_in_its_name_and_the_remedy(project: Path) -> None:
    # GIVEN the check that `make install` runs first, and a lock that was written by hand
    (project / "locks/stack.txt").write_text("ministack==1.0\n")
    # WHEN it runs
    with pytest.raises(SystemExit) as ended:
        main(["venv", "stack"], project)
    # THEN nothing is installed
    assert str(ended.value.code).startswith("locks/stack.txt is stale")
