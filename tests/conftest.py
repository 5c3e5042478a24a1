"""The summary at the end of a test run: the fault matrix, if it was played."""

from __future__ import annotations

import pytest

from tests.builders.matrix_table import MATRIX, Played, matrix_table


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was lost, doubled and wrong, cell by cell."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    found = [dict(report.user_properties).get(MATRIX) for report in reports if report.when == "call"]
    if cells := [Played(*cell) for cell in found if isinstance(cell, list | tuple)]:
        terminalreporter.section("fault matrix")
        for line in matrix_table(cells):
            terminalreporter.write_line(line)
