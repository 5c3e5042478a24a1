"""The inbox in S3: opens what was put there, and writes results beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import IO, TYPE_CHECKING, Self, cast
from urllib.parse import unquote_plus

from botocore.exceptions import ClientError, IncompleteReadError
from pydantic import BaseModel, ConfigDict, Field, model_validator

from customer_success.aws.errors import code_of, translated
from customer_success.errors import Removed, Unavailable
from customer_success.signals.inbox import OpenFile

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


TEST_EVENT = "s3:TestEvent"


class _Object(BaseModel):
    key: str


class _Entity(BaseModel):
    object: _Object


class _Record(BaseModel):
    s3: _Entity


class ObjectsCreated(BaseModel):
    """A notification of S3. The one that it sends when it is set up, `s3:TestEvent`, names no object."""

    model_config = ConfigDict(extra="ignore")

    records: list[_Record] = Field(default=[], alias="Records")
    event: str = Field(default="", alias="Event")

    @model_validator(mode="after")
    def _of_s3(self) -> Self:
        if not self.records and self.event != TEST_EVENT:
            raise ValueError(f"Records: names no object, and Event is not {TEST_EVENT}")
        return self

    @property
    def keys(self) -> list[str]:
        """The files' keys, decoded: S3 sends them as they stand in a URL, with '+' for a space.

        A key that ends in '/' is a folder that a person made in the console.
        """
        keys = [unquote_plus(record.s3.object.key) for record in self.records]
        return [key for key in keys if not key.endswith("/")]


class S3Files:
    """`Files` in a bucket."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket
        self._where = f"bucket {bucket!r}"

    @contextmanager
    def open(self, key: str) -> Iterator[OpenFile]:
        with translated(self._where):
            try:
                found = self._client.get_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if code_of(error) in ("NoSuchKey", "404"):
                    raise Removed(f"{self._where}: {key!r} is not there any more") from error
                raise
            # As a context manager the body hands out the bare connection, which neither counts nor translates.
            with closing(found["Body"]) as body, _whole(self._where, key):
                yield OpenFile(
                    cast("IO[bytes]", body), found["ContentLength"], found["LastModified"], found["ETag"].strip('"')
                )

    def write(self, key: str, text: str) -> None:
        with translated(self._where):
            self._client.put_object(
                Bucket=self._bucket, Key=key, Body=text.encode("utf-8", "replace"), ContentType="application/json"
            )


@contextmanager
def _whole(where: str, key: str) -> Iterator[None]:
    """A connection that ends early is a passing fault: the file is not shorter than it was."""
    try:
        yield
    except IncompleteReadError as error:
        raise Unavailable(f"{where}: {key!r} was not read to its end: {error}") from error
