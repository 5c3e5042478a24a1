"""`python -m tests.benchmarks [topic …]`: measures, prints, and ends with 1 if a promise is broken."""

from __future__ import annotations

import sys

from rich.console import Console

from tests.benchmarks import api, cold_start, growth, handoffs, pace, reviews, scoring
from tests.benchmarks.figures import show_promises

TOPICS = {
    "growth": growth.run,
    "pace": pace.run,
    "scoring": scoring.run,
    "reviews": reviews.run,
    "handoffs": handoffs.run,
    "api": api.run,
    "cold_start": cold_start.run,
}
WIDTH = 120


def main(wanted: list[str]) -> int:
    """Run the topics wanted, all if none is named."""
    console = Console(width=WIDTH)
    promises = [promise for topic in wanted or TOPICS for promise in TOPICS[topic](console)]
    show_promises(console, promises)
    return 0 if all(promise.kept for promise in promises) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
