"""Slack and Google Chat: the bot, its scopes and its channel; the app and its space."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.google_chat.checks import space_title
from connectors.slack.checks import SCOPES, Bot, SlackChecks
from customer_success.errors import Misconfigured, Refused, Unavailable
from local.doctor.check_result import CheckResult, bad, off, ok, untried
from local.doctor.secrets import secret_fault
from local.doctor.target import Target

AGAIN = "add them under OAuth & Permissions (docs/slack-manifest.yaml has all), and install the app again"
LISTED = "channels:read"
MESSAGES_TAB = (
    "Whether the app may write to people is seen with the first direct message only: its Messages Tab must be on "
    "under App Home (docs/slack-manifest.yaml); else the team's channel gets what is for them"
)


def check_slack(target: Target) -> Iterator[CheckResult]:
    """The bot, and where it posts."""
    if not target.setting("SlackSecret"):
        yield off("SlackSecret is empty: nothing is posted to Slack")
        return
    if secret_fault(target, "SlackSecret"):
        yield untried("bot and channel: they hang on SlackSecret")
        return
    url = target.setting("SlackApiUrl")
    slack = SlackChecks(target.secret("SlackSecret"), target.retry_policy(), base_url=url)
    try:
        bot = slack.bot()
    except (Misconfigured, Refused) as fault:
        yield bad(f"SlackSecret: {fault}", "copy the bot token from OAuth & Permissions of the app into the secret")
        yield untried("the channel: it hangs on the bot")
        return
    except Unavailable as fault:
        yield bad(f"SlackApiUrl: {fault}", "if status.slack.com says nothing, look at SlackApiUrl")
        yield untried("the channel: it hangs on Slack")
        return
    yield ok(f"the token is accepted: the bot {bot.user!r} of the team {bot.team!r}")
    yield from _scopes(bot)
    yield from _channel(target, slack, bot)
    yield from _fallback_owner(target, slack, bot)


def _scopes(bot: Bot) -> Iterator[CheckResult]:
    missing = [scope for scope in SCOPES if scope not in bot.scopes]
    if missing:
        yield bad(f"scopes are missing: {'; '.join(f'{each} ({SCOPES[each]})' for each in missing)}", AGAIN)
    else:
        yield ok(f"the app has all {len(SCOPES)} scopes")


def _channel(target: Target, slack: SlackChecks, bot: Bot) -> Iterator[CheckResult]:
    given = target.setting("SlackChannel")
    if LISTED not in bot.scopes:
        yield untried(f"SlackChannel: {given}: it is seen with the scope {LISTED} only")
        return
    try:
        channel = slack.channel(given)
    except (Misconfigured, Refused, Unavailable) as fault:
        yield bad(f"SlackChannel: {fault}", "")
        return
    if channel is None:
        yield bad(
            f"SlackChannel: there is no channel {given} that the bot sees",
            "look at the name or id; into a private channel, invite the bot first: /invite in the channel",
        )
    elif channel.archived:
        yield bad(f"SlackChannel: {channel.name} is archived", "name another, or unarchive it")
    elif not channel.has_bot:
        yield bad(f"SlackChannel: the bot is not in {channel.name}", f"write there: /invite @{bot.user}")
    elif channel.id == given:
        yield ok(f"SlackChannel: the bot is in {channel.name}")
    else:
        yield ok(
            f"SlackChannel: the bot is in {channel.name}",
            f"better SlackChannel={channel.id}: by its name Slack lets the bot post there, but not look for what it "
            "posted, so a message whose answer is lost comes twice",
        )


def _fallback_owner(target: Target, slack: SlackChecks, bot: Bot) -> Iterator[CheckResult]:
    email = target.setting("FallbackOwner")
    if "users:read.email" not in bot.scopes:
        return
    try:
        known = slack.knows(email)
    except (Misconfigured, Refused, Unavailable) as fault:
        yield bad(f"FallbackOwner: {fault}", "")
        return
    if known:
        yield ok(f"FallbackOwner: {email} is found in Slack. {MESSAGES_TAB}")
    else:
        yield off(f"FallbackOwner: nobody in Slack has {email}: what is for them goes to the channel")


def check_google_chat(target: Target) -> Iterator[CheckResult]:
    """The app, and its space."""
    if not target.setting("GoogleChatSecret"):
        yield off("GoogleChatSecret is empty: nothing is posted to Google Chat")
        return
    if secret_fault(target, "GoogleChatSecret"):
        yield untried("the space: it hangs on GoogleChatSecret")
        return
    space, url = target.setting("GoogleChatSpace"), target.setting("GoogleChatApiUrl")
    try:
        title = space_title(target.secret("GoogleChatSecret"), space, target.retry_policy(), base_url=url)
    except Unavailable as fault:
        yield bad(f"GoogleChatApiUrl: {fault}", "try again later")
    except (Misconfigured, Refused) as fault:
        yield bad(f"GoogleChatSpace: {fault}", "add the app in the space's menu, under Apps & integrations")
    else:
        yield ok(f"GoogleChatSpace: the app is in {title!r} ({space})")
