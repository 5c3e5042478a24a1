"""A file of the team's own form, turned into lines of a feed by its MAP before it is brought in."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp

from customer_success.reading.errors import UnreadableTableError
from customer_success.reading.tool_exports import FIELDS, tool_export
from customer_success.reading.words import plain
from local.reading.files import read_table


def mapped_file(path: Path, kind: str, given: str) -> Path:
    """A file of the kind's own columns, made of a file of any form by a map. Raises `UnreadableTableError`."""
    named = {plain(field) for field in FIELDS.get(kind, ())} | {
        plain(line.partition("=")[0].strip(" \"'")) for line in given.splitlines() if "=" in line
    }

    def known(headings: Sequence[str]) -> int:
        return sum(1 for heading in headings if plain(heading) in named)

    table = read_table(path, known)
    export = tool_export(table.headings, kind, given)
    fields = sorted({field for field in export.columns if field}) if export else []
    if export is None or not fields:
        raise UnreadableTableError(f"{path}: the map names no column of it")
    lines = (export.line([str(cell) for cell in line.cells]) for line in table.lines)
    made = Path(mkdtemp()) / f"{path.stem}.csv"
    with made.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fields, lineterminator="\n")
        writer.writeheader()
        writer.writerows(line for line in lines if line is not None)
    return made
