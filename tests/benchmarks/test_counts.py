"""The counts that are promises, at 1,000 accounts, and the scores that are compared."""

from __future__ import annotations

import random
from pathlib import Path

from tests.benchmarks.growth import count_promises
from tests.benchmarks.scan_cost import measure
from tests.benchmarks.scoring import accounts, require_same_scores


def test_requests_writes_and_calls_stay_within_what_is_promised(tmp_path: Path) -> None:
    # GIVEN a book of 1,000 accounts, of which 3 in 100 change on the second day
    # WHEN it is scanned on two days, and the pages that changed are written
    days = measure(1_000, tmp_path)
    # THEN no promise is broken
    promises = count_promises(days)
    assert len(promises) == 10
    assert [promise for promise in promises if not promise.holds] == []


def test_the_plain_way_that_ours_is_compared_with_gives_the_same_scores() -> None:
    require_same_scores(accounts(random.Random(1), count=500))
