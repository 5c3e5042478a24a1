"""Run by a fresh interpreter in a function's place: loads it up to its first message and prints what that took.

Takes as arguments: the packages that are on this machine and in no deployment, separated by commas, and a property
of the function to build, or "*" for all that its wiring builds. It prints as JSON each module with the one that first
imported it, in order, the AWS clients that were made, and how many sessions made them.
"""

from __future__ import annotations

import json
import sys
from functools import cached_property
from importlib import import_module
from types import FrameType


class Recorder:
    """Stands first among the finders of modules: it sees each import once, and finds nothing."""

    def __init__(self, absent: set[str]) -> None:
        self.importers: dict[str, str] = {}
        self._absent = absent

    def find_spec(self, name: str, *_place: object) -> None:
        """Note who imports `name`. Raises ModuleNotFoundError for what a deployment does not have."""
        if name.partition(".")[0] in self._absent:
            raise ModuleNotFoundError(f"{name} is not deployed", name=name)
        self.importers.setdefault(name, _importer(sys._getframe(1)))


def _importer(frame: FrameType | None) -> str:
    while frame and str(frame.f_globals.get("__name__")).partition(".")[0] == "importlib":
        frame = frame.f_back
    return str(frame.f_globals.get("__name__")) if frame else ""


def main(absent: str, wanted: str) -> None:
    """Load the function, and print."""
    recorder = Recorder(set(absent.split(",")))
    sys.meta_path.insert(0, recorder)
    clients: list[str] = []
    sessions: list[object] = []
    app = import_module("app")

    if "boto3" in sys.modules:
        _note_clients(sys.modules["boto3"].session.Session, clients, sessions)
    function = app.function
    assert function.settings
    for name in _built_by_wiring(type(function)) if wanted == "*" else [wanted]:
        getattr(function, name)
    loaded = {name: importer for name, importer in recorder.importers.items() if name in sys.modules}
    print(json.dumps({"modules": loaded, "clients": clients, "sessions": len(sessions)}))


def _note_clients(session: type, clients: list[str], sessions: list[object]) -> None:
    make = session.client  # type: ignore[attr-defined]

    def noting(self: object, service_name: str, *given: object, **named: object) -> object:
        clients.append(service_name)
        if self not in sessions:
            sessions.append(self)
        return make(self, service_name, *given, **named)

    session.client = noting  # type: ignore[attr-defined]


def _built_by_wiring(function: type) -> list[str]:
    own = [vars(kind) for kind in function.__mro__ if kind.__module__ == "wiring"]
    return [name for fields in own for name, value in fields.items() if isinstance(value, cached_property)]


if __name__ == "__main__":
    main(*sys.argv[1:])
