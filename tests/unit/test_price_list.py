"""What more of the product costs: what is not in the list has no known price."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from customer_success.expansion.price_list import PriceList

PRICES = PriceList(seat=300, modules={"Reporting": 4800, " Data Sync ": 1200.5})


def test_a_module_is_found_however_its_case_and_the_space_around_it_are_written() -> None:
    assert PRICES.module("Reporting") == 4800
    assert PRICES.module(" REPORTING ") == 4800
    assert PRICES.module("data sync") == 1200.5


def test_what_is_not_in_the_list_has_no_known_price() -> None:
    assert PRICES.module("Report") is None
    assert PriceList().module("Reporting") is None
    assert PriceList().seat is None


@pytest.mark.parametrize(
    "text",
    [
        '{"seat": 0}',
        '{"seat": -1}',
        '{"seat": "300"}',
        '{"seat": true}',
        '{"seat": NaN}',
        '{"seat": Infinity}',
        '{"modules": {"Reporting": 0}}',
        '{"modules": {"Reporting": null}}',
        '{"seats": 300}',
    ],
)
def test_what_is_no_price_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        PriceList.model_validate_json(text)
