"""`python -m tests.benchmarks [topic …]`: measures and prints; it ends with 1 if a promise or a topic is broken."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Mapping
from functools import partial

from rich.console import Console

from tests.benchmarks import api, cold_start, feeds, growth, handoffs, notion_limit, reading, reviews, scoring, trends
from tests.benchmarks.figures import Promise, show_promises

Topic = Callable[[Console], list[Promise]]

TOPICS: Mapping[str, Topic] = {
    "growth": growth.run,
    "notion_limit": notion_limit.run,
    "scoring": scoring.run,
    "reviews": reviews.run,
    "handoffs": handoffs.run,
    "api": api.run,
    "feeds": feeds.run,
    "trends": trends.run,
    "reading": reading.run,
    "cold_start": cold_start.run,
}
QUICK: Mapping[str, Topic] = {
    "growth": partial(growth.run, size=growth.QUICK),
    "notion_limit": partial(notion_limit.run, size=notion_limit.QUICK),
    "scoring": partial(scoring.run, size=scoring.QUICK),
    "reviews": partial(reviews.run, size=reviews.QUICK),
    "handoffs": partial(handoffs.run, size=handoffs.QUICK),
    "api": partial(api.run, size=api.QUICK),
    "feeds": partial(feeds.run, size=feeds.QUICK),
    "trends": partial(trends.run, size=trends.QUICK),
    "reading": partial(reading.run, size=reading.QUICK),
    "cold_start": partial(cold_start.run, size=cold_start.QUICK),
}
"""Each topic so small that it takes seconds: that it runs is all that its figures say."""
WIDTH = 120


def main(wanted: list[str], console: Console, topics: Mapping[str, Topic] = TOPICS) -> int:
    """Run the topics wanted, all if none is named. One that breaks off hides none of the others."""
    if unknown := [topic for topic in wanted if topic not in topics]:
        print(f"{', '.join(unknown)}: no such topic; there are {', '.join(topics)}", file=sys.stderr)
        return 1
    promises: list[Promise] = []
    broken_off: list[str] = []
    for topic in wanted or topics:
        try:
            promises += topics[topic](console)
        except Exception:  # noqa: BLE001 - the figures of the other topics are worth having
            traceback.print_exc()
            broken_off.append(topic)
    show_promises(console, promises)
    if broken_off:
        print(f"broken off, see above: {', '.join(broken_off)}", file=sys.stderr)
    return 0 if not broken_off and all(promise.holds for promise in promises) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Console(width=WIDTH)))
