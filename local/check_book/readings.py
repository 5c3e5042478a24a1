"""What was read of a file as JSON, for other programs: every account with its values by plain names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from customer_success.reading.accounts import AccountValues, Reading
from local.check_book.coverage import Coverage

_NAMES: Mapping[str, str] = {"contract_end": "contract_end_date"}


def readings(name: str, reading: Reading, coverage: Coverage, run_date: date) -> dict[str, Any]:
    """The accounts by id, else by name: what is known of each, and whether it would be scored."""
    return {
        name: {
            account.key: {**_values(account, run_date), "scored": account.key in coverage.scored}
            for account in reading.accounts
        }
    }


def _values(account: AccountValues, run_date: date) -> dict[str, Any]:
    values = {_NAMES.get(field, field): _plain(value) for field, value in account.values.items()}
    if owner := account.values.get("owner_email") or account.values.get("owner_name"):
        values["owner"] = owner
    values.pop("owner_email", None)
    if end := account.values.get("contract_end"):
        values["days_to_renewal"] = (end - run_date).days
    if touch := account.values.get("last_interaction"):
        values["days_since_last_interaction"] = (run_date - touch).days
    return values


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
