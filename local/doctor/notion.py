"""Notion: the token, the databases and their properties, and how much of the accounts is filled in."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Generator, Iterator, Sequence

from connectors.notion.accounts import NotionCSMAdapter
from connectors.notion.checks import integration
from connectors.notion.client import NotionClient
from connectors.notion.databases import Database, accounts_database, related_databases
from connectors.notion.fit import Missing, MissingOptions
from connectors.notion.names import PropertyNames
from connectors.notion.setup import Databases, FoundDatabase
from customer_success.accounts.account import Account
from customer_success.errors import Misconfigured, Refused, Unavailable
from customer_success.paging import Bookmark
from customer_success.scan.book_notes import HOW_TO_MAP, MOSTLY
from customer_success.schemas import CSMHealthSignals
from local.doctor.check_result import CheckResult, bad, off, ok, untried
from local.doctor.secrets import secret_fault
from local.doctor.target import Target

SIGNALS = [name for name in CSMHealthSignals.model_fields if name != "days_to_renewal"]
SHOWN = 6


def check_notion(target: Target) -> Iterator[CheckResult]:
    """All that hangs on the integration."""
    if secret_fault(target, "NotionSecret"):
        yield untried("token, databases and accounts: they hang on NotionSecret")
        return
    client = NotionClient(
        target.secret("NotionSecret"),
        target.retry_policy(float(target.setting("NotionRequestsPerSecond"))),
        base_url=target.setting("NotionApiUrl"),
    )
    try:
        who = integration(client)
    except (Misconfigured, Refused) as fault:
        yield bad(f"NotionSecret: {fault}", "copy the integration's token from Notion's settings into the secret")
        yield untried("databases and accounts: they hang on the token")
        return
    except Unavailable as fault:
        yield bad(f"NotionApiUrl: {fault}", "if status.notion.so says nothing, look at NotionApiUrl")
        yield untried("databases and accounts: they hang on Notion")
        return
    yield ok(f"the token is accepted: the integration {who.name!r} of the workspace {who.workspace!r}")
    yield from _Book(target, client).looked_at()
    yield untried(
        "inserting and updating: doctor writes nothing. The integration needs the capabilities to read, insert and "
        "update content, and to read users with their e-mail addresses"
    )


class _Book:
    """The databases of one deployment."""

    def __init__(self, target: Target, client: NotionClient) -> None:
        self._target = target
        self._client = client
        self._databases = Databases(client)

    def looked_at(self) -> Iterator[CheckResult]:
        accounts = yield from self._opened("NotionAccounts")
        try:
            names = PropertyNames.overridden_by(json.loads(self._target.setting("NotionProperties") or "{}"))
        except (Misconfigured, ValueError) as fault:
            yield bad(f"NotionProperties: {fault}", "set it to our names and yours, as `make notion-setup` prints it")
            names = None
        if accounts and names:
            yield from self._properties(accounts_database(names), accounts, accounts)
        elif accounts:
            yield untried(f"NotionAccounts: {accounts.title!r} is reachable; its properties hang on NotionProperties")
        for database in related_databases():
            found = yield from self._opened(database.parameter)
            if found and accounts:
                yield from self._properties(database, found, accounts)
            elif found:
                yield untried(f"{database.parameter}: its properties, as they lead to NotionAccounts")
        if accounts and names:
            yield from self._filled(accounts, names)
        else:
            yield untried("what the accounts hold: it hangs on NotionAccounts and NotionProperties")

    def _opened(self, parameter: str) -> Generator[CheckResult, None, FoundDatabase | None]:
        """The database that a parameter names, None if it cannot be used."""
        given = self._target.setting(parameter)
        if not given:
            yield off(f"{parameter} is empty")
            return None
        try:
            found = self._databases.open(given)
        except (Misconfigured, Refused) as fault:
            yield bad(f"{parameter}: {fault}", f"is {given} what `make notion-setup` printed for {parameter}?")
            return None
        except Unavailable as fault:
            yield bad(f"{parameter}: {fault}", "try again later")
            return None
        if found.id.replace("-", "") != given.replace("-", ""):
            yield bad(
                f"{parameter}: {found.title!r} has several data sources, and needs exactly one",
                f"name the one to use: {parameter}={found.id}",
            )
            return None
        return found

    def _properties(self, database: Database, found: FoundDatabase, accounts: FoundDatabase) -> Iterator[CheckResult]:
        differences = database.differences(found.properties, accounts.source_id)
        begin = f"{database.parameter}: {found.title!r}"
        setup = ("this adds it, and changes nothing else:", f"make notion-setup NOTION_TOKEN=… ACCOUNTS={accounts.id}")
        missing = [each for each in differences if isinstance(each, Missing)]
        options = [each for each in differences if isinstance(each, MissingOptions)]
        wrong = [each for each in differences if not isinstance(each, Missing | MissingOptions)]
        if missing:
            yield bad(f"{begin}: missing {_some([each.property for each in missing])}", *setup)
        for each in wrong:
            yield bad(f"{begin}: {each}", "")
        if options:
            yield off(f"{begin}: {_some([str(each) for each in options], '; ')}", *setup)
        if not missing and not wrong:
            yield ok(f"{begin} is reachable, and its {_count_of(database, accounts)} properties fit")

    def _filled(self, accounts: FoundDatabase, names: PropertyNames) -> Iterator[CheckResult]:
        zone = self._target.setting("Timezone") or "UTC"
        adapter = NotionCSMAdapter(self._client, accounts.id, names=names, timezone=zone)
        page = next(adapter.read(Bookmark()))
        read = page.accounts
        if not read:
            yield bad(
                "NotionAccounts holds no account",
                "fill it in Notion, or bring accounts in:",
                f"make notion-import FILE=book.csv NOTION_TOKEN=… NOTION_ACCOUNTS={accounts.id}",
            )
            return
        yield from _statuses(read, names)
        yield from _facts(read, names, first=page.next is not None)
        yield from _signals(read, names)


def _statuses(read: Sequence[Account], names: PropertyNames) -> Iterator[CheckResult]:
    """The status words that are not known; nothing if there is none."""
    words = Counter(each.status for each in read if each.status and each.status_meaning == "unknown")
    if not words:
        return
    count = words.total()
    what = f"{names.status!r} is a word that is not known in {count} of {len(read)} accounts: {_some(list(words))}"
    if count < len(read) * MOSTLY:
        yield off(f"{what}; they get alerts, but no draft and no offer. {HOW_TO_MAP}")
    else:
        yield bad(f"{what}: nothing is drafted for their customers, and nothing is offered", HOW_TO_MAP)


def _facts(read: Sequence[Account], names: PropertyNames, *, first: bool) -> Iterator[CheckResult]:
    counts = {
        names.account_id: sum(each.account_id != each.page_id.replace("-", "") for each in read),
        names.owner_email: sum(each.owner_email is not None for each in read),
        names.contract_end: sum(each.contract_end is not None for each in read),
    }
    what = f"of the {'first ' if first else ''}{len(read)} accounts "
    what += ", ".join(f"{count} have {name!r}" for name, count in counts.items())
    if empty := [name for name, count in counts.items() if not count]:
        yield bad(what, f"fill in {_some(empty)}, or say with NotionProperties what your properties are called")
    else:
        yield ok(what)
    unread = sum(any(one.property == names.owner_email for one in each.unreadable) for each in read)
    if unread and not counts[names.owner_email]:
        yield bad(
            f"{names.owner_email!r} shows no e-mail address in any of them",
            "of a person, the integration sees it only with the capability to read users with their e-mail addresses",
        )
    elif unread:
        yield off(f"{names.owner_email!r} is no e-mail address in {unread} of them: the digest names them")


def _signals(read: Sequence[Account], names: PropertyNames) -> Iterator[CheckResult]:
    empty = [getattr(names, signal) for signal in SIGNALS if not any(_has(each, signal) for each in read)]
    if len(empty) == len(SIGNALS):
        yield bad("no signal is filled in anywhere: nothing can be scored", f"fill in some of {_some(empty)}")
    elif empty:
        yield off(f"no account has {_some(empty)}: unknown throughout")
    else:
        yield ok(f"each of the {len(SIGNALS)} signals is filled in somewhere")


def _has(account: Account, signal: str) -> bool:
    dated = signal == "days_since_last_interaction" and account.last_interaction is not None
    return dated or signal in account.signals


def _some(words: Sequence[str], between: str = ", ") -> str:
    more = f"{between}and {len(words) - SHOWN} more" if len(words) > SHOWN else ""
    return between.join(repr(word) if between == ", " else word for word in words[:SHOWN]) + more


def _count_of(database: Database, accounts: FoundDatabase) -> int:
    return len(database.schema(accounts.source_id))
