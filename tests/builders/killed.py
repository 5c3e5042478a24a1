"""At which of its writes a job is killed: `make test` takes some of them, `make test-slow` every one."""

from __future__ import annotations

from typing import Any

import pytest


def at_every(some: int) -> Any:
    """Parametrises a test with `step`, the distance from one write to the next: `some`, and 1 where that may take long.

    `some` has no divisor in common with what a job writes for each account, so that it meets each kind of write.
    """
    every = pytest.param(1, marks=pytest.mark.slow, id="at every write")
    return pytest.mark.parametrize("step", [pytest.param(some, id="at some writes"), every])
