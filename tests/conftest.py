"""How many examples a property is tried with, and the summary at the end of a run: the fault matrix, if played."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.builders.matrix_table import MATRIX, Played, matrix_table

# Every day the same few, so that a change alone can make them fail; `make test-slow` looks further, at random.
settings.register_profile("ci", max_examples=50, deadline=None, derandomize=True, database=None)
settings.register_profile("slow", max_examples=200, deadline=None)
settings.load_profile("ci")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was lost, doubled and wrong, cell by cell."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    found = [dict(report.user_properties).get(MATRIX) for report in reports if report.when == "call"]
    if cells := [Played(*cell) for cell in found if isinstance(cell, list | tuple)]:
        terminalreporter.section("fault matrix")
        for line in matrix_table(cells):
            terminalreporter.write_line(line)
