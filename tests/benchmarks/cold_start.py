"""What a function's first call costs before its handler runs, and how much it ships."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from rich.console import Console

from local.cold_start.environment import secrets_manager
from local.cold_start.lists import Start, is_ours
from local.stack.template import read_template
from tests.benchmarks.figures import Promise, at_most, show
from tests.benchmarks.functions import ROOT, Function, deployed_functions, unzipped_layers

LARGEST_DEPLOYMENT = 250.0
"""MB that Lambda takes, all layers and the function together, unzipped."""
FLOOR_LIMIT = 1.3
"""A function's start over its own floor: an empty one that imports the same packages and makes the same clients."""
WORK = {
    "health_scan": "agent",
    "notion_sync": "sync",
    "contract_check": "check",
    "plan_qbrs": "plan",
    "generate_qbr": "agent",
    "track_feature_adoption": "agent",
    "check_expansion": "agent",
    "sales_handoff": "hand_off",
    "api": "_resolver",
    "ingest": "take_file",
}
"""What a function builds at its first message, where that is not its `channel`."""


@dataclass(frozen=True, slots=True)
class Size:
    """How often each function is started; all of them, unless some are named."""

    rounds: int = 9
    names: tuple[str, ...] = ()


QUICK = Size(rounds=1, names=("health_scan", "alert_chat", "api"))
IMPORT = "import app"
READY = "import app; app.function.settings; app.function.{}"
STARTED = "\nimport os; os._exit(0)"
"""Ends a start at once: on Lambda, no interpreter clears up after it."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A function's start, in seconds of CPU, beside its floor, measured in turn: other work slows both alike."""

    name: str
    loaded: Start
    ready: tuple[float, ...]
    floor: tuple[float, ...]

    @property
    def over_floor(self) -> float:
        """The median of the rounds' ratios."""
        return median(ready / floor for ready, floor in zip(self.ready, self.floor, strict=True))


def run(console: Console, size: Size = Size()) -> list[Promise]:
    """Build the layers as the local deployment does, and start every function afresh several times."""
    with TemporaryDirectory() as scratch, secrets_manager() as endpoint:
        folder = Path(scratch)
        template = read_template(ROOT / "template.yaml")
        layers = unzipped_layers(template, folder)
        empty, functions = deployed_functions(template, layers, folder, endpoint)
        started = [function for function in functions if not size.names or function.name in size.names]
        return [*_show_starts(console, empty, started, size.rounds), *_show_sizes(console, layers)]


def _show_starts(console: Console, empty: Function, functions: list[Function], rounds: int) -> list[Promise]:
    idle, measured = _measured(empty, functions, rounds)
    show(
        console,
        f"Cold start until the work is built, median of {rounds} (an empty handler: {idle * 1000:.0f} ms)",
        ("function", "over an empty one", "over its own floor", "modules", "of them ours"),
        [
            (
                each.name,
                f"{median(each.ready) / idle:.1f}",
                f"{each.over_floor:.2f}",
                str(len(each.loaded.modules)),
                str(sum(is_ours(name) for name in each.loaded.modules)),
            )
            for each in measured
        ],
        "CPU time of a fresh interpreter with nothing but the function's folder and layers, read-only, with byte code; "
        "its own floor: an empty handler that imports the same modules of others and makes the same AWS clients",
    )
    slowest = max(measured, key=lambda each: each.over_floor)
    return [at_most(f"cold start over its own floor ({slowest.name})", slowest.over_floor, FLOOR_LIMIT)]


def _measured(empty: Function, functions: list[Function], rounds: int) -> tuple[float, list[Measured]]:
    work = {function: READY.format(WORK.get(function.name, "channel")) for function in functions}
    loaded = {function: function.recorded(WORK.get(function.name, "channel")) for function in functions}
    idle: list[float] = []
    ready: dict[Function, list[float]] = defaultdict(list)
    floor: dict[Function, list[float]] = defaultdict(list)
    for _ in range(rounds):
        idle.append(empty.start(IMPORT + STARTED))
        for function in functions:
            ready[function].append(function.start(work[function] + STARTED))
            floor[function].append(function.start(loaded[function].floor + STARTED))
    return median(idle), [
        Measured(each.name, loaded[each], tuple(ready[each]), tuple(floor[each])) for each in functions
    ]


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
