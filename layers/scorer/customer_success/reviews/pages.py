"""The pages of reviews, each made once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customer_success.dataclass import dataclass

if TYPE_CHECKING:
    from customer_success.once import Once
    from customer_success.reviews.ports import QbrPages
    from customer_success.reviews.qbr import QbrPage


@dataclass(frozen=True, slots=True)
class OncePages:
    """Pages of which each is created once for its key."""

    pages: QbrPages
    once: Once

    def create(self, page: QbrPage, key: str) -> str:
        """Create the page that `key` names and return its id; one whose writing broke off is made whole."""

        def find() -> str | None:
            found = self.pages.find(page.key)
            if found and not found.complete:
                self.pages.replace(found.page_id, page)
            return found.page_id if found else None

        return self.once(key, lambda: self.pages.create(page), find=find)

    def replace(self, page_id: str, page: QbrPage) -> bool:
        """As `QbrPages.replace`."""
        return self.pages.replace(page_id, page)

    def url(self, page_id: str) -> str:
        """Where a person opens the page."""
        return self.pages.url(page_id)
