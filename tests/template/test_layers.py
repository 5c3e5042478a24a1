"""A layer that would be slow, too large or not what was locked is not built, and the build says what to do."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.locks import LAYERS
from tests.template.byte_code import byte_code_faults
from tests.template.cloud import ROOT

TAG = str(sys.implementation.cache_tag)
MAGIC = importlib.util.MAGIC_NUMBER


@pytest.fixture(params=LAYERS)
def layer(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A layer's Makefile, requirements and lock, without any code."""
    folder = tmp_path / str(request.param)
    folder.mkdir()
    for file in filter(Path.is_file, (ROOT / "layers" / folder.name).iterdir()):
        shutil.copy(file, folder)
    return folder


def test_the_layers_makefiles_check_the_same() -> None:
    # GIVEN that each layer is built from its own folder alone, so that nothing can be shared
    checks = {
        (ROOT / "layers" / name / "Makefile").read_text("utf-8").partition("\n# From here on")[2] for name in LAYERS
    }
    assert len(checks) == 1
    assert "fresh-lock:" in checks.pop()


def test_another_python_than_the_runtimes_builds_no_layer(layer: Path) -> None:
    text = refused(layer, build_of(layer), "RUNTIME=3.99")
    assert f"{layer.name} layer: {sys.executable} cannot make byte code for python3.99" in text
    assert "put Python 3.99 on the PATH" in text


def test_a_layer_for_this_machine_is_built_by_any_python(layer: Path) -> None:
    assert make(layer, "right-python", "RUNTIME=3.99", "PLATFORM=").returncode == 0


def test_a_stale_lock_builds_no_layer(layer: Path) -> None:
    # GIVEN a requirement that the lock does not know
    (layer / "requirements.txt").write_text("left-pad==1.0\n")
    # THEN the build names the layer, the file and the remedy
    text = refused(layer, build_of(layer), "PLATFORM=")
    assert f"{layer.name} layer: requirements.lock is stale" in text
    assert "run `make lock`" in text


def test_a_layer_over_its_budget_is_refused(layer: Path, tmp_path: Path) -> None:
    # GIVEN a layer of two megabytes
    library = tmp_path / "built/python/library.py"
    library.parent.mkdir(parents=True)
    library.write_bytes(b"#" * 2_000_000)
    # THEN a budget of one names it, and one of three does not
    text = refused(layer, "within-budget", f"ARTIFACTS_DIR={tmp_path}/built", "BUDGET_MB=1")
    assert f"{layer.name} layer: 2.0 MB unzipped, of 1" in text
    assert f"{layer.name} layer: it is over its budget of 1 MB" in text
    assert "drop a package" in text
    assert make(layer, "within-budget", f"ARTIFACTS_DIR={tmp_path}/built", "BUDGET_MB=3").returncode == 0


def test_a_layer_is_compiled_so_that_no_date_matters(layer: Path, tmp_path: Path) -> None:
    # GIVEN a module with byte code of another day
    module = tmp_path / "built/python/package/module.py"
    module.parent.mkdir(parents=True)
    module.write_text("ANSWER = 42\n")
    (module.parent / "__pycache__").mkdir()
    (module.parent / "__pycache__/stray.cpython-27.pyc").write_bytes(b"old")
    # WHEN the layer is compiled
    assert make(layer, "byte-code", f"ARTIFACTS_DIR={tmp_path}/built").returncode == 0
    # THEN it has byte code without a date, of the place from which Lambda loads it, and nothing else is there
    assert list(byte_code_faults(tmp_path / "built", TAG, MAGIC)) == []
    (compiled,) = (tmp_path / "built").rglob("*.pyc")
    assert b"/opt/python/package/module.py" in compiled.read_bytes()


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        ([], "has no byte code"),
        (["--invalidation-mode", "timestamp"], "is compared with its source's date"),
        (["--invalidation-mode", "checked-hash"], "is compared with its source's date"),
    ],
)
def test_missing_or_dated_byte_code_is_found(tmp_path: Path, command: list[str], fault: str) -> None:
    (tmp_path / "module.py").write_text("")
    if command:
        subprocess.run([sys.executable, "-m", "compileall", "-q", *command, tmp_path], check=True)
    (found,) = byte_code_faults(tmp_path, TAG, MAGIC)
    assert f"module.py {fault}" in found or fault in found
    assert "build the layer by its Makefile" in found


def test_byte_code_of_another_python_is_found(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("")
    subprocess.run(
        [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", tmp_path], check=True
    )
    (found,) = byte_code_faults(tmp_path, TAG, b"\0\0\r\n")
    assert "module.py has byte code of another Python" in found


def build_of(layer: Path) -> str:
    return f"build-{layer.name.capitalize()}Layer"


def refused(layer: Path, *words: str) -> str:
    """What `make` says when it ends with an error."""
    done = make(layer, *words)
    assert done.returncode != 0
    return done.stdout


def make(layer: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = ["make", "--directory", layer, f"PYTHON={sys.executable}", *words]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
