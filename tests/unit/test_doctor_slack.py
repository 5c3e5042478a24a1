"""What `make doctor` says of a channel, as far as the scopes let it look."""

from __future__ import annotations

from typing import Any, cast

import boto3
import pytest

from connectors.slack.checks import SCOPES, Bot, Channel, SlackChecks
from local.doctor.chat import _channel, _fallback_owner
from tests.builders.doctor_targets import target

ALL = frozenset(SCOPES)


class Looks:
    """`SlackChecks` of one channel alone."""

    def __init__(self, channel: Channel | None = None, *, knows: bool = False) -> None:
        self._channel = channel
        self._knows = knows

    def channel(self, _: str) -> Channel | None:
        return self._channel

    def knows(self, _: str) -> bool:
        return self._knows


def slack_checks(channel: Channel | None = None, *, knows: bool = False) -> SlackChecks:
    return cast("SlackChecks", Looks(channel, knows=knows))


@pytest.fixture(scope="module")
def session() -> boto3.Session:
    return boto3.Session("testing", "testing", region_name="eu-central-1")


def found(session: boto3.Session, channel: Channel | None, scopes: frozenset[str] = ALL) -> Any:
    whole = target(session, SlackChannel="C0123456789")
    [result] = _channel(whole, slack_checks(channel), Bot("csm", "Acme", scopes))
    return result


def test_a_channel_that_is_archived_is_wrong_though_the_bot_is_in_it(session: boto3.Session) -> None:
    result = found(session, Channel("C0123456789", "team", has_bot=True, archived=True))
    assert (result.state, result.what) == ("bad", "SlackChannel: team is archived")
    assert found(session, Channel("C0123456789", "team", has_bot=True, archived=False)).state == "ok"


def test_without_the_scope_the_channel_is_not_tried(session: boto3.Session) -> None:
    result = found(session, None, ALL - {"channels:read"})
    assert (result.state, "channels:read" in result.what) == ("untried", True)


def test_without_the_scope_no_user_is_looked_up(session: boto3.Session) -> None:
    without = Bot("csm", "Acme", ALL - {"users:read.email"})
    assert list(_fallback_owner(target(session), slack_checks(), without)) == []
    [result] = _fallback_owner(target(session), slack_checks(), Bot("csm", "Acme", ALL))
    assert result.state == "off"


def test_what_cannot_be_seen_without_posting_is_reported(session: boto3.Session) -> None:
    # GIVEN a person whom Slack knows  WHEN the doctor looks  THEN it says that the Messages Tab is beyond it
    [result] = _fallback_owner(target(session), slack_checks(knows=True), Bot("csm", "Acme", ALL))
    assert result.state == "ok"
    assert "Messages Tab must be on" in result.what
