"""What a function's first call costs before its handler runs, and how much it ships."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from rich.console import Console

from local.stack.template import read_template
from tests.benchmarks.figures import Promise, show
from tests.benchmarks.functions import ROOT, Function, deployed_functions, secrets_manager, unzipped_layers

LARGEST_DEPLOYMENT = 250.0
"""MB that Lambda takes, all layers and the function together, unzipped."""
WORK = {
    "health_scan": "scan",
    "notion_sync": "sync",
    "contract_check": "check",
    "plan_qbrs": "plan",
    "generate_qbr": "review",
    "track_feature_adoption": "track",
    "check_expansion": "check",
    "sales_handoff": "hand_off",
    "api": "_resolver",
}
"""What a function builds at its first message, where that is not its `channel`."""


@dataclass(frozen=True, slots=True)
class Size:
    """How often each function is started; all of them, unless some are named."""

    rounds: int = 5
    names: tuple[str, ...] = ()


QUICK = Size(rounds=1, names=("health_scan", "alert_chat", "api"))
IMPORT, SETTINGS, CLIENTS = "import app", "import app; app.function.settings", "import app; app.function.{}"


def run(console: Console, size: Size = Size()) -> list[Promise]:
    """Build the layers as the local deployment does, and start every function afresh several times."""
    with TemporaryDirectory() as scratch, secrets_manager() as endpoint:
        folder = Path(scratch)
        template = read_template(ROOT / "template.yaml")
        layers = unzipped_layers(template, folder)
        empty, functions = deployed_functions(template, layers, folder, endpoint)
        started = [function for function in functions if not size.names or function.name in size.names]
        _show_starts(console, empty, started, size.rounds)
        return _show_sizes(console, layers)


def _show_starts(console: Console, empty: Function, functions: list[Function], rounds: int) -> None:
    idle: list[float] = []
    imported: dict[str, list[float]] = {function.name: [] for function in functions}
    ready: dict[str, list[float]] = {function.name: [] for function in functions}

    for _ in range(rounds):
        idle.append(empty.start(IMPORT))
        for function in functions:
            imported[function.name].append(function.start(SETTINGS))
            ready[function.name].append(function.start(CLIENTS.format(WORK.get(function.name, "channel"))))
    show(
        console,
        f"Cold start over that of an empty handler ({median(idle) * 1000:.0f} ms), medians of {rounds}",
        ("function", "imported, settings read", "clients built"),
        [
            (name, _over(imported[name], idle), _over(ready[name], idle))
            for name in (function.name for function in functions)
        ],
        "both from a fresh interpreter on, with byte code, with nothing but the function's own layers on the path",
    )


def _over(times: list[float], idle: list[float]) -> str:
    return f"{median(times) / median(idle):.1f}"


def _show_sizes(console: Console, layers: Mapping[str, Path]) -> list[Promise]:
    sizes = {name: _megabytes(folder) for name, folder in layers.items()}
    rows = [(name, f"{size:.1f} MB") for name, size in sizes.items()]
    total = sum(sizes.values())
    show(
        console,
        "Layers, unzipped, without byte code",
        ("", "size"),
        [*rows, ("together", f"{total:.1f} MB"), ("Lambda's limit", f"{LARGEST_DEPLOYMENT:g} MB")],
    )
    return [
        Promise(
            "layers together, unzipped", f"{total:.1f} MB", f"≤ {LARGEST_DEPLOYMENT:g} MB", total <= LARGEST_DEPLOYMENT
        )
    ]


def _megabytes(folder: Path) -> float:
    files = (file for file in folder.rglob("*") if file.is_file() and file.suffix != ".pyc")
    return sum(file.stat().st_size for file in files) / 1024**2
