"""The team's Slack: a direct message to the person it is for, else the team's channel."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from connectors.access import TokenRefused
from connectors.answers import text_at
from connectors.lines import named
from connectors.slack.blocks import blocks, notice
from connectors.slack.client import SlackClient
from connectors.text import clean
from customer_success.errors import Misconfigured, NotTaken

if TYPE_CHECKING:
    from connectors.retry_policy import RetryPolicy
    from customer_success.documents import ChatMessage, Line
    from customer_success.ports import Secret

logger = logging.getLogger(__name__)

EVENT_TYPE = "csm_message"
LOOK_BACK = 200
"""How many of a channel's last messages are searched for one that was posted already."""

_UNREADABLE = {"missing_scope", "not_allowed_token_type", "no_permission", "channel_not_found", "not_in_channel"}

_MARKS = ("key", "thread")

Posted = dict[str, Any]


class SlackChat:
    """The port `Chat`. `secret` holds the bot's `token`, `channel` is the id of the team's channel.

    Direct channels are cached for the process. Where Slack gives none, or refuses a direct message for any reason but
    a bad token or the message itself, the team's channel gets it, led by the person it is for.
    """

    name = "slack"

    def __init__(
        self, secret: Secret, channel: str, retry_policy: RetryPolicy, *, base_url: str | None = None, timeout: int = 30
    ) -> None:
        self._client = SlackClient(secret, retry_policy, base_url=base_url, timeout=timeout)
        self._team_channel = channel
        self._direct_channels: dict[str, str | None] = {}
        self._threads: dict[tuple[str, str], str] = {}

    def find(self, message: ChatMessage) -> str | None:
        """The id (channel/ts) of the message among the last 200 of its channels and their threads, else None.

        A message for a person is looked for in the team's channel as well. None also where the app may not read them.
        Raises `Misconfigured`, `Unavailable`.
        """
        direct = self._direct_channel(message)
        found = None if direct is None else self._find_in(direct, message, unless=None)
        return found or self._find_in(self._team_channel, message, unless=_UNREADABLE)

    def post(self, message: ChatMessage) -> str:
        """Post the message and return its id (channel/ts).

        Raises `Unclear` when it may have been posted, else `Misconfigured`, `NotTaken`, `Unavailable`.
        """
        direct = self._direct_channel(message)
        if direct is not None:
            try:
                return self._post_in(direct, message, message.lines)
            except TokenRefused:
                raise
            except Misconfigured as refusal:
                logger.warning("the team's channel gets a direct message that Slack refused: %s", refusal)
        return self._post_in(self._team_channel, message, named(message))

    def _post_in(self, channel: str, message: ChatMessage, lines: tuple[Line, ...]) -> str:
        thread_ts = self._thread_ts(channel, message)
        ts = self._client.call(
            lambda slack: slack.chat_postMessage(
                channel=channel,
                text=notice(message.title, lines),
                blocks=blocks(message.title, lines),
                metadata={"event_type": EVENT_TYPE, "event_payload": _marks(message)},
                thread_ts=thread_ts,
                mrkdwn=False,
                unfurl_links=False,
                unfurl_media=False,
            ),
            lambda answer: text_at(answer, "ts"),
            about=f"a message to {message.recipient or 'the team'} in the channel {channel}",
            repeatable=False,
        )
        self._threads.setdefault((channel, message.thread or message.key), thread_ts or ts)
        return f"{channel}/{ts}"

    def _find_in(self, channel: str, message: ChatMessage, *, unless: Collection[str] | None) -> str | None:
        recent = self._recent(channel, unless=unless)
        found = _with_key(recent, message.key)
        parent_ts = _parent_ts(recent, message)
        if found is None and parent_ts is not None:
            found = _with_key(self._replies(channel, parent_ts, unless=unless), message.key)
        return None if found is None else f"{channel}/{found['ts']}"

    def _direct_channel(self, message: ChatMessage) -> str | None:
        """The channel of direct messages to the person it is for; None for the team, and where Slack gives none."""
        email = message.recipient
        if email is None:
            return None
        if email not in self._direct_channels:
            try:
                self._direct_channels[email] = self._opened(email)
            except TokenRefused:
                raise
            except (Misconfigured, NotTaken) as refusal:
                # Not cached: a person may fix it while the process lives.
                logger.warning("the team's channel is used where Slack opens no direct messages: %s", refusal)
                return None
        return self._direct_channels[email]

    def _opened(self, email: str) -> str | None:
        about = f"a direct message to {email}"
        user = self._client.ask(
            lambda slack: slack.users_lookupByEmail(email=email),
            lambda answer: text_at(answer, "user", "id"),
            about=about,
            unless={"users_not_found"},
        )
        if user is None:
            return None
        return self._client.call(
            lambda slack: slack.conversations_open(users=[user]),
            lambda answer: text_at(answer, "channel", "id"),
            about=about,
            repeatable=True,
        )

    def _thread_ts(self, channel: str, message: ChatMessage) -> str | None:
        """The parent under which the message goes; None if it has none, or is to become one."""
        if message.thread is None or message.thread == message.key:
            return None
        known = self._threads.get((channel, message.thread))
        # A message whose thread cannot be seen is better than none.
        return known or _parent_ts(self._recent(channel, unless=None), message)

    def _recent(self, channel: str, *, unless: Collection[str] | None) -> list[Posted]:
        """The channel's last messages, the newest first; none where Slack refuses with a code in `unless`."""
        found = self._client.ask(
            lambda slack: slack.conversations_history(channel=channel, limit=LOOK_BACK, include_all_metadata=True),
            _messages,
            about=f"the history of the channel {channel}",
            unless=unless,
        )
        return found or []

    def _replies(self, channel: str, parent_ts: str, *, unless: Collection[str] | None) -> list[Posted]:
        found = self._client.ask(
            lambda slack: slack.conversations_replies(
                channel=channel, ts=parent_ts, limit=LOOK_BACK, include_all_metadata=True
            ),
            _messages,
            about=f"a thread of the channel {channel}",
            unless=None if unless is None else {*unless, "thread_not_found"},
        )
        return found or []


def _messages(answer: dict[str, Any]) -> list[Posted]:
    return [{**posted, "ts": text_at(posted, "ts")} for posted in answer["messages"]]


def _marks(message: ChatMessage) -> dict[str, str]:
    """What makes the message recognisable in a channel's history."""
    thread = {"thread": clean(message.thread)} if message.thread else {}
    return {"key": clean(message.key), **thread}


def _marks_of(posted: Posted) -> dict[str, Any]:
    match posted.get("metadata"):
        case {"event_type": kind, "event_payload": dict(marks)} if kind == EVENT_TYPE:
            return marks
    return {}


def _with_key(messages: list[Posted], key: str) -> Posted | None:
    return next((posted for posted in messages if _marks_of(posted).get("key") == clean(key)), None)


def _parent_ts(recent: list[Posted], message: ChatMessage) -> str | None:
    """The oldest of the messages that are in the thread or have its key as their own."""
    thread = None if message.thread is None else clean(message.thread)
    if thread is None:
        return None
    members = [posted for posted in recent if thread in (_marks_of(posted).get(mark) for mark in _MARKS)]
    return str(members[-1]["ts"]) if members else None
