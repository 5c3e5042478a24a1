"""Every cell is what it is, or unknown: a table of columns in four languages, through the layer's reader and this
machine's.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from customer_success.reading.accounts import Asked, Reading, read_accounts
from local.reading.files import read_table
from tests.builders.reading_cells import COLUMNS, RUN_DATE, ColumnCase, read


def test_the_table_is_large_and_in_four_languages() -> None:
    assert len(COLUMNS) >= 60
    assert sum(len(case.cells) for case in COLUMNS) >= 200
    assert {case.language for case in COLUMNS} == {"en", "de", "fr", "es"}


@pytest.mark.parametrize("case", COLUMNS, ids=str)
def test_the_layers_reader_reads_the_column(case: ColumnCase) -> None:
    assert_as_it_should_be(read(case.text), case)


@pytest.mark.parametrize("case", COLUMNS, ids=str)
def test_the_reader_of_this_machine_reads_the_same(case: ColumnCase, tmp_path: Path) -> None:
    path = tmp_path / "book.csv"
    path.write_text(case.text, encoding="utf-8")
    assert_as_it_should_be(read_accounts(read_table(path), Asked(RUN_DATE)), case)


def assert_as_it_should_be(reading: Reading, case: ColumnCase) -> None:
    assert [account.values.get(case.name) for account in reading.accounts] == [value for _, value in case.cells]
    reasons = [column.reason for column in reading.refused if column.heading == case.heading]
    if case.refused:
        assert case.refused in " ".join(reasons)
    else:
        assert reasons == []
