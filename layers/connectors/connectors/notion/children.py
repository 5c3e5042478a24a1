"""What lies on a page or in a block of Notion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from notion_client import Client

from connectors.notion.answers import Answer, wanted
from connectors.notion.faults import less_if_too_large
from connectors.notion.walk import LARGEST_PAGE, check_moves_on, half

if TYPE_CHECKING:
    from connectors.notion.client import NotionClient


def children(client: NotionClient, block_id: str, about: str) -> Iterator[dict[str, Any]]:
    """What lies there, in order, however much it is; half as much at once where Notion comes to no end with it.

    Raises as `NotionClient.call`.
    """
    page_size = LARGEST_PAGE
    place: dict[str, str] = {}

    def ask_for_less() -> None:
        nonlocal page_size
        page_size = half(page_size)

    def ask(notion: Client) -> Answer:
        with less_if_too_large(ask_for_less):
            return wanted("list", notion.blocks.children.list(block_id, page_size=page_size, **place))

    while True:
        answer = client.call(ask, about=about)
        check_moves_on(answer, place.get("start_cursor"))
        yield from answer["results"]
        if not answer["has_more"]:
            return
        place = {"start_cursor": answer["next_cursor"]}
