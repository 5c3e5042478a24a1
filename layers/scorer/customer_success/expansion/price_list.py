"""What more of the product costs a year. What is not in the list has no known price."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Price = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class PriceList(BaseModel):
    """Prices a year, in the currency of the accounts' ARR."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", defer_build=True)

    seat: Price | None = None
    """One seat more."""
    modules: dict[str, Price] = Field(default_factory=dict)
    """One module more, by the name of its feature family."""

    def module(self, family: str) -> float | None:
        """The price of the module of a feature family, however its case is written; None if it is not known."""
        prices = {name.strip().casefold(): price for name, price in self.modules.items()}
        return prices.get(family.strip().casefold())
