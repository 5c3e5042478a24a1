"""The team's Notion is set up by one command, which may be run again at any time and takes nothing away."""

from __future__ import annotations

import io
import json
import logging
import shlex
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from notion_client import Client
from rich.console import Console

from connectors.notion.names import ExpansionNames, PropertyNames, QbrNames, RecordNames, UsageNames
from connectors.notion.schema import (
    accounts_schema,
    expansion_schema,
    feature_usage_schema,
    qbr_schema,
    records_schema,
)
from customer_success.errors import Misconfigured, Refused, Unavailable
from customer_success.paging import Bookmark
from local.notion.setup.options import Options
from local.notion.setup.output import WIDTH, Output
from local.notion.setup.run import set_up
from local.sandbox import NOTION_TOKEN, Sandbox
from local.sandbox.notion.workspace import ROOT_PAGE
from tests.builders.notion_books import account_book, load_book, row, typed
from tests.builders.vendors import NASTY, Waiting, break_next, requests_to

Json = dict[str, Any]
TITLES = ["Accounts", "Feature Usage", "Health Records", "QBR", "Expansion"]
PARAMETERS = ["NotionAccounts", "NotionFeatureUsage", "NotionHealthRecords", "NotionQbrs", "NotionExpansions"]
CREATE = "POST /v1/databases"
UPDATE = "PATCH /v1/data_sources/{data_source_id}"
ABSENT = "0123abcd-0000-4000-8000-00000000000a"


