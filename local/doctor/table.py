"""The table: that it is kept safe, that accounts stand in it, and how the last scan went."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice

from customer_success.aws.accounts import DynamoAccountRows
from customer_success.aws.runs import DynamoRuns
from customer_success.run import Run
from local.doctor.finding import Finding, bad, off, ok, untried
from local.doctor.patient import Patient

SCAN = "health_scan"
RUNS_LOOKED_AT = 60


def check_table(patient: Patient) -> Iterator[Finding]:
    """The table as AWS keeps it."""
    name, client = patient.output("TableName"), patient.aws.dynamodb
    status = client.describe_table(TableName=name)["Table"]["TableStatus"]
    if status != "ACTIVE":
        yield bad(f"the table {name} is {status}", "wait, then look again")
    if not patient.real:
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


def check_scan(patient: Patient) -> Iterator[Finding]:
    """The accounts' rows, and the last scans."""
    where = " in shadow" if patient.is_on("Shadow") else ""
    runs = list(islice(DynamoRuns(patient.table).before(SCAN, date.max), RUNS_LOOKED_AT))
    rows = sum(1 for _ in DynamoAccountRows(patient.table).every())
    if rows:
        yield ok(f"accounts in the table{where}: {rows:,}")
    else:
        yield off(f"accounts in the table{where}: none; the first scan writes them")
    if runs and runs[0].status != "finished":
        yield from _unfinished(patient, runs[0])
    finished = next((run for run in runs if run.status == "finished"), None)
    yield _never(patient, where) if finished is None else _last(patient, finished, where)


def _unfinished(patient: Patient, run: Run) -> Iterator[Finding]:
    if run.status == "failed":
        yield bad(f"the scan of {run.on} failed: {run.failure}", "mend that, then scan again:", _again(patient, run.on))
        return
    started = run.started_at
    since = f"since {_ago(patient.now - started)}" if started else ""
    text = f"the scan of {run.on} is under way {since}: {run.tally.read:,} accounts read"
    if started and patient.now - started > timedelta(hours=1):
        yield bad(text, "if nothing lies in scan-dlq, scan again:", _again(patient, run.on))
    else:
        yield ok(text)


def _again(patient: Patient, on: date) -> str:
    """The demo plays a day by its own command."""
    return patient.command("rescan" if patient.real else "demo", {"DATE": str(on)})


def _last(patient: Patient, run: Run, where: str) -> Finding:
    tally = run.tally
    rejected = sum(tally.rejected.values())
    text = (
        f"the last finished scan{where} is of {run.on}, {_days_ago(patient, run.on)}: {tally.read:,} read, "
        f"{tally.scored:,} scored, {rejected:,} rejected, {tally.skipped:,} skipped"
    )
    if not tally.scored:
        return bad(text, "look at what the rejected ones lack: the digest of that day lists them")
    limit = timedelta(hours=float(patient.setting("ScanOverdueHours")))
    if patient.is_on("ScanEnabled") and run.finished_at and patient.now - run.finished_at > limit:
        return bad(
            f"{text}. It should not be older than {limit.total_seconds() / 3600:.0f} hours (ScanOverdueHours)",
            "look at the rule and the queues above and below, and see scan-overdue in docs/operating.md",
        )
    return ok(text)


def _never(patient: Patient, where: str) -> Finding:
    text = f"no scan{where} has finished yet"
    if not patient.is_on("ScanEnabled"):
        return off(f"{text}, and none starts by itself (ScanEnabled=false)")
    limit = timedelta(hours=float(patient.setting("ScanOverdueHours")))
    if patient.now - patient.made > limit:
        return bad(text, "see scan-overdue in docs/operating.md")
    return off(f"{text}; the next starts by {patient.setting('ScanSchedule')}, in UTC")


def _days_ago(patient: Patient, on: date) -> str:
    days = (patient.now.date() - on).days
    return {0: "today", 1: "yesterday"}.get(days, f"{days:,} days ago" if days > 0 else "in days to come")


def _ago(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"
