"""One set-up from its first look at Notion to its last line."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.notion.account_import import has_key
from connectors.notion.client import NotionClient
from connectors.notion.databases import Database, accounts_database, related_databases
from connectors.notion.fit import Difference, WrongType, additions
from connectors.notion.names import PropertyNames
from connectors.notion.setup import Databases, FoundDatabase, SharedPage
from connectors.retry_policy import RetryPolicy
from customer_success.errors import Misconfigured, Unavailable
from local.notion.setup.mapping import Mapped, mapped, not_there
from local.notion.setup.options import Options
from local.notion.setup.output import Output
from local.notion.variables import GivenToken

REQUESTS_PER_SECOND = 3
"""What Notion allows an integration, on average."""


def set_up(options: Options, output: Output, retry_policy: RetryPolicy) -> None:
    """Make what is missing and report it. All is looked up, and refused where it is not clear, before anything is made.

    Raises `Misconfigured`, `Refused`, `Unavailable`, also half-way; another run goes on from there.
    """
    client = NotionClient(GivenToken(options.token), retry_policy, base_url=options.api_url)
    try:
        _ = client.own_id
    except Misconfigured as error:
        raise Misconfigured(f"NOTION_TOKEN: {error}") from error
    except Unavailable as error:
        raise Unavailable(f"NOTION_API_URL: {error}" if options.api_url else str(error)) from error
    _SetUp(client, output).run(options)


class _SetUp:
    """What is done in one run, and what came of it."""

    def __init__(self, client: NotionClient, output: Output) -> None:
        self._client = client
        self._databases = Databases(client)
        self._output = output
        self._changed = False
        self._right = True

    def run(self, options: Options) -> None:
        given, page = self._places(options)
        related = related_databases()
        there = self._there(page, [each.title for each in related] + ([] if given else ["Accounts"]))
        known = {title: self._databases.open(found) for title, found in there.items()}
        accounts, theirs, empty = self._accounts(given or known.get("Accounts"), page, options.chosen)
        ids = {"NotionAccounts": accounts.id}
        for database in related:
            ids[database.parameter] = self._made_right(database, known.get(database.title), page, accounts).id
        self._output.parameters(ids, theirs)
        self._output.result(changed=self._changed, right=self._right)
        if has_key(accounts.properties, PropertyNames.overridden_by(theirs)):
            self._output.loading(accounts.id, theirs, empty=empty)
        self._output.next_steps()

    def _places(self, options: Options) -> tuple[FoundDatabase | None, SharedPage]:
        """The team's own account book, if they name one, and the page for all others."""
        given, name = None, "ACCOUNTS"
        try:
            if options.accounts is not None:
                given = self._databases.open(options.accounts)
            name = "PARENT" if options.parent else "ACCOUNTS"
            page_id = options.parent or (self._databases.page_of(given) if given else "")
            page = SharedPage(self._client, page_id)
            page.require()
        except Misconfigured as error:
            raise Misconfigured(f"{name}: {error}") from error
        return given, page

    def _there(self, page: SharedPage, titles: list[str]) -> dict[str, str]:
        """The databases on the page that are ours by their title. Raises `Misconfigured` for two of one title."""
        titled = page.titled()
        for title in titles:
            if len(found := titled.get(title, [])) > 1:
                shown = ", ".join(str(self._databases.open(each)) for each in found)
                other = "; or name the one to use with ACCOUNTS=" if title == "Accounts" else ""
                raise Misconfigured(
                    f"PARENT: {len(found)} databases on the page are called {title!r}: {shown}. "
                    f"Move all but one to the trash, or rename them{other}. Nothing was changed."
                )
        return {title: titled[title][0] for title in titles if title in titled}

    def _accounts(
        self, found: FoundDatabase | None, page: SharedPage, chosen: Mapping[str, str]
    ) -> tuple[FoundDatabase, Mapping[str, str], bool]:
        """The account book, the team's names in it that differ from ours, and whether it is a new one."""
        if found is None:
            database = accounts_database(PropertyNames.overridden_by(chosen))
            return self._made_right(database, None, page, None), chosen, True
        if wrong := not_there(found.title, found.properties, chosen):
            raise Misconfigured("\n".join(f"NOTION_PROPERTIES: {each}" for each in wrong))
        what = mapped(found.properties, chosen)
        self._output.mapping(what)
        database = accounts_database(what.names)
        return self._made_right(database, found, page, None, what), what.theirs, False

    def _made_right(
        self,
        database: Database,
        found: FoundDatabase | None,
        page: SharedPage,
        accounts: FoundDatabase | None,
        what: Mapped | None = None,
    ) -> FoundDatabase:
        """The database, made if it is not there, with what it lacked."""
        accounts_source = accounts.source_id if accounts else ""
        stands = found or page.create(database.title, database.schema(accounts_source))
        differences = self._differences(database, stands, accounts_source, what)
        if added := additions(differences):
            stands = self._databases.update(stands, added)
        self._changed = self._changed or found is None or bool(added)
        self._right = self._right and not any(isinstance(each, WrongType) for each in differences)
        if found is None:
            self._output.created(database.title, stands)
        else:
            self._output.found(database.title, stands, differences)
        return stands

    def _differences(
        self, database: Database, found: FoundDatabase, accounts_source: str, what: Mapped | None
    ) -> tuple[Difference, ...]:
        unclear = what.unclear if what else {}
        return tuple(
            each for each in database.differences(found.properties, accounts_source) if each.property not in unclear
        )
