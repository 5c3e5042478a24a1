"""The inbox: what a file's place says of it, and what becomes of it. Every file gets a result that a person finds."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Protocol, get_args

from pydantic import TypeAdapter, ValidationError

from customer_success.errors import Refused
from customer_success.signals.ingest import Delivery, Ingest, Ingested
from customer_success.signals.lines import MODELS, Kind, Source
from customer_success.signals.records import MOST_BYTES, records

FOLDER, RESULTS = "in/", "results/"
SNAPSHOT = "snapshot"
KINDS: tuple[Kind, ...] = get_args(Kind)
PEOPLE_ONLY: frozenset[Kind] = frozenset({"outcomes"})
"""What became of a contract is not for a feed to say, but for who holds a grant of their own."""

logger = logging.getLogger(__name__)


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


@dataclass(frozen=True, slots=True)
class TakeFile:
    """The job: takes one file of the inbox in, and writes its result beside the inbox."""

    files: Files
    ingest: Ingest
    count: Callable[[Ingested], None] = lambda _: None

    def __call__(self, key: str) -> Ingested:
        """Take a file in. Raises `Refused` once its result says why it was not taken, and `Unavailable`."""
        try:
            place = place_of(key)
            with self.files.open(key) as file:
                if file.size > MOST_BYTES:
                    raise Refused(f"the file has {file.size:,} bytes, at most {MOST_BYTES:,} are read at once")
                delivery = Delivery(
                    place.kind, place.source, key, file.arrived_at, file.content_hash, snapshot=place.snapshot
                )
                done = self.ingest(delivery, records(file.content, MODELS[place.kind]))
        except Refused as refused:
            self.files.write(result_key(key), _json({"file": key, "status": "refused", "reason": str(refused)}))
            raise
        self.files.write(result_key(key), _json(result_of(done)))
        return done


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
        raise Refused(f"{key!r}: {kind!r} is no kind of file: one of {', '.join(KINDS)}")
    if kind in PEOPLE_ONLY:
        raise Refused(f"{key!r}: {kind} are not taken from files: send them to POST /observations")
    try:
        source = _SOURCE.validate_python(source)
    except ValidationError as error:
        raise Refused(f"{key!r}: {source!r} is no name of a source: letters, digits, '-' and '_'") from error
    return Place(kind, source, SNAPSHOT in parts[2:-1])


def result_key(key: str) -> str:
    """Where the result of a file lies: outside of the folder that is watched, under the file's own path."""
    return f"{RESULTS}{key.removeprefix(FOLDER)}.json"


def result_of(done: Ingested) -> dict[str, Any]:
    """A result as it is written: counts, and of what was refused the line, field and bound. No value of a person."""
    return {
        "file": done.name,
        "status": "accepted" if not done.refused else "accepted in part" if done.accepted else "refused",
        "kind": done.kind,
        "source": done.source,
        "lines": done.lines,
        "accepted": done.accepted,
        "refused": done.refused,
        "accounts": done.accounts,
        "joined": done.joined,
        "changed": done.changed,
        "refusals": [{"line": refusal.number, "reason": refusal.reason} for refusal in done.refusals],
        "unjoined": list(done.unjoined),
    }


_SOURCE = TypeAdapter(Source)


def _json(result: dict[str, Any]) -> str:
    return json.dumps(result, indent=2, ensure_ascii=False) + "\n"
