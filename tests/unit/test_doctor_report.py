"""How check results are shown: one mark each, commands that can be pasted, and what to do next."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from rich.console import Console

from connectors.slack.checks import SCOPES
from customer_success.errors import Misconfigured, Refused, Unavailable
from local.doctor.__main__ import following
from local.doctor.check_result import CheckResult, bad, due, off, ok, untried
from local.doctor.checks import results_of
from local.doctor.report import Report
from local.doctor.target import Target
from local.stack.aws import Aws
from local.stack.deploy import Deployment

WIDTH = 100
SOMETHING = "Nothing is wrong, and something is to be done: what the arrows at ! and – say."
WRONG = "Next: put right what is marked ✗, from the top, then make doctor STACK=csm"
ROOT = Path(__file__).parents[2]


def reported(*results: CheckResult) -> tuple[list[str], bool]:
    """The lines of a report, and whether it is of a healthy one."""
    written = io.StringIO()
    report = Report(Console(file=written, width=WIDTH, markup=False, emoji=False, highlight=False))
    report.head("Area")
    for result in results:
        report.add(result)
    report.close("Next: this")
    return written.getvalue().splitlines(), report.healthy


def test_each_finding_has_its_mark_and_is_counted() -> None:
    lines, healthy = reported(ok("a"), bad("b", "mend it"), off("c"), untried("d"), ok("e"))
    assert lines == [
        *("", "Area", "  ✓ a", "  ✗ b", "    → mend it", "  – c", "  ? d", "  ✓ e", ""),
        "2 ✓ right, 1 ✗ wrong, 1 – not set up or switched off, 1 ? not tried",
        "Next: this",
    ]
    assert not healthy


def test_what_is_off_or_not_tried_is_not_wrong() -> None:
    assert reported(ok("a"), off("b"), untried("c"))[1]


@pytest.mark.parametrize(
    ("results", "shadow", "ends"),
    [
        ([ok("a"), off("b"), untried("c")], "false", ["Nothing is to be done."]),
        ([ok("a"), due("b", "scan")], "false", [SOMETHING]),
        ([ok("a"), off("b", "set it up")], "false", [SOMETHING]),
        ([ok("a"), due("b", "scan")], "true", [SOMETHING, "Next: make shadow-report STACK=csm"]),
        ([ok("a")], "true", ["Next: make shadow-report STACK=csm"]),
        ([due("a", "scan"), bad("b", "mend it")], "true", [WRONG]),
    ],
)
def test_nothing_is_to_be_done_stands_below_findings_that_ask_for_nothing(
    results: list[CheckResult], shadow: str, ends: list[str]
) -> None:
    # GIVEN a report of a deployment
    report = Report(Console(file=io.StringIO()))
    for result in results:
        report.add(result)
    deployed = Deployment({}, {"Shadow": shadow}, {}, {})
    now = datetime(2026, 11, 30, tzinfo=UTC)
    target = Target(cast("Aws", None), "csm", deployed, now, now, "STACK=csm")
    # THEN its last lines agree with it
    assert following(target, report).splitlines() == ends


def test_what_is_due_is_counted_where_there_is_any() -> None:
    lines, healthy = reported(ok("a"), due("b", "scan", "make rescan"))
    assert lines[3:6] == ["  ! b", "    → scan", "      make rescan"]
    assert "1 ✓ right, 0 ✗ wrong, 1 ! to be done, 0 – not set up" in lines[-2]
    assert healthy


def test_a_long_line_goes_on_below_its_beginning_and_a_command_stays_whole() -> None:
    # GIVEN more than a line holds, with markup and line breaks from elsewhere in it
    command = "aws " + "x" * 150
    lines, _ = reported(bad("[bold]word\n" * 30, "advice " * 30, command))
    # THEN the whole output fits
    others = [line for line in lines if line.strip() != command]
    assert max(map(len, others)) <= WIDTH
    assert lines[2].startswith("  ✗ [bold]word [bold]word")
    assert lines[3].startswith("    [bold]word")
    # AND the command can be pasted
    assert f"      {command}" in lines


REFUSED = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeRule")


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (REFUSED, "AWS refused DescribeRule: AccessDenied: no"),
        (EndpointConnectionError(endpoint_url="https://x"), "AWS was not reached"),
        (Misconfigured("no parameter X"), "no parameter X"),
        (Refused("bad"), "bad"),
        (Unavailable("later"), "later"),
    ],
)
def test_what_ends_one_look_is_a_finding_and_not_the_end(fault: Exception, expected: str) -> None:
    # GIVEN a check that finds something, and then fails
    def check(_: Target) -> Iterator[CheckResult]:
        yield ok("so far")
        raise fault

    # THEN both are reported, with what to do
    first, last = results_of(check, cast("Target", None))
    assert first == ok("so far")
    assert (last.state, expected in last.what, bool(last.advice)) == ("bad", True, True)


def test_the_scopes_that_are_asked_for_are_those_of_the_manifest() -> None:
    lines = (ROOT / "docs/slack-manifest.yaml").read_text("utf-8").splitlines()
    asked = [line.split("#")[0].strip().removeprefix("- ") for line in lines if line.strip().startswith("- ")]
    assert sorted(asked) == sorted(SCOPES)