class Team:
    """A team with a page in Notion."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.waiting = Waiting()
        self.notion: Any = Client(
            auth=NOTION_TOKEN,
            base_url=sandbox.url("notion"),
            notion_version="2026-03-11",
            retry=False,
            logger=logging.getLogger("notion"),
            log_level=logging.CRITICAL,
        )

    def set_up(self, parent: str | None = ROOT_PAGE, token: str = NOTION_TOKEN, **more: Any) -> list[str]:
        """Run the command: the lines that it reports, wrapped ones whole."""
        screen = io.StringIO()
        console = Console(file=screen, markup=False, emoji=False, highlight=False, width=WIDTH)
        url = more.pop("api_url", self.sandbox.url("notion"))
        set_up(Options(token, parent=parent, api_url=url, **more), Output(console), self.waiting.retry_policy)
        lines = screen.getvalue().splitlines()
        pasted = ("Notion", "'Notion", '    "', "    '", "    make")
        assert all(len(line) <= WIDTH for line in lines if not line.startswith(pasted))
        return lines

    def ids(self, output: list[str]) -> dict[str, str]:
        """The ids printed for the deployment, by their parameter."""
        pairs = [line.removesuffix(" \\").split("=", 1) for line in output if line.startswith("Notion")]
        return dict(pairs)

    def properties(self, database_id: str) -> Json:
        [source] = self.notion.databases.retrieve(database_id)["data_sources"]
        return dict(self.notion.data_sources.retrieve(source["id"])["properties"])

    def change(self, database_id: str, **properties: Any) -> None:
        """What a person does to properties in the app, an underscore in a name being a space."""
        [source] = self.notion.databases.retrieve(database_id)["data_sources"]
        given = {name.replace("_", " "): about for name, about in properties.items()}
        self.notion.data_sources.update(source["id"], properties=given)

    def database(self, title: str, properties: Json, parent: str = ROOT_PAGE) -> str:
        """The id of a database that a person made."""
        made = self.notion.databases.create(
            parent={"type": "page_id", "page_id": parent},
            title=typed(title),
            initial_data_source={"properties": properties},
        )
        return str(made["id"])

    def page(self) -> str:
        """The id of another page."""
        parent = {"type": "page_id", "page_id": ROOT_PAGE}
        return str(self.notion.pages.create(parent=parent, properties={"title": {"title": typed("Team")}})["id"])

    def writes(self) -> tuple[int, int]:
        """How often a database was made, and how often one was changed."""
        counts = requests_to(self.sandbox, "notion")
        return counts.get(CREATE, 0), counts.get(UPDATE, 0)


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    with Sandbox(tmp_path).start() as sandbox:
        yield Team(sandbox)


def flat(output: list[str]) -> str:
    return " ".join(" ".join(output).split())


def test_five_databases_are_made_with_all_that_they_hold(team: Team) -> None:
    ids = team.ids(team.set_up())
    assert list(ids) == PARAMETERS
    [source] = team.notion.databases.retrieve(ids["NotionAccounts"])["data_sources"]
    wanted = [
        accounts_schema(PropertyNames()),
        feature_usage_schema(UsageNames(), accounts_source_id=source["id"]),
        records_schema(RecordNames(), accounts_source_id=source["id"]),
        qbr_schema(QbrNames(), accounts_source_id=source["id"]),
        expansion_schema(ExpansionNames(), accounts_source_id=source["id"]),
    ]
    for title, database_id, schema in zip(TITLES, ids.values(), wanted, strict=True):
        database = team.notion.databases.retrieve(database_id)
        assert (database["title"][0]["plain_text"], database["parent"]["page_id"]) == (title, ROOT_PAGE)
        found = team.properties(database_id)
        assert found.keys() == schema.keys()
        for name, about in schema.items():
            [kind] = about
            assert found[name]["type"] == kind
            if kind == "relation":
                assert found[name][kind]["data_source_id"] == source["id"]
            if kind == "select":
                options = [{"name": each["name"], "color": each["color"]} for each in found[name][kind]["options"]]
                assert options == about[kind]["options"]


def test_the_output_names_each_database_its_link_and_what_comes_next(team: Team) -> None:
    output = team.set_up()
    ids = team.ids(output)
    for title, database_id in zip(TITLES, ids.values(), strict=True):
        line = output.index(f"{title}: created with {len(team.properties(database_id))} properties")
        assert output[line + 1] == f"  {team.notion.databases.retrieve(database_id)['url']}"
    assert [line for line in output if line.startswith('    "')] == [f'    "{n}={given}",' for n, given in ids.items()]
    assert "NotionProperties" not in flat(output)
    assert output[-1] == "Next: sam build && sam deploy --guided, then make doctor STACK=…"
    assert "Nothing was changed" not in flat(output)


def test_a_second_run_changes_nothing_and_says_so(team: Team) -> None:
    first = team.set_up()
    before = team.writes()
    output = team.set_up()
    assert team.writes() == before == (5, 0)
    assert team.ids(output) == team.ids(first)
    assert [line for line in output if line.endswith(": as it should be")] == [f"{t}: as it should be" for t in TITLES]
    assert "Nothing was changed. All five databases are as they should be." in output
    assert "holds no account yet" not in flat(output)


def test_the_databases_are_what_the_connectors_take(team: Team) -> None:
    accounts = team.ids(team.set_up())["NotionAccounts"]
    load_book(team.sandbox, [row(1, ARR={"number": 900})])
    [book] = account_book(team.sandbox, accounts).read(Bookmark())
    [account] = book.accounts
    assert (account.account_id, account.arr) == ("A-1", 900)


def test_what_is_missing_is_added_and_what_the_team_added_stays(team: Team) -> None:
    """GIVEN a team that removed a property and an option and made some of its own. WHEN it is set up again."""
    accounts = team.ids(team.set_up())["NotionAccounts"]
    options = [{"name": "Active"}, {"name": "Paused", "color": "brown"}]
    team.change(accounts, ARR=None, Our_Own={"checkbox": {}}, Status={"select": {"options": options}})
    before = {option["name"]: option for option in team.properties(accounts)["Status"]["select"]["options"]}

    output = team.set_up()

    assert "Accounts: added ARR; added the option Inactive to Status" in output
    after = team.properties(accounts)
    assert after["ARR"]["number"] == {"format": "dollar"}
    assert after["Our Own"]["type"] == "checkbox"
    stored = {option["name"]: option for option in after["Status"]["select"]["options"]}
    assert list(stored) == ["Active", "Paused", "Inactive"]
    assert {name: stored[name] for name in before} == before
    assert team.writes() == (5, 2), "the person's change and the command's"
    assert "Nothing was changed" not in flat(output)


def test_a_wrong_type_is_named_and_left_as_it_is(team: Team) -> None:
    ids = team.ids(team.set_up())
    team.change(ids["NotionAccounts"], ARR={"rich_text": {}})
    team.change(ids["NotionQbrs"], State={"rich_text": {}})
    before = team.writes()

    output = flat(team.set_up())

    assert team.writes() == before
    assert "Accounts: nothing to add Accounts: 'ARR' is a text, needs a number: change its type in Notion;" in output
    assert "until then it is unknown" in output
    assert "QBR: 'State' is a text, needs a select: change its type in Notion; until then nothing is written" in output
    assert "Nothing was changed. Change in Notion by hand what is told above; then run this again." in output
    assert "as they should be" not in output
    assert team.properties(ids["NotionAccounts"])["ARR"]["type"] == "rich_text"


def test_types_that_are_understood_too_are_right(team: Team) -> None:
    accounts = team.ids(team.set_up())["NotionAccounts"]
    people: Json = {"people": {}}
    team.change(accounts, ARR={"formula": {"expression": "1"}}, Status={"status": {}}, Owner_Email=people)
    assert "Accounts: as it should be" in team.set_up()


def test_a_renamed_property_is_recognised_and_reported_to_the_deployment(team: Team) -> None:
    accounts = team.ids(team.set_up())["NotionAccounts"]
    team.change(accounts, ARR={"name": "Annual recurring revenue"})
    output = team.set_up()
    assert "  ARR → Annual recurring revenue" in output
    assert """'NotionProperties="{\\"arr\\":\\"Annual recurring revenue\\"}"'""" in output
    assert "ARR" not in team.properties(accounts)


@pytest.mark.parametrize("broken", range(1, 6))
def test_a_run_that_broke_off_is_taken_up_again(team: Team, broken: int) -> None:
    """GIVEN a run that Notion refused at its n-th database. WHEN it is run again, THEN there are five, each once."""
    break_next(team.sandbox, "notion", "status", status=400, match="/v1/databases", method="POST", after=broken - 1)
    with pytest.raises(Refused):
        team.set_up()
    output = team.set_up()
    assert sum("as it should be" in line for line in output) == broken - 1
    assert sum("created with" in line for line in output) == 6 - broken
    assert list(team.ids(team.set_up())) == PARAMETERS
    assert sorted(listed(team)) == sorted(TITLES)


def listed(team: Team, page: str = ROOT_PAGE) -> list[str]:
    """The titles of the databases on a page."""
    blocks = team.notion.blocks.children.list(page)["results"]
    return [block["child_database"]["title"] for block in blocks if block["type"] == "child_database"]


def test_an_answer_that_was_lost_makes_no_second_database(team: Team) -> None:
    break_next(team.sandbox, "notion", "drop_after", match="/v1/databases", method="POST", after=1)
    output = team.set_up()
    assert "Feature Usage: created with 8 properties" in output
    assert sorted(listed(team)) == sorted(TITLES)


def test_notion_asking_for_a_pause_is_waited_for(team: Team) -> None:
    break_next(team.sandbox, "notion", "status", status=429, retry_after=7, method="POST")
    team.set_up()
    assert team.waiting.rate_limiter.pauses == [7]
    assert team.waiting.rate_limiter.waits == sum(requests_to(team.sandbox, "notion").values())


def test_databases_are_found_wherever_people_put_them_on_the_page(team: Team) -> None:
    """GIVEN more blocks than one answer lists, and a database dragged into a toggle in a toggle."""
    toggle = {"toggle": {"rich_text": typed("Tables"), "children": [{"toggle": {"rich_text": typed("More")}}]}}
    for blocks in ([{"paragraph": {"rich_text": typed(str(n))}} for n in range(99)], [toggle]):
        team.notion.blocks.children.append(ROOT_PAGE, children=blocks)
    last = team.notion.blocks.children.list(ROOT_PAGE)["results"][-1]
    [inner] = team.notion.blocks.children.list(last["id"])["results"]
    first = team.ids(team.set_up())
    put_into(team, first["NotionQbrs"], inner["id"])

    assert team.ids(team.set_up()) == first
    assert team.writes() == (5, 0)


def test_databases_below_another_page_are_not_taken(team: Team) -> None:
    other = team.page()
    team.database("QBR", {"Name": {"title": {}}}, parent=other)
    assert "QBR: created with 9 properties" in team.set_up()


def test_spaces_around_a_title_do_not_matter(team: Team) -> None:
    own = team.database(" QBR ", qbr_schema(QbrNames(), accounts_source_id=accounts_source(team)))
    assert team.ids(team.set_up())["NotionQbrs"] == own


def accounts_source(team: Team) -> str:
    """The id of the data source of a new account book."""
    database = team.notion.databases.retrieve(team.database("Accounts", accounts_schema(PropertyNames())))
    return str(database["data_sources"][0]["id"])


def test_a_database_in_the_trash_does_not_count(team: Team) -> None:
    qbrs = team.ids(team.set_up())["NotionQbrs"]
    team.notion.databases.update(qbrs, in_trash=True)
    output = team.set_up()
    assert "QBR: created with 9 properties" in output
    assert team.ids(output)["NotionQbrs"] != qbrs


def test_two_of_one_title_are_reported_before_anything_is_made(team: Team) -> None:
    ids = [team.database("QBR", {"Name": {"title": {}}}) for _ in range(2)]
    before = team.writes()
    with pytest.raises(Misconfigured) as raised:
        team.set_up()
    message = str(raised.value)
    assert message.startswith("PARENT: 2 databases on the page are called 'QBR': ")
    assert all(given.replace("-", "") in message for given in ids)
    assert message.endswith("Move all but one to the trash, or rename them. Nothing was changed.")
    assert team.writes() == before


def test_of_two_account_books_one_can_be_named(team: Team) -> None:
    first, second = (team.database("Accounts", accounts_schema(PropertyNames())) for _ in range(2))
    with pytest.raises(Misconfigured, match="or name the one to use with ACCOUNTS="):
        team.set_up()
    assert team.ids(team.set_up(accounts=second))["NotionAccounts"] == second
    assert first != second


OWN: Json = {
    "Customer": {"title": {}},
    "Annual recurring revenue": {"number": {"format": "euro"}},
    "account-id": {"rich_text": {}},
    "Package": {"select": {"options": [{"name": "Gold", "color": "yellow"}]}},
    "Churn Risk": {"select": {"options": [{"name": "none"}]}},
    "Sentiment": {"select": {"options": [{"name": "Great", "color": "pink"}]}},
    "Contract End": {"rich_text": {}},
    "Contract-End-Date": {"rich_text": {}},
    "Last contact": {"date": {}},
    "Last contact date": {"date": {}},
}


def test_a_book_that_the_team_has_is_mapped_and_completed(team: Team) -> None:
    # GIVEN a team with a book of its own, on a page of its own
    page = team.page()
    own = team.database("Customers", OWN, parent=page)
    before = team.properties(own)

    # WHEN it is set up without a page
    output = team.set_up(parent=None, accounts=own)

    # THEN the mapping is printed, with what fits none and what has a wrong type
    assert output[:6] == [
        "Accounts: 0 properties have our names; these are taken for ours (ours → yours):",
        "  Name → Customer",
        "  Account ID → account-id",
        "  Plan → Package",
        "  ARR → Annual recurring revenue",
        "  Contract End Date → Contract-End-Date",
    ]
    assert "'Last Interaction' could be 'Last contact', 'Last contact date': left out, and unknown" in flat(output)
    assert """  NOTION_PROPERTIES='{"last_interaction":"Last contact"}'""" in output
    assert "'Contract-End-Date' is a text, needs a date" in flat(output)
    # AND nothing of theirs is renamed, retyped or written over, what is missing stands beside it
    after = team.properties(own)
    sentiment = before.pop("Sentiment")
    assert {name: after[name] for name in before} == before
    assert after["Sentiment"]["select"]["options"][0] == sentiment["select"]["options"][0]
    assert [each["name"] for each in after["Sentiment"]["select"]["options"][1:]] == [
        "Positive",
        "Neutral",
        "Negative",
        "Critical",
    ]
    mapped = {"Name", "Account ID", "Plan", "ARR", "Contract End Date", "Ticket Sentiment", "Last Interaction"}
    assert after.keys() - before.keys() - {"Sentiment"} == accounts_schema(PropertyNames()).keys() - mapped
    # AND the deployment's ids are printed, and the four others lie on the same page
    theirs = {"name": "Customer", "account_id": "account-id", "plan": "Package", "arr": "Annual recurring revenue"}
    theirs |= {"contract_end": "Contract-End-Date", "avg_ticket_sentiment": "Sentiment"}
    value = json.dumps(theirs, separators=(",", ":")).replace('"', '\\"')
    assert f"""'NotionProperties="{value}"'""" in output
    assert team.ids(output)["NotionAccounts"] == own
    assert sorted(listed(team, page)) == sorted(["Customers", *TITLES[1:]])

    # AND a second run adds nothing
    writes = team.writes()
    assert "Accounts: nothing to add" in team.set_up(parent=None, accounts=own)
    assert team.writes() == writes


def test_what_the_team_chose_settles_what_is_unclear(team: Team) -> None:
    own = team.database("Customers", OWN)
    output = team.set_up(accounts=own, chosen={"last_interaction": "Last contact", "contract_end": "Contract End"})
    assert "  Last Interaction → Last contact" in output
    assert "could be" not in flat(output)
    assert "  Contract End Date → Contract End" in output
    assert not {"Last Interaction", "Contract End Date"} & team.properties(own).keys()


def test_a_chosen_name_that_the_book_does_not_have_is_refused_before_anything_is_changed(team: Team) -> None:
    """GIVEN an account book. WHEN names are chosen that it does not have, THEN none is believed, and none is added."""
    own = team.database("Customers", OWN)
    before, writes = team.properties(own), team.writes()
    wrong = {"name": "Nope", "account_id": "Acount-ID", "nps_score": "Zufriedenheit", "plan": "Package"}
    with pytest.raises(Misconfigured) as raised:
        team.set_up(accounts=own, chosen=wrong)
    assert str(raised.value).splitlines() == [
        "NOTION_PROPERTIES: name: there is no property 'Nope' in 'Customers'; its title is 'Customer'",
        "NOTION_PROPERTIES: account_id: there is no property 'Acount-ID' in 'Customers'; close to it: 'account-id'",
        "NOTION_PROPERTIES: nps_score: there is no property 'Zufriedenheit' in 'Customers'; "
        "without nps_score one is added, if none is recognised",
    ]
    assert (team.properties(own), team.writes(), listed(team)) == (before, writes, ["Customers"])


def imports(output: list[str]) -> list[tuple[str, list[str]]]:
    """The commands that load accounts, as a shell takes them apart, each with the line that leads to it."""
    return [
        (before, shlex.split(line)) for before, line in pairwise(output) if line.startswith("    make notion-import")
    ]


def test_the_command_that_loads_a_book_is_shown_whenever_it_can_be_loaded(team: Team) -> None:
    # GIVEN a new account book, the same in a second run, and one of the team's own
    new = team.set_up()
    words = ["make", "notion-import", "FILE=book.csv", f"NOTION_ACCOUNTS={team.ids(new)['NotionAccounts']}"]
    assert imports(new) == [("Accounts holds no account yet. To load them:", words)]
    assert imports(team.set_up()) == [("To load or update accounts:", words)]
    own = team.database("Customers", {"It's the $name": {"title": {}}, "Customer ID": {"rich_text": {}}})
    output = team.set_up(accounts=own, chosen={"roi_prefix": "Gain "})
    # THEN it is printed, with the team's names where they differ
    [(before, [*command, given])] = imports(output)
    assert before == "To load or update accounts:"
    assert command == [*words[:3], f"NOTION_ACCOUNTS={own}"]
    # AND make hands its variables on to the import as they are
    read = subprocess.run(
        ["make", "--no-print-directory", "-f", "-", given],
        input="all:\n\t@printenv NOTION_PROPERTIES\n",
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = {"name": "It's the $name", "account_id": "Customer ID", "roi_prefix": "Gain "}
    assert json.loads(read.stdout) == theirs
    assert output.index(next(line for line in output if "notion-import" in line)) == len(output) - 2


def test_a_book_whose_accounts_cannot_be_known_again_is_not_loaded(team: Team) -> None:
    own = team.database("Customers", {"Name": {"title": {}}, "Account ID": {"number": {}}})
    assert imports(team.set_up(accounts=own)) == []


def test_a_new_book_has_the_names_that_the_team_chose(team: Team) -> None:
    output = team.set_up(chosen={"arr": "Annual value"})
    found = team.properties(team.ids(output)["NotionAccounts"])
    assert "Annual value" in found
    assert "ARR" not in found
    assert """'NotionProperties="{\\"arr\\":\\"Annual value\\"}"'""" in output


def test_the_others_may_lie_on_another_page_than_the_teams_book(team: Team) -> None:
    own, page = team.database("Customers", OWN), team.page()
    team.set_up(parent=page, accounts=own)
    assert sorted(listed(team, page)) == sorted(TITLES[1:])


def test_the_book_may_be_named_by_its_data_source(team: Team) -> None:
    own = team.database("Customers", OWN)
    [source] = team.notion.databases.retrieve(own)["data_sources"]
    assert team.ids(team.set_up(parent=None, accounts=source["id"]))["NotionAccounts"] == source["id"]


def test_a_book_inside_a_block_lies_on_the_blocks_page(team: Team) -> None:
    page = team.page()
    own = team.database("Customers", OWN, parent=page)
    toggle = {"toggle": {"rich_text": typed("Tables"), "children": [{"toggle": {"rich_text": typed("More")}}]}}
    [block] = team.notion.blocks.children.append(page, children=[toggle])["results"]
    [inner] = team.notion.blocks.children.list(block["id"])["results"]
    put_into(team, own, inner["id"])
    team.set_up(parent=None, accounts=own)
    assert sorted(listed(team, page)) == sorted(TITLES[1:])


def put_into(team: Team, database_id: str, block_id: str) -> None:
    """Drag a database into a block, as only the app can."""
    team.sandbox._workspace.move(database_id, block_id)


def test_names_that_look_like_markup_are_printed_as_they_are(team: Team) -> None:
    own = team.database("[red]Customers[/red]", {NASTY.replace('"', ""): {"title": {}}})
    assert NASTY.replace('"', "")[:40] in flat(team.set_up(accounts=own))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"token": "ntn_other"}, r"^NOTION_TOKEN: Notion refused the token: API token is invalid\."),
        (
            {"parent": ABSENT},
            rf"^PARENT: Notion does not find the page {ABSENT}, or does not show it: open it in Notion",
        ),
        ({"accounts": ABSENT}, rf"^ACCOUNTS: Notion does not find the database {ABSENT}, or does not show it: open it"),
        ({"parent": None, "accounts": ROOT_PAGE}, rf"^ACCOUNTS: {ROOT_PAGE} is a page, not a database"),
    ],
)
def test_what_cannot_be_used_is_reported_in_one_line_and_nothing_is_made(
    team: Team, given: Json, expected: str
) -> None:
    with pytest.raises(Misconfigured, match=expected) as raised:
        team.set_up(**given)
    assert "\n" not in str(raised.value)
    assert team.writes() == (0, 0)


def test_a_database_is_no_page_for_the_others(team: Team) -> None:
    own = team.database("Customers", OWN)
    with pytest.raises(Misconfigured, match=f"^PARENT: {own} is a database, not a page: give the page"):
        team.set_up(parent=own)


def test_a_page_in_the_trash_and_a_book_in_the_trash_are_reported(team: Team) -> None:
    page, own = team.page(), team.database("Customers", OWN)
    team.notion.pages.update(page, in_trash=True)
    team.notion.databases.update(own, in_trash=True)
    with pytest.raises(Misconfigured, match=f"^PARENT: the page {page} lies in the trash"):
        team.set_up(parent=page)
    with pytest.raises(Misconfigured, match=r"^ACCOUNTS: the database 'Customers' lies in the trash"):
        team.set_up(accounts=own)


def test_a_book_on_a_page_in_the_trash_is_named_as_such(team: Team) -> None:
    page = team.page()
    own = team.database("Customers", OWN, parent=page)
    team.notion.pages.update(page, in_trash=True)
    with pytest.raises(Misconfigured, match=f"^ACCOUNTS: the page {page} lies in the trash"):
        team.set_up(parent=None, accounts=own)


def test_no_network_is_reported_with_the_address_that_was_given(team: Team) -> None:
    with pytest.raises(Unavailable, match=r"^NOTION_API_URL: Notion did not answer about"):
        team.set_up(api_url="http://127.0.0.1:9")
