"""Turns the template's functions and layers into zips, for the Python that runs them here."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.stack.template import Template, resources_with_code

# Every file gets this date, so that the same content makes the same zip.
EPOCH = (1980, 1, 1, 0, 0, 0)
CACHE = "__pycache__"


class BuildError(Exception):
    """A layer could not be built; the text has the step that failed and its output."""


def build(template: Template, root: Path, cache: Path, python: Path) -> dict[str, Path]:
    """Builds every function and layer of `template`.

    A layer's dependencies are installed once and reused until their sources change; the project's
    own code is copied afresh each time.

    Args:
        template: the template that lies in `root`.
        root: the folder that its paths start from.
        cache: where built layers and zips stay between runs.
        python: the interpreter that will run the functions, with pip.

    Returns:
        The zip of each resource by logical id; its name changes with its content.

    Raises:
        BuildError: a layer's make target failed, or there is a syntax error in it.
    """
    zips = {}
    with _alone_in(cache):
        for name, code_property, folder in resources_with_code(template):
            source, built = root / folder, cache / name
            if code_property == "ContentUri":
                _build_layer(name, source, built, python)
            else:
                _copy(source, built)
            zips[name] = _zip(built, cache / "zips", name)
    return zips


@contextmanager
def _alone_in(cache: Path) -> Iterator[None]:
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build_layer(name: str, source: Path, built: Path, python: Path) -> None:
    """Files in the layer's folder say what is installed; the folders in it are the project's own code."""
    stamp = built.with_suffix(".made-from")
    made_from = _fingerprint(source, python)
    if not stamp.exists() or stamp.read_text() != made_from:
        stamp.unlink(missing_ok=True)
        shutil.rmtree(built, ignore_errors=True)
        _make_layer(name, source, built, python)
        stamp.write_text(made_from)
    for package in filter(Path.is_dir, source.iterdir()):
        if package.name != CACHE:
            copy = built / "python" / package.name
            _copy(package, copy)
            _compile(copy, python)


def _copy(source: Path, copy: Path) -> None:
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns(CACHE))


def _make_layer(name: str, source: Path, built: Path, python: Path) -> None:
    # PLATFORM is emptied: the layer is for this machine, not for Lambda's.
    settings = [f"ARTIFACTS_DIR={built.resolve()}", f"PYTHON={python}", "PLATFORM="]
    _run("make", "--directory", str(source), f"build-{name}", *settings)


def _compile(folder: Path, python: Path) -> None:
    # A worker finds its layers with new dates each time: only byte code that looks at no date is used again.
    _run(str(python), "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(folder))


def _run(*command: str) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise BuildError(f"`{' '.join(command)}` failed:\n{done.stdout.strip()}")


def _fingerprint(source: Path, python: Path) -> str:
    version = [str(python), "-c", "import platform, sys; print(sys.version, platform.platform())"]
    digest = hashlib.sha256(subprocess.run(version, capture_output=True, check=True).stdout)
    for file in sorted(filter(Path.is_file, source.iterdir())):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _zip(folder: Path, into: Path, name: str) -> Path:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(folder)}\0{file.stat().st_size}\0".encode() + file.read_bytes())
    path = into / f"{name}-{digest.hexdigest()[:16]}.zip"
    if not path.exists():
        into.mkdir(exist_ok=True)
        for outdated in into.glob(f"{name}-*.zip"):
            outdated.unlink()
        _write_zip(path, folder, files)
    return path


def _write_zip(path: Path, folder: Path, files: list[Path]) -> None:
    unfinished = path.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for file in files:
            entry = zipfile.ZipInfo(str(file.relative_to(folder)), EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)
    unfinished.rename(path)
