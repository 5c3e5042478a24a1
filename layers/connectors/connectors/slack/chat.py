"""The team's Slack: a direct message to the person it is for, else the team's channel."""

from __future__ import annotations

from typing import Any

from connectors.lines import named
from connectors.patience import Patience
from connectors.slack.blocks import blocks, notice
from connectors.slack.client import SlackClient
from connectors.text import clean
from customer_success.news import ChatMessage
from customer_success.ports import Secret

EVENT_TYPE = "csm_message"
LOOK_BACK = 200
"""How many of a channel's last messages are searched for one that was posted already."""

_NOBODY = {"users_not_found", "user_not_found", "user_disabled", "user_not_visible", "cannot_dm_bot"}
_NOT_ALLOWED = {"missing_scope", "not_allowed_token_type", "no_permission"}
_UNREADABLE = {*_NOT_ALLOWED, "channel_not_found", "not_in_channel"}

_MARKS = ("key", "thread")

Posted = dict[str, Any]


class SlackChat:
    """The port `Chat`. `secret` holds the bot's `token`, `channel` is the id of the team's channel.

    Look-ups are kept for the process.
    """

    name = "slack"

    def __init__(
        self, secret: Secret, channel: str, patience: Patience, *, base_url: str | None = None, timeout: int = 30
    ) -> None:
        self._client = SlackClient(secret, patience, base_url=base_url, timeout=timeout)
        self._team_channel = channel
        self._direct_channels: dict[str, str | None] = {}
        self._threads: dict[tuple[str, str], str] = {}

    def find(self, message: ChatMessage) -> str | None:
        """The id (channel/ts) of the message among the channel's last 200 and its thread's, else None.

        None also where the app may not read them. Raises `Misconfigured`, `Refused`, `Unavailable`.
        """
        channel = self._channel_for(message)
        recent = self._recent(channel)
        found = _with_key(recent, message.key)
        parent_ts = _parent_ts(recent, message)
        if found is None and parent_ts is not None:
            found = _with_key(self._replies(channel, parent_ts), message.key)
        return None if found is None else f"{channel}/{found['ts']}"

    def post(self, message: ChatMessage) -> str:
        """Post the message and return its id (channel/ts).

        Raises `Unclear` when it may have been posted, else `Misconfigured`, `Refused`, `Unavailable`.
        """
        channel = self._channel_for(message)
        lines = named(message) if channel == self._team_channel else message.lines
        thread_ts = self._thread_ts(channel, message)
        posted = self._client.call(
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
            about=f"a message to {message.recipient or 'the team'} in the channel {channel}",
            repeatable=False,
        )
        self._threads.setdefault((channel, message.thread or message.key), thread_ts or posted["ts"])
        return f"{channel}/{posted['ts']}"

    def _channel_for(self, message: ChatMessage) -> str:
        email = message.recipient
        if email is None:
            return self._team_channel
        if email not in self._direct_channels:
            self._direct_channels[email] = self._direct_channel(email)
        return self._direct_channels[email] or self._team_channel

    def _direct_channel(self, email: str) -> str | None:
        about = f"a direct message to {email}"
        unless = _NOBODY | _NOT_ALLOWED
        found = self._client.ask(lambda slack: slack.users_lookupByEmail(email=email), about=about, unless=unless)
        if found is None:
            return None
        opened = self._client.ask(
            lambda slack: slack.conversations_open(users=[found["user"]["id"]]), about=about, unless=unless
        )
        return None if opened is None else str(opened["channel"]["id"])

    def _thread_ts(self, channel: str, message: ChatMessage) -> str | None:
        """The parent under which the message goes; None if it has none, or is to become one."""
        if message.thread is None or message.thread == message.key:
            return None
        known = self._threads.get((channel, message.thread))
        return known or _parent_ts(self._recent(channel), message)

    def _recent(self, channel: str) -> list[Posted]:
        """The channel's last messages, the newest first; none where the app may not read them."""
        answer = self._client.ask(
            lambda slack: slack.conversations_history(channel=channel, limit=LOOK_BACK, include_all_metadata=True),
            about=f"the history of the channel {channel}",
            unless=_UNREADABLE,
        )
        return [] if answer is None else list(answer["messages"])

    def _replies(self, channel: str, parent_ts: str) -> list[Posted]:
        answer = self._client.ask(
            lambda slack: slack.conversations_replies(
                channel=channel, ts=parent_ts, limit=LOOK_BACK, include_all_metadata=True
            ),
            about=f"a thread of the channel {channel}",
            unless=_UNREADABLE | {"thread_not_found"},
        )
        return [] if answer is None else list(answer["messages"])


def _marks(message: ChatMessage) -> dict[str, str]:
    """What makes the message recognisable in a channel's history."""
    thread = {"thread": clean(message.thread)} if message.thread else {}
    return {"key": clean(message.key), **thread}


def _marks_of(posted: Posted) -> dict[str, Any]:
    metadata = posted.get("metadata") or {}
    return metadata.get("event_payload") or {} if metadata.get("event_type") == EVENT_TYPE else {}


def _with_key(messages: list[Posted], key: str) -> Posted | None:
    return next((posted for posted in messages if _marks_of(posted).get("key") == clean(key)), None)


def _parent_ts(recent: list[Posted], message: ChatMessage) -> str | None:
    """The oldest of the messages that are in the thread or have its key as their own."""
    thread = None if message.thread is None else clean(message.thread)
    if thread is None:
        return None
    members = [posted for posted in recent if thread in (_marks_of(posted).get(mark) for mark in _MARKS)]
    return str(members[-1]["ts"]) if members else None
