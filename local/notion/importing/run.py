"""One import from its first look at the file to its last line."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date

from connectors.notion.account_import import AccountSource
from connectors.notion.client import NotionClient
from connectors.retry_policy import RetryPolicy
from customer_success.errors import Misconfigured, Unavailable
from local.check_book.coverage import coverage_of
from local.check_book.report import report_lines
from local.console import print_error
from local.notion.importing.accounts import accounts_of
from local.notion.importing.job import Done, carry_out
from local.notion.importing.lock import import_lock
from local.notion.importing.options import FileOnly, Options
from local.notion.importing.output import Output
from local.notion.importing.plan import planned
from local.notion.importing.targets import cure, targets_of
from local.notion.variables import GivenToken
from local.spreadsheets.book import Sheet, read_book
from local.spreadsheets.columns import NAMES
from local.spreadsheets.errors import SpreadsheetError

REQUESTS_PER_SECOND = 3
"""What Notion allows an integration, on average."""
INTERRUPTED = 130
"""The exit code of what a person stopped."""


def import_accounts(options: Options, output: Output, retry_policy: RetryPolicy, today: date) -> int:
    """Read the file and Notion, show the plan and, unless it is a dry run, carry it out. The result is an exit code.

    Raises `SpreadsheetError`, `Misconfigured`, `Refused`, `Unavailable` while nothing is written, the last also while
    another import into the same data source runs on this machine.
    """
    sheet = _sheet(options, today)
    source = _source(options, retry_policy)
    with nullcontext() if options.dry_run else import_lock(source.id):
        return _import(options, sheet, source, output, today)


def show_file(asked: FileOnly, output: Output, today: date) -> int:
    """Show what an import would bring, without Notion: what each column was taken for, and what was not.

    Raises `SpreadsheetError`.
    """
    sheet = _sheet(asked, today)
    reading = sheet.reading
    for line in report_lines(asked.file, reading, coverage_of(reading.accounts, today)):
        output.plain(line)
    output.plain("")
    output.line(
        f"dry run without Notion: {len(sheet.lines):,} accounts would be brought in; with NOTION_TOKEN and "
        "NOTION_ACCOUNTS it shows which are new there and what differs"
    )
    return 0


def _import(options: Options, sheet: Sheet, source: AccountSource, output: Output, today: date) -> int:
    targets, without = targets_of(sheet.recognised.columns, source, options.names, options.accounts)
    output.columns([*sheet.recognised.ignored, *without])
    file = accounts_of(sheet, targets, options.names, today)
    plan = planned(file, output.reading(source.pages([target.property for target in targets])))
    output.plan(plan, file)
    if options.dry_run:
        output.details(plan)
        output.outlook(plan.requests, REQUESTS_PER_SECOND)
        output.line("dry run: nothing was written")
        return _code(Done(plan))
    if plan.lines and len(plan.refused) == plan.lines:
        return _code(Done(plan))
    if not plan.requests:
        output.line(f"nothing to do: {plan.unchanged:,} accounts are as in the file")
        return 0
    output.outlook(plan.requests, REQUESTS_PER_SECOND)
    done = Done(plan)
    try:
        with output.counting(plan.requests) as step:
            carry_out(done, source, step)
    except KeyboardInterrupt:
        output.stopped(done)
        return INTERRUPTED
    except (Misconfigured, Unavailable) as error:
        output.stopped(done)
        print_error(error)
        return 1
    output.end(done)
    return _code(done)


def _code(done: Done) -> int:
    """The exit code: 1, with the reason on standard error, where not one line of the file could be used."""
    refused = len(done.plan.refused) + len(done.refused)
    if not done.plan.lines or refused < done.plan.lines:
        return 0
    print_error(
        "nothing was imported: every line was refused, for the reasons above; mend the file, and import it again"
    )
    return 1


def _sheet(options: Options | FileOnly, today: date) -> Sheet:
    try:
        sheet = read_book(options.file, options.names, run_date=today, given=options.map)
    except SpreadsheetError as error:
        raise SpreadsheetError(f"FILE: {error}") from error
    if sheet.key.property != NAMES.account_id:
        raise SpreadsheetError(
            f"FILE: {options.file}, line 1: no column is called {NAMES.account_id}, by which accounts are known again"
        )
    return sheet


def _source(options: Options, retry_policy: RetryPolicy) -> AccountSource:
    """The accounts' data source, once token and id are known to be good; else which of the two is wrong."""
    client = NotionClient(GivenToken(options.token), retry_policy, base_url=options.api_url)
    source = AccountSource(client, options.accounts, options.names)
    name = "NOTION_TOKEN"
    try:
        _ = client.own_id
        name = "NOTION_ACCOUNTS"
        if options.names.account_id not in source.definitions:
            raise Misconfigured(
                f"{source.about} has no property {options.names.account_id!r}, by which accounts are known again; "
                f"{cure('account_id', options.accounts)}"
            )
        source.require_key()
    except Misconfigured as error:
        raise Misconfigured(f"{name}: {error}") from error
    except Unavailable as error:
        raise Unavailable(f"NOTION_API_URL: {error}" if options.api_url else str(error)) from error
    return source
