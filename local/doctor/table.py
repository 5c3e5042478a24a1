"""The table: its backups, its accounts, and how the last scan went."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from math import ceil

from customer_success.aws.dynamodb.accounts import DynamoAccountRows
from customer_success.aws.dynamodb.digests import DynamoDigests
from customer_success.aws.dynamodb.runs import DynamoRuns
from customer_success.expansion.expansion_run import KIND as EXPANSION
from customer_success.renewals.contracts import KIND as CONTRACT_CHECK
from customer_success.scan.run import HEALTH_SCAN as SCAN
from customer_success.scan.run import Run
from local.doctor.check_result import CheckResult, bad, due, off, ok, untried
from local.doctor.target import Target

RUNS_LOOKED_AT = 60
LONGEST_RUN = timedelta(hours=1)
LONGEST_DAYS = 3
"""A day and a weekend: so old the latest scan may be where none runs on weekends."""
LARGEST_REJECTED_SHARE = 0.1
"""As the alarm rejected-share has it."""
LONGEST_SHADOW, LONGEST_BREAK = 28, 7
"""Days in shadow, of which two weeks are meant; and without a scan between two of the same shadow."""
DIGESTS_LOOKED_AT = 14
BY_HAND = "let the rule start it (ScanEnabled=true), or scan today:"
CHECK_ADVICE = "look at the rule and the queue of the contract check above, and at the log of contract-check"


def check_table(target: Target) -> Iterator[CheckResult]:
    """The table as AWS keeps it."""
    name, client = target.output("TableName"), target.aws.dynamodb
    status = client.describe_table(TableName=name)["Table"]["TableStatus"]
    if status != "ACTIVE":
        yield bad(f"the table {name} is {status}", "wait, then look again")
    if not target.real:
        yield untried("backups and expiry of rows: the AWS of this machine has neither")
        return
    backups = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    recovery = backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
    if recovery == "ENABLED":
        yield ok(f"the table {name} can be brought back to any second of the last 35 days")
    else:
        yield bad(
            f"the table {name} has no point-in-time recovery",
            "switch it on again:",
            f"aws dynamodb update-continuous-backups --table-name {name} "
            "--point-in-time-recovery-specification PointInTimeRecoveryEnabled=true",
        )
    expiry = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"].get("TimeToLiveStatus")
    if expiry in ("ENABLED", "ENABLING"):
        yield ok("old rows expire by themselves")
    else:
        yield bad(
            f"the rows of the table {name} do not expire",
            "switch it on again:",
            f"aws dynamodb update-time-to-live --table-name {name} "
            "--time-to-live-specification Enabled=true,AttributeName=expires_at",
        )


def check_scan(target: Target) -> Iterator[CheckResult]:
    """The accounts' rows, and the last scans."""
    where = " in shadow" if target.is_on("Shadow") else ""
    runs = list(islice(DynamoRuns(target.table).before(SCAN, date.max), RUNS_LOOKED_AT))
    rows = sum(1 for _ in DynamoAccountRows(target.table).every())
    if rows:
        yield ok(f"accounts in the table{where}: {rows:,}")
    else:
        yield off(f"accounts in the table{where}: none; the first scan writes them")
    past = [run for run in runs if run.run_date <= target.today]
    if len(past) < len(runs):
        yield due(
            f"a scan{where} is of {runs[0].run_date}, in days to come: DATE was a slip",
            "scan today, so that what people see is of today:",
            _again(target, target.today),
        )
    if past and past[0].status != "finished":
        yield from _unfinished(target, past[0])
    finished = next((run for run in past if run.status == "finished"), None)
    if finished is None:
        yield _never(target, where)
    else:
        yield from _last(target, finished, where)


def check_expansion(target: Target) -> Iterator[CheckResult]:
    """The expansion check after the last scan: nothing else reports in time that it failed or never ended."""
    runs = islice(DynamoRuns(target.table).before(EXPANSION, date.max), RUNS_LOOKED_AT)
    last = next((run for run in runs if run.run_date <= target.today), None)
    if last is None:
        yield off("no scan has asked for expansion yet")
    elif last.status == "finished":
        yield ok(f"what follows a scan for expansion has ended last for {last.run_date}")
    else:
        yield from _unfinished(target, last, "the expansion run")


def check_contracts(target: Target) -> Iterator[CheckResult]:
    """The last list of renewals. One is written on every working day."""
    if not target.is_on("ContractCheckEnabled") or not target.real:
        return
    digests = DynamoDigests(target.table)
    days = (target.today - timedelta(days=back) for back in range(DIGESTS_LOOKED_AT))
    last = next((day for day in days if digests.get(f"{CONTRACT_CHECK}:{day}")), None)
    if last is None and target.now - target.made <= timedelta(days=LONGEST_DAYS):
        yield off("no contract check has listed renewals yet")
    elif last is None:
        yield due(f"no contract check has listed renewals for {DIGESTS_LOOKED_AT} days", CHECK_ADVICE)
    elif (days_old := (target.today - last).days) > LONGEST_DAYS:
        yield due(f"the last list of renewals is of {last}, {days_old} days ago", CHECK_ADVICE)
    else:
        yield ok(f"the last list of renewals is of {last}, {_days_ago(target, last)}")


