"""One score taken apart: what each signal earns and costs, the caps, and the sum that makes 100."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table

from customer_success.accounts.row import AccountRow
from customer_success.schemas import CSMHealthScore
from customer_success.scoring.health_status import Point
from customer_success.scoring.scorecard import DEFAULT_SCORECARD, FULL_SCORE, LABELS, Signal
from customer_success.scoring.words import driver_words
from local.demo.report.words import COLOUR_STYLES


def most_telling(accounts: Iterable[tuple[AccountRow, Point]]) -> tuple[AccountRow, Point] | None:
    """The account whose score shows most: the worst of those with caps, else the worst."""
    accounts = list(accounts)
    return next((each for each in accounts if each[1].score.caps), next(iter(accounts), None))


def anatomy(score: CSMHealthScore) -> Table:
    """The score as a table, in the order of what each signal costs.

    A signal that drops out leaves its weight to the others, so that the weights add up to 100 in any case.
    """
    lost = sum(driver.points_lost for driver in score.drivers)
    table = Table(box=None, padding=(0, 2, 0, 0), show_footer=True, header_style="dim", footer_style="bold")
    table.add_column("signal", "together")
    table.add_column("as it stands", f"{score.score:.1f} + {lost:.1f} = {score.score + lost:.1f}")
    table.add_column("weight", f"{FULL_SCORE:.1f}", justify="right")
    table.add_column("earns", f"{score.score:.1f}", justify="right", footer_style=COLOUR_STYLES[score.rag])
    table.add_column("loses", f"{lost:.1f}", justify="right")
    signals: dict[str, Signal] = {signal.key: signal for signal in DEFAULT_SCORECARD.signals}
    for driver in score.drivers:
        if (signal := signals.get(driver.key)) is None:
            continue
        label, unknown = LABELS[driver.key], signal.key in score.unknown
        if unknown and signal.may_drop_out:
            table.add_row(label, "unknown, counts neither way", "", "", "", style="dim")
        else:
            earned = score.signal_breakdown[signal.key] * score.scale
            value = (
                f"unknown, earns {earned:.1f} of {signal.weight * score.scale:.1f}" if unknown else driver_words(driver)
            )
            table.add_row(
                label, value, f"{signal.weight * score.scale:.1f}", f"{earned:.1f}", _lost(driver.points_lost)
            )
    for cap in score.caps:
        table.add_row(
            LABELS[cap.name], f"{cap.value}: × {cap.factor:.2f}", "", f"−{cap.points_lost:.1f}", _lost(cap.points_lost)
        )
    return table


def _lost(points: float) -> str:
    return f"{points:.1f}" if points else ""
