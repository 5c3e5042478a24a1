"""What all answers about one account have in common."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from customer_success.api.problems import not_found
from customer_success.errors import Refused

if TYPE_CHECKING:
    from customer_success.accounts.ports import AccountRows
    from customer_success.accounts.row import AccountRow


class Answer(BaseModel):
    """What is answered, or a part of it; what stands below a field is its description in the API's document."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def known_account(rows: AccountRows, account_id: str) -> AccountRow:
    """The account's row. Raises a `Problem` of status 404 that names an account that is not known."""
    try:
        row = rows.get(account_id)
    except (Refused, UnicodeEncodeError):  # no key of the table can be made of it, so no account has it
        row = None
    if row is None:
        raise not_found(f"account {account_id[:80]!r} is not known; it is known once a scan has read it")
    return row


def days_before(day: date, days: int) -> date:
    """The day that lies `days` before `day`, or the first one that there is."""
    return day - timedelta(days=min(days, day.toordinal() - 1))
