"""The import: the plan carried out, one request for each account. Accounts that are done stay done if it breaks off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from connectors.notion.account_import import AccountSource
from customer_success.errors import Refused
from local.notion.importing.accounts import FileAccount
from local.notion.importing.plan import Plan
from local.spreadsheets.rows import NotTaken


@dataclass(slots=True)
class Done:
    """How far a plan is carried out: lines = created + updated + unchanged + refused, and those still to do."""

    plan: Plan
    created: int = 0
    updated: int = 0
    refused: list[NotTaken] = field(default_factory=list)
    """What Notion refused, beside what the plan refuses."""

    @property
    def steps(self) -> int:
        """The accounts of the plan that are done, one way or the other."""
        return self.created + self.updated + len(self.refused)

    @property
    def to_do(self) -> int:
        return self.plan.requests - self.steps

    def __str__(self) -> str:
        refused = len(self.plan.refused) + len(self.refused)
        counts = (
            f"lines {self.plan.lines} = created {self.created} + updated {self.updated} "
            f"+ unchanged {self.plan.unchanged} + refused {refused}"
        )
        return f"{counts} + still to do {self.to_do}" if self.to_do else counts


def carry_out(done: Done, source: AccountSource, step: Callable[[], None] = lambda: None) -> None:
    """Make and change the accounts of the plan; `step` is called for each that is done.

    `done` is true at every moment. Raises `Misconfigured`, `Unavailable`.
    """
    for account in done.plan.create:
        written = {name: value.written for name, value in account.values.items()}
        done.created += _taken(done, account, partial(source.create, account.account_id, written))
        step()
    for update in done.plan.update:
        account = update.account
        written = {change.property: account.values[change.property].written for change in update.changes}
        done.updated += _taken(done, account, partial(source.update, update.page_id, account.account_id, written))
        step()


def _taken(done: Done, account: FileAccount, write: Callable[[], None]) -> bool:
    try:
        write()
    except Refused as refusal:
        done.refused.append(NotTaken(account.line, str(account), str(refusal)))
        return False
    return True
