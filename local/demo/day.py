"""Plays one day: the scan and the contract check get their events, and the work runs until every queue is empty."""

from __future__ import annotations

import json
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import uuid4

from rich.console import Console

from local.demo.findings import Before, Findings, Renewals, gather, run_of, waiting
from local.demo.log_errors import last_logged_error
from local.demo.progress import ContractLook, Look, ScanLook, Stalled, Watch, screen_on
from local.demo.state import DemoState
from local.deployment import ROOT, LocalDeployment
from local.stack.queues import wait_until_drained
from local.stack.schedule import fire

SEVEN = time(7)
SCAN_QUEUE = "scan"
STALL_SECONDS = 150.0
"""Seconds without any movement until the demo gives up: longer than a lease that a killed function has left."""
STALL_SECONDS_WITH_FAULTS = 60.0
"""The same with services that are down: longer than five tries of a message take."""


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a day: `failure` says why the scan did not reach its end, None if it did."""

    found: Findings | None
    renewals: Renewals
    failure: str | None


@dataclass(frozen=True, slots=True)
class DemoRun:
    """How days are played: the deployment, the console, and the seconds without progress after which a day fails."""

    deployment: LocalDeployment
    state: DemoState
    console: Console
    stall_seconds: float = STALL_SECONDS

    def day(self, day: date, accounts: int, *, force: bool) -> Played:
        """Scan a book of so many accounts, and check its contracts an hour later, also after a failed scan."""
        deployment = self.deployment
        before = Before.of(deployment, self.state, day)
        failure = self.scan(day, accounts, force=force)
        stuck = waiting(deployment)
        deployment.check_contracts(day)
        self.drain(ContractLook(deployment, day), but=stuck)
        return Played(gather(deployment, self.state, day, before), Renewals.of(deployment, day), failure)

    def scan(self, day: date, accounts: int, *, force: bool = False) -> str | None:
        """Scan a book of so many accounts. Why the scan did not reach its end, None if it did."""
        began = datetime.now(UTC)
        self.state.note(day)
        if waiting(self.deployment):
            self.console.print("  going on with what was left in the queues", style="dim")
            self._drain_scan(day, accounts)
        if SCAN_QUEUE not in waiting(self.deployment):
            self._ask_for_scan(day, force=force)
            self._drain_scan(day, accounts)
        return self._failure(day, began)

    def drain(self, look: Look, *, but: Collection[str] = ()) -> None:
        """Wait until every queue `but` those is empty, or nothing moves any more."""
        block, screen = screen_on(self.console)
        queues = {name: url for name, url in self.deployment.stack.queues.items() if name not in but}
        watch = Watch(self.deployment, look, screen, self.stall_seconds)
        with block, suppress(Stalled):
            wait_until_drained(self.deployment.aws, queues, watch, work=self.deployment.work)
            watch.look()
        self.deployment.write_bus_events()

    def _drain_scan(self, day: date, accounts: int) -> None:
        self.drain(ScanLook(self.deployment, day, accounts))

    def _failure(self, day: date, began: datetime) -> str | None:
        """Why the scan did not reach its end, if it did not."""
        run = run_of(self.deployment.table, day)
        if run and run.status == "finished":
            return None
        reason = (run.failure if run else None) or (last_logged_error(self.deployment, began) or "no function said why")
        later = "; it is tried again when the demo is started anew" if SCAN_QUEUE in waiting(self.deployment) else ""
        return f"the scan of {day} did not reach its end: {reason}{later}"

    def _ask_for_scan(self, day: date, *, force: bool) -> None:
        aws, stack = self.deployment.aws, self.deployment.stack
        if force:
            request = json.dumps(_event("scan_requested", day) | {"tenant_id": self.deployment.stack.space})
            aws.sqs.send_message(QueueUrl=stack.queues[SCAN_QUEUE], MessageBody=request)
        else:
            fire(aws, stack.outputs["ScanRuleName"], _event("schedule", day))


def _event(sample: str, day: date) -> dict[str, Any]:
    """The sample event of that name, for seven in the morning of `day`, with an id of its own."""
    event: dict[str, Any] = json.loads((ROOT / "events" / f"{sample}.json").read_text(encoding="utf-8"))
    return event | {"id": str(uuid4()), "time": datetime.combine(day, SEVEN, UTC).isoformat()}
