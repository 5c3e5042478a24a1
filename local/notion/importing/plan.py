"""What an import will do: the accounts of the file set against those in Notion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from connectors.notion.account_import import KnownPage
from connectors.notion.reading import Read
from local.notion.importing.accounts import FileAccount, FileAccounts
from local.spreadsheets.fitting import same
from local.spreadsheets.rows import NotTaken


@dataclass(frozen=True, slots=True)
class Change:
    """A property whose value differs."""

    property: str
    old: Read
    new: Read

    def __str__(self) -> str:
        return f"{self.property}: {_words(self.old)} -> {_words(self.new)}"


@dataclass(frozen=True, slots=True)
class Update:
    """An account that is in Notion with other values than in the file."""

    account: FileAccount
    page_id: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of each line: lines = create + update + unchanged + refused.

    `absent` counts the pages in Notion that the file does not name; they stay as they are.
    """

    create: tuple[FileAccount, ...]
    update: tuple[Update, ...]
    unchanged: int
    absent: int
    refused: tuple[NotTaken, ...]

    @property
    def requests(self) -> int:
        """How often Notion is asked to write."""
        return len(self.create) + len(self.update)

    @property
    def lines(self) -> int:
        return self.requests + self.unchanged + len(self.refused)


def planned(file: FileAccounts, pages: Iterable[KnownPage]) -> Plan:
    """Plan what is missing and what differs.

    Refused are accounts that are not known for certain: an Account ID on several pages, and a name that a page without
    an Account ID has, which is most likely the account itself.
    """
    by_id: dict[str, list[KnownPage]] = {}
    unnamed: dict[str, KnownPage] = {}
    count = 0
    for page in pages:
        count += 1
        if page.account_id is not None:
            by_id.setdefault(page.account_id, []).append(page)
        elif page.name:
            unnamed.setdefault(_folded(page.name), page)
    create, update, refused = [], [], list(file.refused)
    unchanged = 0
    for account in file.accounts:
        known = by_id.get(account.account_id, [])
        if reason := _uncertain(account, known, unnamed):
            refused.append(NotTaken(account.line, str(account), reason))
        elif not known:
            create.append(account)
        elif changes := _changes(account, known[0]):
            update.append(Update(account, known[0].page_id, changes))
        else:
            unchanged += 1
    named = sum(len(found) for account_id, found in by_id.items() if account_id in file.named)
    refused.sort(key=lambda each: each.line)
    return Plan(tuple(create), tuple(update), unchanged, count - named, tuple(refused))


def _uncertain(account: FileAccount, known: list[KnownPage], unnamed: Mapping[str, KnownPage]) -> str | None:
    if len(known) > 1:
        where = ", ".join(page.url for page in known)
        return f"its Account ID stands on {len(known)} pages in Notion: {where}; expected one"
    if not known and account.name and (page := unnamed.get(_folded(account.name))):
        return f"Notion has a page of that name without an Account ID: {page.url}; put {account.account_id} there"
    return None


def _changes(account: FileAccount, page: KnownPage) -> tuple[Change, ...]:
    return tuple(
        Change(name, page.held[name], value.read)
        for name, value in account.values.items()
        if not same(page.held[name], value.read)
    )


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _words(value: Read) -> str:
    match value:
        case None:
            return "(empty)"
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ", ".join(map(str, value))
        case _:
            return str(value)
