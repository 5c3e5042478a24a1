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
CACHES = shutil.ignore_patterns("__pycache__")


class BuildError(Exception):
    """A layer could not be built; the text names it and says what its build said."""


def build(template: Template, root: Path, cache: Path, python: Path) -> dict[str, Path]:
    """Builds every function and layer of `template`.

    A layer's dependencies are installed once and kept until what they are made from changes; the project's
    own code is copied afresh each time.

    Args:
        template: the template that lies in `root`.
        root: the folder that its paths start from.
        cache: where built layers and zips are kept between runs.
        python: the interpreter that will run the functions, with pip.

    Returns:
        The zip of each resource by logical id; its name changes with its content.

    Raises:
        BuildError: a layer's make target failed.
    """
    zips = {}
    with _alone_in(cache):
        for logical_id, code_property, folder in resources_with_code(template):
            source = root / folder
            if code_property == "ContentUri":
                source = _build_layer(logical_id, source, cache / logical_id, python)
            zips[logical_id] = _zip(source, cache / "zips", logical_id)
    return zips


@contextmanager
def _alone_in(cache: Path) -> Iterator[None]:
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build_layer(logical_id: str, source: Path, built: Path, python: Path) -> Path:
    """Files in the layer's folder say what is installed; the folders in it are the project's own code."""
    stamp = built.with_suffix(".made-from")
    made_from = _fingerprint(source, python)
    if not stamp.exists() or stamp.read_text() != made_from:
        stamp.unlink(missing_ok=True)
        shutil.rmtree(built, ignore_errors=True)
        _make_layer(logical_id, source, built, python)
        _compile(built, python)
        stamp.write_text(made_from)
    for package in filter(Path.is_dir, source.iterdir()):
        if package.name != "__pycache__":
            copy = built / "python" / package.name
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(package, copy, ignore=CACHES)
            _compile(copy, python)
    return built


def _make_layer(logical_id: str, source: Path, built: Path, python: Path) -> None:
    # PLATFORM is emptied: the layer is for this machine, not for Lambda's.
    settings = [f"ARTIFACTS_DIR={built.resolve()}", f"PYTHON={python}", "PLATFORM="]
    command = ["make", "--directory", str(source), f"build-{logical_id}", *settings]
    made = subprocess.run(command, capture_output=True, text=True)
    if made.returncode != 0:
        raise BuildError(f"{logical_id}: `{' '.join(command)}` failed:\n{made.stderr.strip()}")


def _compile(folder: Path, python: Path) -> None:
    # A worker unpacks its layers anew, with new dates: only byte code that looks at no date is used again.
    command = [str(python), "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(folder)]
    subprocess.run(command, check=True)


def _fingerprint(source: Path, python: Path) -> str:
    version = [str(python), "-c", "import platform, sys; print(sys.version, platform.platform())"]
    digest = hashlib.sha256(subprocess.run(version, capture_output=True, check=True).stdout)
    for file in sorted(filter(Path.is_file, source.iterdir())):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _zip(folder: Path, into: Path, name: str) -> Path:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and _belongs(path, folder)]
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


def _belongs(path: Path, folder: Path) -> bool:
    """A function's own byte code may be of any Python; that of a layer was made for the one that runs it."""
    return folder.parent.name != "functions" or "__pycache__" not in path.parts


def _write_zip(path: Path, folder: Path, files: list[Path]) -> None:
    unfinished = path.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for file in files:
            entry = zipfile.ZipInfo(str(file.relative_to(folder)), EPOCH)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)
    unfinished.rename(path)