def check_shadow_length(target: Target) -> Iterator[CheckResult]:
    """How long a deployment has run in shadow without a break."""
    if not target.is_on("Shadow"):
        return
    runs = islice(DynamoRuns(target.table).before(SCAN, date.max), RUNS_LOOKED_AT)
    days = [run.run_date for run in runs if run.run_date <= target.today]
    first = target.today
    for day in days:
        if (first - day).days > LONGEST_BREAK:
            break
        first = day
    length = (target.today - first).days
    if length > LONGEST_SHADOW:
        yield due(
            f"in shadow since {first} at the latest, {length} days: nobody is told of anything",
            "look at what was withheld, then let it out: Shadow=false (docs/deploying.md, step 7)",
        )


def _unfinished(target: Target, run: Run, what: str = "the scan") -> Iterator[CheckResult]:
    if run.status == "failed":
        yield bad(
            f"{what} of {run.run_date} failed: {run.failure}",
            "mend that, then scan again:",
            _again(target, run.run_date),
        )
        return
    started = run.started_at
    since = f"since {_ago(target.now - started)}" if started else "since nobody knows when"
    text = f"{what} of {run.run_date} is under way {since}: {run.tally.read:,} accounts read"
    if started is None or target.now - started > LONGEST_RUN:
        yield bad(text, "if nothing lies in scan-dlq, scan again:", _again(target, run.run_date))
    else:
        yield ok(text)


def _again(target: Target, on: date) -> str:
    """The demo plays a day by its own command."""
    return target.command("rescan" if target.real else "demo", {"DATE": str(on)})


def _last(target: Target, run: Run, where: str) -> Iterator[CheckResult]:
    tally = run.tally
    rejected = sum(tally.rejected.values())
    text = (
        f"the last finished scan{where} is of {run.run_date}, {_days_ago(target, run.run_date)}: {tally.read:,} read, "
        f"{tally.scored:,} scored, {rejected:,} rejected, {tally.inactive:,} skipped"
    )
    limit = timedelta(hours=float(target.setting("ScanOverdueHours")))
    if target.is_on("ScanEnabled") and run.finished_at and target.now - run.finished_at > limit:
        yield bad(
            f"{text}. It should not be older than {limit.total_seconds() / 3600:.0f} hours (ScanOverdueHours)",
            "look at the rule and the queues above and below, and see scan-overdue in docs/operating.md",
        )
    else:
        yield _counted(run, text)
        yield from _age(target, run, max(LONGEST_DAYS, ceil(limit / timedelta(days=1))))
    unexpected = rejected - tally.rejected.get("onboarding", 0)
    if tally.scored and unexpected > tally.read * LARGEST_REJECTED_SHARE:
        yield due(
            f"of {tally.read:,} accounts {unexpected:,} could not be judged",
            "see rejected-share in docs/operating.md; the digest of that day names them",
        )


def _counted(run: Run, text: str) -> CheckResult:
    if run.tally.scored:
        return ok(text)
    if run.tally.read:
        return bad(text, "look at what the rejected ones lack: the digest of that day lists them")
    return bad(text, "there is no account in the book: fill it in Notion, or bring accounts in by make notion-import")


def _age(target: Target, run: Run, longest_days: int) -> Iterator[CheckResult]:
    """Something is to be done where the latest scan is an old one, whether or not a rule is to start any."""
    days = (target.today - run.run_date).days
    if days <= longest_days:
        return
    what = f"what people see is {days:,} days old: no later day than {run.run_date} was scanned to its end"
    finished = run.finished_at
    # An old day that was requested just now is no fault; one without a later scan is.
    make = due if finished and target.now - finished <= timedelta(days=longest_days) else bad
    advice = "scan today:"
    if target.real and not target.is_on("ScanEnabled"):
        advice = BY_HAND
    yield make(f"{what}, and it should be no older than {longest_days}", advice, _again(target, target.today))


def _never(target: Target, where: str) -> CheckResult:
    text = f"no scan{where} has finished yet"
    if not target.is_on("ScanEnabled"):
        return off(f"{text}, and none starts by itself (ScanEnabled=false)", BY_HAND, _again(target, target.today))
    limit = timedelta(hours=float(target.setting("ScanOverdueHours")))
    if target.now - target.made > limit:
        return bad(text, "see scan-overdue in docs/operating.md")
    return off(f"{text}; the next starts by {target.setting('ScanSchedule')}, in UTC")


def _days_ago(target: Target, on: date) -> str:
    days = (target.today - on).days
    return {0: "today", 1: "yesterday"}.get(days, f"{days:,} days ago" if days > 0 else "in days to come")


def _ago(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"
