"""Files that are made from the code and the template: written, or only compared, to report a stale one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path


class NotMadeError(Exception):
    """The file cannot be made; the text says what is missing."""


def generated(file: Path, make: Callable[[], str], target: str, arguments: Sequence[str]) -> int:
    """Write the file, or with `--check` only compare it: 1 if it is stale or cannot be made, 2 for other arguments.

    `target` is what `make` calls it.
    """
    if list(arguments) not in ([], ["--check"]):
        print(f"make {target}, or its module with [--check]", file=sys.stderr)
        return 2
    try:
        made = make()
    except NotMadeError as error:
        print(error, file=sys.stderr)
        return 1
    if not arguments:
        file.write_text(made, "utf-8")
    elif not file.exists() or file.read_text("utf-8") != made:
        print(f"docs/{file.name} is stale: run make {target}", file=sys.stderr)
        return 1
    return 0
