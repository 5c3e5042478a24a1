"""What `make ingest` is asked for: a file, whose it is, and whether it is complete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from customer_success.errors import Refused
from customer_success.reading.errors import UnreadableTableError
from customer_success.signals.inbox import FILE_KINDS, FOLDER, SNAPSHOT, place_of
from customer_success.signals.records import MOST_BYTES
from local.ingest.mapped import mapped_file

LONGEST_NAME = 100
"""Bytes of the file's own name that go into its key."""


class AskedWronglyError(Exception):
    """What is asked for is missing or wrong; the text names the variable."""


@dataclass(frozen=True, slots=True)
class FileAsked:
    """A file to be taken in. `folder` is its place in the inbox."""

    path: Path
    folder: str

    def key(self, mark: str) -> str:
        """Where the file is put; `mark` keeps it apart from others of the same name."""
        name = self.path.name.encode("utf-8", "replace")[:LONGEST_NAME].decode("utf-8", "ignore")
        return f"{self.folder}{mark}-{name}"


def read_asked(given: Mapping[str, str]) -> FileAsked:
    """The file that FILE, KIND, SOURCE, SNAPSHOT and MAP name. Raises `AskedWronglyError`."""
    file, kind, source = (given.get(name, "").strip() for name in ("FILE", "KIND", "SOURCE"))
    if not file:
        raise AskedWronglyError("FILE is missing: name the file to take in, as in FILE=usage.csv")
    if not kind:
        raise AskedWronglyError(f"KIND is missing: one of {', '.join(FILE_KINDS)}")
    if not source:
        raise AskedWronglyError("SOURCE is missing: name the tool that the file is from, as in SOURCE=product")
    _check("KIND", kind, f"{FOLDER}{kind}/source/file")
    _check("SOURCE", source, f"{FOLDER}usage/{source}/file")
    snapshot = given.get("SNAPSHOT", "").strip()
    if snapshot not in ("", "0", "1"):
        raise AskedWronglyError(
            f"SNAPSHOT={snapshot}: expected 1 for a file that is complete for its source, or nothing"
        )
    path = _readable(file)
    if given_map := given.get("MAP", "").strip():
        path = _mapped(path, kind, given_map)
    return FileAsked(path, f"{FOLDER}{kind}/{source}/{f'{SNAPSHOT}/' if snapshot == '1' else ''}")


def _mapped(path: Path, kind: str, given_map: str) -> Path:
    try:
        return mapped_file(path, kind, Path(given_map).read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise AskedWronglyError(
            f"MAP={given_map}: {getattr(error, 'strerror', None) or 'this is not UTF-8'}"
        ) from error
    except UnreadableTableError as error:
        raise AskedWronglyError(f"MAP={given_map}: {error}") from error


def _check(name: str, value: str, key: str) -> None:
    try:
        if "/" in value:
            raise Refused(f"{key}: a name has no '/'")
        place_of(key)
    except Refused as refused:
        raise AskedWronglyError(f"{name}={value}: {str(refused).partition(': ')[2]}") from refused


def _readable(file: str) -> Path:
    path = Path(file)
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise AskedWronglyError(f"FILE={file}: this is no file")
        with path.open("rb"):
            pass
    except OSError as error:
        raise AskedWronglyError(f"FILE={file}: {error.strerror or error}") from error
    if size > MOST_BYTES:
        raise AskedWronglyError(f"FILE={file}: {size:,} bytes, at most {MOST_BYTES:,} are read at once: split it")
    return path
