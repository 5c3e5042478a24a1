"""The real template on the embedded stack, with roles and policies enforced, and the vendors' sandbox around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from local.house import House, house

Enter = Callable[[Mapping[str, str]], House]


@pytest.fixture
def enter(tmp_path: Path) -> Iterator[Enter]:
    """Deploys with some parameters of its own; entering again restarts everything on the kept state."""
    with ExitStack() as running:

        def enter_with(parameters: Mapping[str, str]) -> House:
            running.close()
            return running.enter_context(house(tmp_path / "house", parameters))

        yield enter_with


@pytest.fixture
def home(enter: Enter) -> House:
    """A fresh deployment."""
    return enter({})
