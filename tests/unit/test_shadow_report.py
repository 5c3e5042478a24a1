"""The report of a day in shadow: the digest whole, each person's share in short, and the way to other days."""

from __future__ import annotations

from datetime import date, timedelta
from io import StringIO

import pytest
from rich.console import Console

from customer_success.shadow.outputs import ShadowedOutput
from local.demo.errors import DemoError
from local.demo.options import read_options
from local.shadow_report.report import MOST_THINGS, shadow_report
from tests.builders.shadow import SHADOW_DAY, FakeShadowLog, shadow_things


def report(log: FakeShadowLog, day: date | None = None) -> str:
    out = StringIO()
    shadow_report(Console(file=out, width=100, markup=False, highlight=False), log, day)
    return out.getvalue()


def test_the_latest_day_is_reported_with_its_digest_and_each_persons_share() -> None:
    output = report(FakeShadowLog(shadow_things()))
    assert f"In shadow on {SHADOW_DAY}: what would have happened, and did not" in output
    for line in ("digests for the team: 1", "chat messages: 1", "mail drafts: 1", "account pages changed: 5"):
        assert line in output
    assert "Nothing new." in output
    assert "For owner@example.com: mail drafts (1)" in output
    assert "DATE=… shows one: 2026-03-01" in output


def test_of_many_things_the_first_is_shown_and_the_rest_counted() -> None:
    drafts = [
        ShadowedOutput(SHADOW_DAY, "draft", f"{n:02d}", f"Subject {n:02d}", "ada@example.com", tuple("abcdefghijklmn"))
        for n in range(MOST_THINGS + 3)
    ]
    output = report(FakeShadowLog(drafts))
    assert ("Subject 00" in output, "Subject 04" in output, "Subject 05" in output) == (True, True, False)
    assert "… and 3 more" in output
    assert "… more lines: 2" in output


def test_what_account_data_says_is_no_markup() -> None:
    output = report(FakeShadowLog([ShadowedOutput(SHADOW_DAY, "message", "k", "[red]Acme[/red]", "ada@example.com")]))
    assert "[red]Acme[/red]" in output


def test_no_shadowed_outputs_and_a_day_without_any_say_so() -> None:
    assert "nothing has been withheld yet" in report(FakeShadowLog())
    output = report(FakeShadowLog(shadow_things()), SHADOW_DAY + timedelta(days=1))
    assert f"nothing was withheld on that day; the latest days: {SHADOW_DAY}, 2026-03-01" in " ".join(output.split())


def test_a_demo_in_shadow_is_asked_for_by_1() -> None:
    assert (read_options({"SHADOW": "1"}).shadow, read_options({}).shadow) == (True, False)
    with pytest.raises(DemoError, match="SHADOW=yes: expected 1"):
        read_options({"SHADOW": "yes"})
