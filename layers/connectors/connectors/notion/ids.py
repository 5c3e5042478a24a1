"""Ids as people have them: copied from the address of a page or database."""

from __future__ import annotations

from urllib.parse import urlsplit

from notion_client.helpers import extract_notion_id


def id_in(given: str) -> str | None:
    """The id in what a person gives, an id or an address on any host; None if there is none.

    Of a database's address it is the database's id, not that of the view behind it.
    """
    return extract_notion_id(urlsplit(given).path if "://" in given else given)
