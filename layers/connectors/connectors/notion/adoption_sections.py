"""The section on feature adoption of an account's page: a toggle of ours among what people wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from connectors.notion.answers import wanted
from connectors.notion.blocks import Block, batches, page_blocks, toggle
from connectors.notion.children import children
from connectors.notion.faults import NotFound
from connectors.text import one_line
from customer_success.errors import NotTaken, Removed, Unavailable

if TYPE_CHECKING:
    from connectors.notion.client import NotionClient
    from customer_success.documents import PageBlock


class NotionAdoptionSections:
    """The port `AdoptionSections`.

    A section is a toggle by its title that the integration made; a person may move it, and add blocks to it. What a
    person made is never taken away: a toggle of the same name stays, and so does a block in ours, under the title.
    What a person changed in a block of ours is lost when the section is written again.
    """

    def __init__(self, client: NotionClient) -> None:
        self._client = client

    def write(self, page_id: str, title: str, blocks: Sequence[PageBlock]) -> None:
        """Make the page's section of that title read as `blocks`, be it there or not.

        Safe to repeat: the new section is added after the first existing one before all old ones are deleted. An
        interrupted write leaves one section too many, which the next write deletes, and never none.

        Raises `Removed` if the page is in the trash, not there, or no longer shared with the integration; `Unclear`
        when blocks may have been added, `NotTaken` if Notion does not take them, `Misconfigured`, `Unavailable`.
        """
        name = one_line(title)
        try:
            old = [block for block in self._blocks(page_id) if self._is_section(block, name)]
        except NotFound as fault:
            raise _removed(page_id) from fault
        first, *others = batches(page_blocks(blocks))
        place = {"position": {"type": "after_block", "after_block": {"id": old[0]["id"]}}} if old else {}
        section_id = self._add(page_id, page_id, [toggle(name, first)], **place)
        for more in others:
            self._add(page_id, section_id, more)
        for section in old:
            self._take_away(page_id, section)

    def _is_section(self, block: Mapping[str, Any], name: str) -> bool:
        if block.get("type") != "toggle" or not self._is_made_by_us(block):
            return False
        return "".join(part["plain_text"] for part in block["toggle"]["rich_text"]) == name

    def _is_made_by_us(self, block: Mapping[str, Any]) -> bool:
        return bool((block.get("created_by") or {}).get("id") == self._client.own_id)

    def _take_away(self, page_id: str, section: Mapping[str, Any]) -> None:
        """Take a section away; one in which a person wrote loses only what is ours."""
        try:
            inner = list(self._blocks(section["id"]))
        except NotFound:
            return  # A person was faster.
        ours = [block for block in inner if self._is_ours(block)]
        for block in [section] if len(ours) == len(inner) else ours:
            self._delete(block["id"], page_id if block is section else section["id"])

    def _is_ours(self, block: Mapping[str, Any]) -> bool:
        # Of the blocks we write only tables have children, so children of any other block are a person's.
        return self._is_made_by_us(block) and (block.get("type") == "table" or not block.get("has_children", True))

    def _blocks(self, block_id: str) -> Iterator[dict[str, Any]]:
        """What lies on a page or in a block, in order."""
        return children(self._client, block_id, about=f"the content of {block_id}")

    def _add(self, page_id: str, block_id: str, blocks: list[Block], **place: Any) -> str:
        """Add blocks to the page or to a block on it, and return the first one's id."""
        try:
            answer = self._client.call(
                lambda notion: wanted("list", notion.blocks.children.append(block_id, children=blocks, **place)),
                about=f"the page {page_id}",
                repeatable=False,
            )
        except (NotFound, NotTaken) as fault:
            self._require(page_id)
            if isinstance(fault, NotFound):
                raise Unavailable(f"the page {page_id} was changed while its section was written: {fault}") from fault
            raise
        return str(answer["results"][0]["id"])

    def _require(self, page_id: str) -> None:
        """Raises `Removed` if the page is in the trash or not there."""
        try:
            page = self._client.call(
                lambda notion: wanted("page", notion.pages.retrieve(page_id)), about=f"the page {page_id}"
            )
        except NotFound as fault:
            raise _removed(page_id) from fault
        if page.get("in_trash"):
            raise Removed(f"the page {page_id} is in the trash")

    def _delete(self, block_id: str, parent_id: str) -> None:
        """Delete a block; a lost answer or a person may have deleted it already."""
        try:
            self._client.call(
                lambda notion: wanted("block", notion.blocks.delete(block_id)), about=f"the block {block_id}"
            )
        except (NotFound, NotTaken):
            if self._lies_in(parent_id, block_id):
                raise

    def _lies_in(self, parent_id: str, block_id: str) -> bool:
        try:
            return any(block["id"] == block_id for block in self._blocks(parent_id))
        except NotFound:
            return False


def _removed(page_id: str) -> Removed:
    return Removed(f"the page {page_id} was removed, or is no longer shared with the integration")
