"""The inbox: what a file's place says of it, and what becomes of it. Every file gets a result that a person finds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from hashlib import sha256
from typing import IO, ClassVar, Literal, Protocol, get_args

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from customer_success.dataclass import dataclass
from customer_success.errors import Refused
from customer_success.log_privacy import ADDRESS
from customer_success.metrics import Metric
from customer_success.results import IfKnown, JobResult
from customer_success.signals.ingest import Delivery, Ingest, Ingested
from customer_success.signals.kinds import Kind, Source
from customer_success.signals.lines import MODELS
from customer_success.signals.records import MOST_BYTES, records

FOLDER, RESULTS = "in/", "results/"
SNAPSHOT = "snapshot"
CLOSES_NOTHING = "lines were refused, so the file is not complete: what it lacks stays open"
LONGEST_PATH = 1_000
"""Bytes of a result's path without folder and ending: S3 takes keys of 1,024."""
KINDS: tuple[Kind, ...] = get_args(Kind)
PEOPLE_ONLY: frozenset[Kind] = frozenset({"outcomes"})
"""What became of a contract is not for a feed to say, but for who holds a grant of their own."""
FILE_KINDS = tuple(kind for kind in KINDS if kind not in PEOPLE_ONLY)
"""The kinds of which a file may be."""


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file of the inbox that is open for reading. `content_hash` is the same for the same content."""

    content: IO[bytes]
    size: int
    arrived_at: datetime
    content_hash: str


class Files(Protocol):
    """The files of the inbox."""

    def open(self, key: str) -> AbstractContextManager[OpenFile]:
        """Open a file. Raises `Removed` where it is not there any more, and `Unavailable`."""

    def write(self, key: str, text: str) -> None:
        """Write a file, in the place of one with the same key."""


class LineRefusal(BaseModel):
    """Why a line was not taken: each field and its bound."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    line: int
    reason: str


class FileResult(JobResult):
    """What became of a file, as the function logs it and writes it beside the inbox: counts, and of what was refused
    the line, field and bound. No value of a person is in it.
    """

    LOGGED: ClassVar[tuple[str, ...]] = (
        *(
            "file",
            "status",
            "reason",
            "kind",
            "source",
            "lines",
            "accepted",
            "refused",
            "accounts",
            "joined",
            "changed",
        ),
    )

    task_type: Literal["ingest"] = "ingest"
    file: str
    status: Literal["accepted", "accepted in part", "refused"]
    reason: IfKnown[str] = None
    """Why the file as a whole was refused, or why a file that should be complete closed nothing."""
    content_hash: IfKnown[str] = None
    """The ETag of the content that was read."""
    kind: IfKnown[Kind] = None
    source: IfKnown[str] = None
    lines: int = 0
    accepted: int = 0
    refused: int = 0
    accounts: int = 0
    """Keys of accounts that the file names."""
    joined: int = 0
    """Those of them that lead to an account."""
    changed: int = 0
    refusals: tuple[LineRefusal, ...] = ()
    unjoined: tuple[str, ...] = ()
    """Keys that lead to no account, the first of them."""

    def counts(self) -> Mapping[Metric, float]:
        return {
            Metric.FILES_REFUSED if self.status == "refused" else Metric.FILES_ACCEPTED: 1,
            Metric.LINES_ACCEPTED: self.accepted,
            Metric.LINES_REFUSED: self.refused,
        }


@dataclass(frozen=True, slots=True)
class TakeFile:
    """The job: takes one file of the inbox in, and writes its result beside the inbox."""

    files: Files
    ingest: Ingest

    def __call__(self, key: str) -> FileResult:
        """Take a file in. What cannot be read is refused in its result. Raises `Unavailable`."""
        try:
            place = place_of(key)
            with self.files.open(key) as file:
                result = self._take(key, place, file)
        except Refused as refused:
            result = FileResult(file=key, status="refused", reason=str(refused))
        self.files.write(result_key(key), result.model_dump_json(indent=2) + "\n")
        return result

    def _take(self, key: str, place: Place, file: OpenFile) -> FileResult:
        delivery = Delivery(place.kind, place.source, key, file.arrived_at, file.content_hash, snapshot=place.snapshot)
        try:
            if file.size > MOST_BYTES:
                raise Refused(f"the file has {file.size:,} bytes, at most {MOST_BYTES:,} are read at once")
            done = self.ingest(delivery, records(file.content, MODELS[place.kind], place.kind))
        except Refused as refused:
            return FileResult(
                file=key,
                status="refused",
                reason=str(refused),
                content_hash=file.content_hash,
                kind=place.kind,
                source=place.source,
            )
        return _result(done, file.content_hash)


@dataclass(frozen=True, slots=True)
class Place:
    """What the place of a file says of it. A file under a `snapshot` folder is complete for its source."""

    kind: Kind
    source: str
    snapshot: bool


def place_of(key: str) -> Place:
    """What the place of a file says: in/<kind>/<source>/…, complete for its source under …/snapshot/.

    Raises `Refused` for a place that is none.
    """
    parts = key.removeprefix(FOLDER).split("/")
    if not key.startswith(FOLDER) or len(parts) < 3 or not parts[-1]:
        raise Refused(f"{key!r} lies in no place of the inbox: put it under in/<kind>/<source>/, with a name")
    kind, source = parts[0], parts[1]
    if kind not in KINDS:
        raise Refused(f"{key!r}: {kind!r} is no kind of file: one of {', '.join(FILE_KINDS)}")
    if kind in PEOPLE_ONLY:
        raise Refused(f"{key!r}: {kind} are not taken from files: send them to POST /observations/outcomes")
    try:
        source = _SOURCE.validate_python(source)
    except ValidationError as error:
        raise Refused(f"{key!r}: {source!r} is no name of a source: letters, digits, '-' and '_'") from error
    return Place(kind, source, SNAPSHOT in parts[2:-1])


def result_key(key: str) -> str:
    """Where the result of a file lies: outside of the folder that is watched, under the file's own path.

    A path that leaves no room for the ending is cut, and differs from others by its hash.
    """
    path = key.removeprefix(FOLDER)
    if len(path.encode()) > LONGEST_PATH:
        path = f"{path.encode()[: LONGEST_PATH - 65].decode(errors='ignore')}-{sha256(path.encode()).hexdigest()}"
    return f"{RESULTS}{path}.json"


def _result(done: Ingested, content_hash: str) -> FileResult:
    return FileResult(
        file=done.name,
        status="accepted" if not done.refused else "accepted in part" if done.accepted else "refused",
        reason=CLOSES_NOTHING if done.closes_nothing else None,
        content_hash=content_hash,
        kind=done.kind,
        source=done.source,
        lines=done.lines,
        accepted=done.accepted,
        refused=done.refused,
        accounts=done.accounts,
        joined=done.joined,
        changed=done.changed,
        refusals=tuple(LineRefusal(line=refusal.number, reason=refusal.bounds) for refusal in done.refusals),
        unjoined=tuple(ADDRESS.sub(_without_person, key) for key in done.unjoined),
    )


_SOURCE = TypeAdapter[str](Source, config=ConfigDict(defer_build=True))


def _without_person(address: re.Match[str]) -> str:
    """The domain of an address, by which its account could be found."""
    return f"…@{address[0].rpartition('@')[2]}"
