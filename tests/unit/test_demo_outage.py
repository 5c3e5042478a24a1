"""A planned outage ends a demo with words; the same end without DOWN is an error."""

from __future__ import annotations

import io

import pytest

from local.console import PlainConsole
from local.demo.errors import DemoError
from local.demo.outage import close_with_waiting, close_without_scan

FAILURE = "the scan of 2026-03-05 did not reach its end: Notion: 503"


def console() -> tuple[PlainConsole, io.StringIO]:
    printed = io.StringIO()
    return PlainConsole(file=printed, width=100), printed


@pytest.mark.parametrize("down", [("notion",), ("slack", "notion")])
def test_a_scan_that_fails_while_notion_is_down_as_planned_is_no_failure(down: tuple[str, ...]) -> None:
    screen, printed = console()
    close_without_scan(screen, FAILURE, down)
    assert f"As planned, DOWN={','.join(down)}: {FAILURE}" in printed.getvalue()


@pytest.mark.parametrize("down", [(), ("slack",), ("gmail", "google_chat")])
def test_a_scan_that_fails_while_notion_is_up_is_a_failure(down: tuple[str, ...]) -> None:
    with pytest.raises(DemoError, match="did not reach its end"):
        close_without_scan(console()[0], FAILURE, down)


def test_messages_that_wait_for_a_service_that_is_down_are_no_failure() -> None:
    screen, printed = console()
    close_with_waiting(screen, {"alert-email": 2}, ("gmail",))
    assert "As planned, DOWN=gmail: messages are still waiting to be tried again: 2 alert-email" in printed.getvalue()
    with pytest.raises(DemoError, match=r"^messages are still waiting to be tried again: 2 alert-email$"):
        close_with_waiting(console()[0], {"alert-email": 2}, ())


def test_nothing_is_printed_where_nothing_waits() -> None:
    screen, printed = console()
    close_with_waiting(screen, {}, ("gmail",))
    close_with_waiting(screen, {}, ())
    assert printed.getvalue() == ""
