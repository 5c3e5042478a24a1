"""What can be seen of the integration without writing anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.notion.answers import wanted
from customer_success.dataclass import dataclass

if TYPE_CHECKING:
    from connectors.notion.client import NotionClient


@dataclass(frozen=True, slots=True)
class Integration:
    """The integration as Notion knows it."""

    name: str
    workspace: str


def integration(client: NotionClient) -> Integration:
    """Whose token this is. Raises `Misconfigured`, `Refused`, `Unavailable`."""
    me = client.call(lambda notion: wanted("user", notion.users.me()), about="the integration's own user")
    return Integration(str(me.get("name") or "?"), str((me.get("bot") or {}).get("workspace_name") or "?"))
