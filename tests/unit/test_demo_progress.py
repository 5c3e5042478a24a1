"""How far a scan has come, as the demo's line says it."""

from datetime import date

import pytest

from customer_success.scan.run import Run
from customer_success.scan.tally import Tally
from local.demo.progress import how_far

SCANNED = Run("health_scan", date(2026, 3, 2), "x", tally=Tally(read=4, scored=3, inactive=1, pages_changed=3))


@pytest.mark.parametrize(
    ("written", "wait", "expected"),
    [
        (1, True, (1, 3)),
        (3, True, (3, 3)),
        (2, False, (2, 2)),
        (9, True, (3, 3)),
        (9, False, (3, 3)),
    ],
    ids=["under way", "all written", "one showed it already", "with records of offers", "with records, at the end"],
)
def test_pages_are_those_of_accounts_beside_any_other_text(written: int, wait: bool, expected: tuple[int, int]) -> None:
    assert how_far(SCANNED, (), 4, written, pages_wait=wait).parts["pages"] == expected


def test_before_the_run_there_is_nothing_to_say_of_pages() -> None:
    assert how_far(None, (), 4, 0, pages_wait=True).parts["pages"] == (0, 0)
