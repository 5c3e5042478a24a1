"""The fault matrix as it is printed."""

from __future__ import annotations

from tests.builders.matrix_table import Played, matrix_table


def test_the_table_has_a_row_for_each_fault_and_sums_all_cells() -> None:
    cells = [
        Played("Gmail", "500", 0, 0, 0, 0, 0),
        Played("Slack", "500", 1, 0, 2, 0, 0),
        Played("Slack", "429", 0, 3, 0, 4, 5),
    ]
    assert list(matrix_table(cells)) == [
        "     Gmail  Slack",
        "429         0/3/0",
        "500  0/0/0  1/0/2",
        "3 cells: lost 1, doubled 3, wrong 2",
        "differences that are right to stay: 4; dead letters brought back: 5",
    ]
