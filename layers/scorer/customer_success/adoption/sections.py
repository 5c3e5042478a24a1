"""The section on feature adoption of an account's page, written where it reads differently than before."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from customer_success.adoption.text import TITLE
from customer_success.dataclass import dataclass
from customer_success.once import Once

if TYPE_CHECKING:
    from customer_success.accounts.account import Account
    from customer_success.adoption.ports import AdoptionSections
    from customer_success.documents import PageBlock


@dataclass(frozen=True, slots=True)
class OnceSections:
    """Sections of which each is written once for what it says."""

    sections: AdoptionSections
    once: Once

    def write(self, account: Account, blocks: Sequence[PageBlock], as_of: PageBlock) -> bool:
        """Make the section read as `blocks` and end with `as_of`; True if it had to be written.

        One that reads the same but for `as_of` is not written again. Raises as `AdoptionSections.write`, and
        `Unavailable` while another function is writing it.
        """
        content = hashlib.sha256(repr((account.page_id, blocks)).encode("utf-8", "surrogatepass")).hexdigest()
        return self.once.unless_same(
            account.account_id, content, lambda: self.sections.write(account.page_id, TITLE, (*blocks, as_of))
        )
