"""`python -m local.cost`: what a month costs, as `make cost ACCOUNTS=5000 MODEL=yes MODEL_PRICE=3,15` asks for it.

The price of the model is that of a million tokens, in and out, in USD.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from local.cost.deployed import Deployed
from local.cost.month import ASSUMPTIONS, Asked, Line, lines
from local.cost.prices import AS_OF
from local.stack.template import read_template

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
DEFAULT_ACCOUNTS = "5000"
MOST_ACCOUNTS = 1_000_000
LEVERS = 3
WIDTH = 100


class AskedWronglyError(Exception):
    """What is asked for is wrong; the text names the variable."""


def main(given: Mapping[str, str], console: Console) -> int:
    """Print the month. 1 with the reason on standard error if what is given is wrong."""
    try:
        asked = asked_for(given)
    except AskedWronglyError as error:
        print(error, file=sys.stderr)
        return 1
    show(console, asked, lines(asked, Deployed(read_template(TEMPLATE))))
    return 0


def asked_for(given: Mapping[str, str]) -> Asked:
    """What the variables ask for. Raises AskedWronglyError."""
    accounts = given.get("ACCOUNTS") or DEFAULT_ACCOUNTS
    if not re.fullmatch("[0-9]{1,7}", accounts) or not 1 <= int(accounts) <= MOST_ACCOUNTS:
        raise AskedWronglyError(f"ACCOUNTS={accounts}: expected a whole number from 1 to {MOST_ACCOUNTS:,}, as in 5000")
    model = given.get("MODEL") or "no"
    if model not in ("yes", "no"):
        raise AskedWronglyError(f"MODEL={model}: expected yes or no")
    price_in, price_out = _model_price(given.get("MODEL_PRICE") or "3,15")
    return Asked(int(accounts), model == "yes", price_in, price_out)


def show(console: Console, asked: Asked, month: list[Line]) -> None:
    """The lines, the sum, what it rests on, and what would make it less."""
    before, free = sum(line.usd for line in month), sum(line.free_usd for line in month)
    table = Table(title=f"A month of {asked.accounts:,} accounts, USD", title_justify="left")
    for name in ("service", "what"):
        table.add_column(name)
    for name in ("quantity", "unit price", "USD"):
        table.add_column(name, justify="right")
    for line in month:
        price = f"{line.price.usd:.10f}".rstrip("0")
        price = price if len(price.partition(".")[2]) >= 2 else f"{line.price.usd:.2f}"
        table.add_row(
            line.service, line.what, _quantity(line.quantity), f"{price} a {line.price.unit}", f"{line.usd:,.2f}"
        )
    table.add_section()
    table.add_row("", "sum of the lines", "", "", f"{before:,.2f}")
    table.add_row("", "within the free tier", "", "", f"−{free:,.2f}")
    table.add_row("", "[bold]a month[/bold]", "", "", f"[bold]{before - free:,.2f}[/bold]")
    table.add_row("", "an account and month", "", "", f"{(before - free) / asked.accounts:,.4f}")
    console.print(table)
    console.print("The free tier is that of an account with nothing else in it.")
    console.print("\nWhat costs most, and what would make it less")
    for usd, lever in levers(month):
        console.print(f"  {usd:,.2f}  {lever}", highlight=False)
    console.print(f"\nWhat it rests on (list prices: {AS_OF}; sources in local/cost/prices.py)", highlight=False)
    for assumption in ASSUMPTIONS:
        console.print(Padding(assumption, (0, 0, 0, 2)), highlight=False)


def levers(month: list[Line]) -> list[tuple[float, str]]:
    """The dearest lines after the free tier about which something can be done, with what."""
    together: dict[str, float] = {}
    for line in month:
        if line.lever:
            together[line.lever] = together.get(line.lever, 0.0) + line.usd - line.free_usd
    dearest = sorted(((usd, lever) for lever, usd in together.items() if usd > 0), reverse=True)
    return dearest[:LEVERS]


def _model_price(text: str) -> tuple[float, float]:
    try:
        price_in, price_out = (float(part) for part in text.split(","))
        if not (0 <= price_in < 10_000 and 0 <= price_out < 10_000):
            raise ValueError(text)
    except ValueError as error:
        raise AskedWronglyError(
            f"MODEL_PRICE={text}: expected USD for a million tokens in and out, as in 3,15"
        ) from error
    return price_in, price_out


def _quantity(quantity: float) -> str:
    return f"{quantity:,.0f}" if quantity >= 100 else f"{quantity:,.2f}".removesuffix(".00")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(f"{' '.join(sys.argv[1:])}: not understood; ask by the variables ACCOUNTS, MODEL and MODEL_PRICE")
    sys.exit(main(os.environ, Console(width=WIDTH)))
