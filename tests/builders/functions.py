"""Functions as Lambda loads them: each with its own folder first on the path."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

FUNCTIONS = Path(__file__).parents[2] / "functions"


def app_of(name: str) -> ModuleType:
    """The `app.py` of a function, loaded anew with the `wiring.py` beside it."""
    folder = FUNCTIONS / name
    spec = importlib.util.spec_from_file_location(f"{name}_app", folder / "app.py")
    assert spec
    assert spec.loader
    app = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(folder))
    try:
        spec.loader.exec_module(app)
    finally:
        sys.path.remove(str(folder))
        # Every function has a module of that name.
        sys.modules.pop("wiring", None)
    return app
