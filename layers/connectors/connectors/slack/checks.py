"""What can be seen of a Slack app without posting anything."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from connectors.answers import text_at
from connectors.slack.client import SlackClient
from customer_success.dataclass import dataclass

if TYPE_CHECKING:
    from connectors.retry_policy import RetryPolicy
    from customer_success.ports import Secret

SCOPES: Mapping[str, str] = {
    "chat:write": "nothing can be posted",
    "users:read": "owners are not found",
    "users:read.email": "owners are not found, and what is for them goes to the channel",
    "im:write": "owners get no direct message, and what is for them goes to the channel",
    "im:history": "a direct message whose answer was lost is posted twice",
    "channels:history": "a message to a public channel whose answer was lost is posted twice",
    "groups:history": "a message to a private channel whose answer was lost is posted twice",
    "channels:read": "nobody sees here whether the bot is in a public channel",
    "groups:read": "nobody sees here whether the bot is in a private channel",
}
"""The scopes of `docs/slack-manifest.yaml`, and what is amiss without each."""

PAGE = 1000
_ID = r"[CG][A-Z0-9]{8,20}"


@dataclass(frozen=True, slots=True)
class Bot:
    """Whose token it is, and what it was given."""

    user: str
    team: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel, and whether the bot may post in it."""

    id: str
    name: str
    has_bot: bool
    archived: bool


class SlackChecks:
    """Looks at a workspace, whose channels come `page` at a time. Raises `Misconfigured`, `Unavailable`."""

    def __init__(
        self, secret: Secret, retry_policy: RetryPolicy, *, base_url: str | None = None, page: int = PAGE
    ) -> None:
        self._client = SlackClient(secret, retry_policy, base_url=base_url)
        self._page = page

    def bot(self) -> Bot:
        """The bot, with the scopes that Slack sends beside every answer."""
        scopes: set[str] = set()

        def tested(slack: WebClient) -> SlackResponse:
            answer = slack.auth_test()
            headers = {name.lower(): value for name, value in answer.headers.items()}
            scopes.update(filter(None, map(str.strip, str(headers.get("x-oauth-scopes", "")).split(","))))
            return answer

        return self._client.call(
            tested,
            lambda answer: Bot(text_at(answer, "user"), text_at(answer, "team"), frozenset(scopes)),
            about="the bot itself",
            repeatable=True,
        )

    def channel(self, given: str) -> Channel | None:
        """The channel with this id or name, None if there is none that the bot can see."""
        if not re.fullmatch(_ID, given):
            return next((each for each in self._every() if each.name == given.lstrip("#")), None)
        return self._client.ask(
            lambda slack: slack.conversations_info(channel=given),
            lambda answer: _channel(answer["channel"]),
            about=f"the channel {given}",
            unless={"channel_not_found"},
        )

    def knows(self, email: str) -> bool:
        """Whether a user of Slack has this address."""
        user = self._client.ask(
            lambda slack: slack.users_lookupByEmail(email=email),
            lambda answer: text_at(answer, "user", "id"),
            about=email,
            unless={"users_not_found"},
        )
        return user is not None

    def _every(self) -> Iterator[Channel]:
        cursor = ""
        while True:
            channels, cursor = self._list_from(cursor)
            yield from channels
            if not cursor:
                return

    def _list_from(self, cursor: str) -> tuple[list[Channel], str]:
        return self._client.call(
            lambda slack: slack.conversations_list(
                types="public_channel,private_channel", exclude_archived=True, limit=self._page, cursor=cursor or None
            ),
            _page_of,
            about="the list of channels",
            repeatable=True,
        )


def _page_of(answer: Mapping[str, Any]) -> tuple[list[Channel], str]:
    cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
    return [_channel(each) for each in answer["channels"]], str(cursor)


def _channel(found: Mapping[str, Any]) -> Channel:
    return Channel(
        id=str(found["id"]),
        name=str(found.get("name") or found["id"]),
        has_bot=bool(found.get("is_member")),
        archived=bool(found.get("is_archived")),
    )
