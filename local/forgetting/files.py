"""The files of the inbox that name an account."""

from __future__ import annotations

import codecs
import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from typing import IO, TYPE_CHECKING, cast

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

OVERLAP, AT_ONCE = 4096, 1024 * 1024
LONGEST_NAMED = 1024**3
"""Bytes up to which a file is unpacked and looked through; one that is longer was refused when it arrived."""
_GZIP = b"\x1f\x8b"


def versions(s3: S3Client, bucket: str) -> Iterator[tuple[str, str]]:
    """Key and version of every file, older versions among them."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for version in page.get("Versions", ()):
            yield version["Key"], version["VersionId"]


def naming(s3: S3Client, bucket: str, names_for: Callable[[str], frozenset[str]]) -> Iterator[tuple[str, str]]:
    """Key and version of the files in which a name stands, as a whole; `names_for` says by which a source's files name
    the account.
    """
    for key, version in versions(s3, bucket):
        wanted = _pattern(names_for(_source_of(key)))
        body = s3.get_object(Bucket=bucket, Key=key, VersionId=version)["Body"]
        if names_in(cast("IO[bytes]", body), wanted):
            yield key, version


def _source_of(key: str) -> str:
    """The source in in/<kind>/<source>/… and in results/<kind>/<source>/…"""
    parts = key.split("/")
    return parts[2].lower() if len(parts) > 3 else ""


@cache
def _pattern(names: frozenset[str]) -> re.Pattern[str]:
    """The names as they are and as JSON has them in ASCII, not within a longer one."""
    spelled = {spelling for name in names for spelling in (name, json.dumps(name)[1:-1])}
    either = "|".join(map(re.escape, sorted(spelled, key=len, reverse=True)))
    return re.compile(rf"(?<![\w-])(?:{either})(?![\w-])")


def names_in(file: IO[bytes], wanted: re.Pattern[str]) -> bool:
    """True if one of the names stands in the file, unpacked if it is compressed."""
    start = file.read(2)
    whole = cast("IO[bytes]", _Joined(start, file))
    plain = cast("IO[bytes]", gzip.GzipFile(fileobj=whole)) if start == _GZIP else whole
    held, left, decoder = "", LONGEST_NAMED, None
    try:
        while left > 0 and (part := plain.read(AT_ONCE)):
            decoder = decoder or codecs.getincrementaldecoder(_encoding(part))("replace")
            left -= len(part)
            held = held[-OVERLAP:] + decoder.decode(part)
            if wanted.search(held):
                return True
    except (EOFError, OSError, zlib.error):
        return False  # a file that is broken was refused, and nothing of it was taken in
    return False


def _encoding(start: bytes) -> str:
    return "utf-16" if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"


class _Joined:
    """A stream whose beginning was read already."""

    def __init__(self, start: bytes, rest: IO[bytes]) -> None:
        self._start, self._rest = start, rest

    def read(self, size: int = -1) -> bytes:
        if self._start:
            part, self._start = self._start, b""
            return part + self._rest.read(max(0, size - len(part)) if size >= 0 else -1)
        return self._rest.read(size)
