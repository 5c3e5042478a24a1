"""One import at a time into a data source: two at once would each make the accounts that neither has seen."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from customer_success.errors import Unavailable


@contextmanager
def import_lock(source_id: str) -> Iterator[None]:
    """Keep other imports into this data source, on this machine, from beginning. The lock goes with the process.

    Raises `Unavailable` while another holds it.
    """
    descriptor = _opened(Path(tempfile.gettempdir(), f"notion-import-{source_id.replace('-', '').lower()}.lock"))
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Unavailable(
                "another import into this database is running on this machine: wait for it to end"
            ) from error
        yield
    finally:
        os.close(descriptor)


def _opened(path: Path) -> int:
    """The file is never removed: otherwise two imports could hold two files of one name."""
    try:
        # Another user's file can be locked as well, but in a sticky folder not be opened as one to be made.
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CREAT, 0o644)
