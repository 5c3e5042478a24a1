"""A CSV of accounts comes into the team's Notion once, after any fault on the way, and takes nothing from it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from connectors.notion.names import PropertyNames
from connectors.notion.reading import value_of
from connectors.notion.schema import accounts_schema
from customer_success.errors import Misconfigured, Unavailable
from local.demo.options import SAMPLE_BOOK
from local.notion.importing.__main__ import main
from local.notion.importing.lock import import_lock
from local.notion.importing.options import Options
from local.notion.importing.output import WIDTH, Output
from local.notion.importing.run import INTERRUPTED, import_accounts
from local.sandbox import NOTION_TOKEN, Sandbox
from local.spreadsheets.errors import SpreadsheetError
from tests.builders.books import book_file
from tests.builders.notion_books import load_book, notion_client, row, typed
from tests.builders.texts.scoring import NPS_11
from tests.builders.vendors import NASTY, Waiting, break_next, requests_to

TODAY = date(2026, 3, 2)
LIMIT = 120
CREATE = "POST /v1/pages"
UPDATE = "PATCH /v1/pages/{page_id}"
QUERY = "POST /v1/data_sources/{data_source_id}/query"


class Team:
    """A team with a Notion and a file."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox, self.folder = sandbox, folder
        self.names = PropertyNames()
        self.waiting = Waiting()
        self.retry_policy: Any = self.waiting.retry_policy

    def bring(
        self, *lines: str, dry_run: bool = False, token: str = NOTION_TOKEN, accounts: str = ""
    ) -> tuple[int, str]:
        """Import a file of these lines: the exit code, and the output in one line."""
        return self.bring_file(book_file(self.folder, *lines), dry_run=dry_run, token=token, accounts=accounts)

    def bring_file(
        self, file: Path, *, dry_run: bool = False, token: str = NOTION_TOKEN, accounts: str = ""
    ) -> tuple[int, str]:
        accounts = accounts or load_book(self.sandbox, [], accounts_schema(self.names)).database_id
        options = Options(file, token, accounts, self.names, self.sandbox.url("notion"), dry_run)
        screen = io.StringIO()
        console = Console(file=screen, markup=False, emoji=False, highlight=False, width=WIDTH)
        code = import_accounts(options, Output(console), self.retry_policy, TODAY)
        output = screen.getvalue()
        assert max(map(len, output.splitlines())) <= WIDTH
        return code, " ".join(output.split())

    def pages(self) -> list[dict[str, Any]]:
        """All pages of the accounts as Notion shows them."""
        source = load_book(self.sandbox, [], accounts_schema(self.names)).data_source_id
        client = notion_client(self.sandbox, Waiting())
        found = client.call(lambda notion: notion.data_sources.query(source), about="the accounts")
        return list(found["results"])

    def values(self) -> dict[str, Mapping[str, Any]]:
        """What the accounts' filled properties hold, by Account ID."""
        accounts: dict[str, Mapping[str, Any]] = {}
        for page in self.pages():
            read = {name: value_of(prop) for name, prop in page["properties"].items()}
            accounts[str(read[self.names.account_id])] = {n: v for n, v in read.items() if v not in (None, False)}
        return accounts

    def written(self) -> int:
        """How often Notion was asked to make or change a page."""
        counts = requests_to(self.sandbox, "notion")
        return counts.get(CREATE, 0) + counts.get(UPDATE, 0)


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Team]:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Sandbox(tmp_path / "sandbox", notion_query_limit=LIMIT).start() as sandbox:
        yield Team(sandbox, tmp_path)


def text(words: str) -> dict[str, Any]:
    return {"rich_text": typed(words)}


def test_a_book_is_brought_in_once_and_the_second_run_has_nothing_to_do(team: Team) -> None:
    # GIVEN an empty Notion  WHEN the sample book is brought in
    code, output = team.bring_file(SAMPLE_BOOK)

    # THEN every line is accounted for, and what cannot be loaded is reported with line, column, value and what is right
    assert (code, team.written()) == (0, 60)
    assert output.endswith("lines 63 = created 60 + updated 0 + unchanged 0 + refused 3")
    assert "line 62, FW-160 Yarrow Laboratories: Account ID 'FW-160' stands on lines 61, 62; expected it once" in output
    assert "line 64: neither a name nor an id; the line was left out" in output
    assert "line 60, FW-159 Teasel Tools: Contract End Date 'next spring' is left out, expected a date as" in output
    assert f"line 57, FW-156 Periwinkle Fashion: {NPS_11}" in output
    assert "line 63, FW-162 Velvet Fern Florists: Owner Email: 'owner of record' could not be read" in output
    assert output.count("Mascot: not known") == 1
    assert "ROI Hours Saved per Month: Notion has no property 'ROI Hours Saved per Month'; add it there" in output
    first = team.values()
    assert (first["FW-101"]["ARR"], first["FW-101"]["Auto-Renew"]) == (126000, "Yes")
    assert first["FW-101"]["Connected Tools"] == ("Salesforce", "Slack")
    assert "Contract End Date" not in first["FW-159"]

    # WHEN it is brought in again  THEN nothing is written
    code, output = team.bring_file(SAMPLE_BOOK)
    assert output.endswith("nothing to do: 60 accounts are as in the file")
    assert (code, team.written()) == (0, 60)
    assert team.values() == first


def test_only_what_differs_is_written_and_nothing_is_taken_away(team: Team) -> None:
    # GIVEN accounts with values, those of the scan and the team's own among them
    schema = accounts_schema(team.names) | {"Mood": {"rich_text": {}}}
    own: dict[str, Any] = {
        "Mood": text("fine"),
        "CSM Health Score": {"number": 70},
        "CSM_Why": text("x"),
        "Notes": text("kept"),
    }
    own |= {"ARR": {"number": 10}, "Plan": {"select": {"name": "Growth"}}}
    rows = [row(number, **own) for number in (1, 2, 3)]
    load_book(team.sandbox, rows, schema)
    before = team.values()

    # WHEN a file changes one, has an empty cell, and names columns that are the scan's or unknown
    lines = [
        "Account ID,ARR,Plan,Notes,CSM Health Score,CSM Why,Mood",
        "A-1,20,growth,,5,mine,bad",
        "A-2,10,,,5,mine,bad",
    ]
    code, output = team.bring(*lines)

    # THEN that one property of that one page is changed
    assert code == 0
    assert output.endswith("lines 2 = created 0 + updated 1 + unchanged 1 + refused 0")
    assert "not in the file 1 (left as they are)" in output
    assert "CSM Health Score: written by the scan itself" in output
    assert requests_to(team.sandbox, "notion").get(UPDATE) == 1
    assert team.values() == before | {"A-1": {**before["A-1"], "ARR": 20}}


def test_a_dry_run_shows_what_will_change_and_writes_nothing(team: Team) -> None:
    # GIVEN two accounts in Notion, and a file with one of them changed and 25 more
    load_book(team.sandbox, [row(1, ARR={"number": 10}), row(2), row(3)])
    lines = ["Account ID,Name,ARR,NPS", "A-1,Account 1,20,7", "A-2,Account 2,,"]
    lines += [f"B-{number},New {number},," for number in range(25)]

    # WHEN it is tried dry
    before = team.values()
    code, output = team.bring(*lines, dry_run=True)

    # THEN the plan is shown, and nothing was written
    assert "to create 25 · to update 1 · unchanged 1 · refused 0 · not in the file 1 (left as they are)" in output
    assert "A-1 Account 1 ARR: 10 -> 20 NPS: (empty) -> 7" in output
    assert "B-0 New 0 B-1 New 1" in output
    assert "B-19 New 19 … and 5 more" in output
    assert "B-20 New" not in output
    assert output.endswith("dry run: nothing was written")
    assert (code, team.written()) == (0, 0)
    assert team.values() == before


def test_how_long_a_large_book_takes_is_shown_before(team: Team) -> None:
    _, output = team.bring("Account ID", *(f"B-{number}" for number in range(540)), dry_run=True)
    assert "540 requests, about 3 min" in output
    _, output = team.bring("Account ID", *(f"B-{number}" for number in range(150)), dry_run=True)
    assert "requests" not in output


def test_of_many_changes_the_first_are_shown_and_without_a_terminal_lines_show_how_far_it_is(team: Team) -> None:
    many = range(101)
    load_book(team.sandbox, [row(number, ARR={"number": 1}) for number in many])
    lines = ["Account ID,ARR", *(f"A-{number},2" for number in many)]
    output = team.bring(*lines, dry_run=True)[1]
    assert "A-19 ARR: 1 -> 2 … and 81 more dry run" in output
    assert "100 of 101 accounts done lines 101 = created 0 + updated 101" in team.bring(*lines)[1]


def test_a_book_is_read_past_the_row_at_which_a_query_stops(team: Team) -> None:
    # GIVEN three times as many accounts in Notion as one query returns, over many minutes
    many = range(3 * LIMIT)
    load_book(team.sandbox, [row(n, f"2024-01-01T{n // 60:02}:{n % 60:02}:00.000Z") for n in many])
    # WHEN a file names all of them  THEN none is made again, and each hundred cost one request
    _, output = team.bring("Account ID", *(f"A-{number}" for number in many))
    assert output.endswith(f"nothing to do: {3 * LIMIT} accounts are as in the file")
    assert requests_to(team.sandbox, "notion")[QUERY] <= 7


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "drop_before"},
        {"kind": "drop_after"},
        {"kind": "malformed"},
        {"kind": "status", "status": 429, "retry_after": 7},
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 409},
    ],
    ids=str,
)
@pytest.mark.parametrize("call", [("POST", "/v1/pages"), ("PATCH", "/v1/pages"), ("POST", "/query")], ids=str)
def test_a_fault_on_the_way_changes_nothing_in_the_end(
    team: Team, call: tuple[str, str], fault: Mapping[str, Any]
) -> None:
    # GIVEN one account to change and two to make, and a Notion of which one call goes wrong
    load_book(team.sandbox, [row(1, ARR={"number": 1})])
    break_next(team.sandbox, "notion", method=call[0], match=call[1], **fault)

    # WHEN they are brought in
    code, output = team.bring("Account ID,Name,ARR", "A-1,Account 1,2", "A-2,Two,3", "A-3,Three,4")

    # THEN it is as without the fault, and no account is there twice
    assert (code, output.split("(left as they are) ")[1]) == (
        0,
        "lines 3 = created 2 + updated 1 + unchanged 0 + refused 0",
    )
    assert len(team.pages()) == 3
    assert {account: values["ARR"] for account, values in team.values().items()} == {"A-1": 2, "A-2": 3, "A-3": 4}
    assert team.waiting.rate_limiter.pauses == ([7] if "retry_after" in fault else [])


def test_an_answer_that_is_lost_more_than_once_makes_no_second_page(team: Team) -> None:
    # GIVEN a Notion that makes the page, and whose answers about it are lost
    break_next(team.sandbox, "notion", "drop_after", method="POST", match="/v1/pages")
    load_book(team.sandbox, [row(1)])
    source = load_book(team.sandbox, []).data_source_id
    # AND which does not answer either when the page is looked for, the first time after the book was read
    break_next(team.sandbox, "notion", "delay", seconds=0, match="/query")
    break_next(team.sandbox, "notion", "status", status=503, match="/query")
    code, _ = team.bring("Account ID", "A-9", accounts=source)
    assert (code, len(team.pages())) == (0, 2)
    assert requests_to(team.sandbox, "notion")[CREATE] == 1


@pytest.mark.parametrize("call", [("POST", "/v1/pages"), ("PATCH", "/v1/pages")], ids=str)
def test_a_notion_that_goes_away_ends_it_in_good_order_and_the_next_run_goes_on(
    team: Team, call: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    # GIVEN a Notion that takes one page of three and then no more
    load_book(team.sandbox, [row(1, ARR={"number": 1})])
    lines = ["Account ID,ARR", "A-1,2", "A-2,3", "A-3,4"]
    break_next(team.sandbox, "notion", "delay", seconds=0, method="POST", match="/v1/pages")
    break_next(team.sandbox, "notion", "status", method=call[0], match=call[1], times=None)

    # WHEN they are brought in  THEN it ends with how far it came, and why
    code, output = team.bring(*lines)
    done = {"POST": 1, "PATCH": 2}[call[0]]
    assert code == 1
    assert f"lines 3 = created {done} + updated 0 + unchanged 0 + refused 0 + still to do {3 - done}" in output
    assert output.endswith(f"{done} of 3 done; run it again, it goes on where it stopped")
    assert "Notion failed on the account A-" in capsys.readouterr().err

    # WHEN it is run again with Notion back  THEN it does the rest
    team.sandbox.answer("DELETE", "/control/faults", {}, b"")
    code, output = team.bring(*lines)
    assert code == 0
    assert output.endswith(f"created {2 - done} + updated 1 + unchanged {done} + refused 0")
    assert {account: values["ARR"] for account, values in team.values().items()} == {"A-1": 2, "A-2": 3, "A-3": 4}


def test_a_stopped_import_reports_its_progress(team: Team) -> None:
    # GIVEN a person who presses Ctrl-C when the second page is to be made
    load_book(team.sandbox, [])
    retry_policy = team.retry_policy

    class Stopping:
        def within(self, timeout: float) -> float:
            return float(retry_policy.within(timeout))

        def call(self, request: Any, *, repeatable: bool) -> Any:
            if requests_to(team.sandbox, "notion").get(CREATE, 0) == 1:
                raise KeyboardInterrupt
            return retry_policy.call(request, repeatable=repeatable)

    team.retry_policy = Stopping()

    # WHEN it is stopped  THEN what is done is reported, and stays done
    code, output = team.bring("Account ID", "A-1", "A-2", "A-3")
    assert code == INTERRUPTED
    assert output.endswith("1 of 3 done; run it again, it goes on where it stopped")
    assert list(team.values()) == ["A-1"]

    # AND the next run makes the others
    team.retry_policy = retry_policy
    assert team.bring("Account ID", "A-1", "A-2", "A-3")[1].endswith("created 2 + updated 0 + unchanged 1 + refused 0")


def test_what_notion_refuses_is_reported_and_the_others_are_loaded(team: Team) -> None:
    # GIVEN a Notion that refuses one page
    load_book(team.sandbox, [])
    break_next(team.sandbox, "notion", "status", status=400, method="POST", match="/v1/pages")
    code, output = team.bring("Account ID", "A-1", "A-2")
    assert code == 0
    assert "line 2, A-1: Notion refused the account A-1 (400" in output
    assert output.endswith("lines 2 = created 1 + updated 0 + unchanged 0 + refused 1")


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_file_of_which_no_line_is_taken_does_not_end_well(team: Team, dry_run: bool) -> None:
    # GIVEN lines without an Account ID
    load_book(team.sandbox, [])
    code, output = team.bring("Account ID,Name", ",One", ",Two", dry_run=dry_run)
    # THEN the reasons are reported, and that nothing was imported
    assert (code, team.written()) == (1, 0)
    assert "refused 2" in output
    # AND the same where it is Notion that refuses them all
    if not dry_run:
        break_next(team.sandbox, "notion", "status", status=400, method="POST", match="/v1/pages")
        assert team.bring("Account ID", "A-1")[0] == 1


def test_a_page_that_was_removed_meanwhile_is_refused_alone(team: Team) -> None:
    load_book(team.sandbox, [row(1, ARR={"number": 1}), row(2, ARR={"number": 1})])
    break_next(team.sandbox, "notion", "status", status=404, method="PATCH")
    _, output = team.bring("Account ID,ARR", "A-1,2", "A-2,2")
    assert "line 2, A-1: its page was removed" in output
    assert output.endswith("created 0 + updated 1 + unchanged 0 + refused 1")


def test_an_account_that_is_not_known_for_certain_is_reported_and_left_alone(team: Team) -> None:
    # GIVEN an Account ID on two pages, and a page that has a name and no Account ID
    unnamed = row(9)
    unnamed.properties |= {"Account ID": text(""), "Name": {"title": typed("Acme  Corp")}}
    load_book(team.sandbox, [row(1, ARR={"number": 1}), row(1, ARR={"number": 2}), unnamed])
    before = [page["properties"] for page in team.pages()]

    # WHEN a file names both
    _, output = team.bring("Account ID,Name,ARR", "A-1,Account 1,5", "A-7,acme corp,5")

    # THEN both are refused, with the pages to look at
    assert "line 2, A-1 Account 1: its Account ID stands on 2 pages in Notion: https://www.notion.so/" in output
    assert "line 3, A-7 acme corp: Notion has a page of that name without an Account ID: https://www.notion" in output
    assert "to create 0 · to update 0 · unchanged 0 · refused 2 · not in the file 1" in output
    assert [page["properties"] for page in team.pages()] == before


def test_values_are_fitted_to_the_types_that_the_team_chose(team: Team) -> None:
    # GIVEN a team with its own names and types
    team.names = PropertyNames(
        account_id="Konto", name="Kunde", plan="Tarif", auto_renew="Automatisch", arr="Umsatz", owner_email="Betreuer"
    )
    team.names = replace(team.names, roi_prefix="Nutzen ")
    schema = {
        "Kunde": {"title": {}},
        "Konto": {"rich_text": {}},
        "Tarif": {"status": {"options": [{"name": "Growth"}, {"name": "Enterprise"}]}},
        "Automatisch": {"checkbox": {}},
        "Umsatz": {"rich_text": {}},
        "Betreuer": {"people": {}},
        "NPS": {"date": {}},
        "Contract End Date": {"date": {}},
        "Connected Tools": {"rich_text": {}},
        "Nutzen Hours": {"number": {}},
    }
    accounts = load_book_keyed(team, schema)

    # WHEN a file with those names and the usual ones is brought in, twice
    lines = [
        "Kunde,Konto,plan tier,Automatisch,ARR,Betreuer,NPS,Contract End,Connected Tools,ROI Hours,days to renewal",
        "Eins,K-1,growth,yes,1200,a@b.example,7,2026-05-01T10:00:00,Jira;Slack,12.5,60",
        "Zwei,K-2,Gold,no,,,,,,,",
    ]
    _, output = team.bring(*lines, accounts=accounts)
    again = team.bring(*lines, accounts=accounts)[1]

    # THEN it stands there as the properties hold it
    source = notion_client(team.sandbox, Waiting()).call(lambda n: n.databases.retrieve(accounts), about="it")
    found = notion_client(team.sandbox, Waiting()).call(
        lambda n: n.data_sources.query(source["data_sources"][0]["id"]), about="it"
    )["results"]
    read = {
        str(value_of(page["properties"]["Konto"])): {n: value_of(p) for n, p in page["properties"].items()}
        for page in found
    }
    assert read["K-1"] | {"Contract End Date": str(read["K-1"]["Contract End Date"])} == {
        "Kunde": "Eins",
        "Konto": "K-1",
        "Tarif": "Growth",
        "Automatisch": True,
        "Umsatz": "1200",
        "Betreuer": None,
        "NPS": None,
        "Contract End Date": "2026-05-01",
        "Connected Tools": "Jira, Slack",
        "Nutzen Hours": 12.5,
    }
    # AND what cannot is reported once, with the way out
    assert (
        output.count("Betreuer: the property 'Betreuer' is of type people in Notion; expected email or title or text")
        == 1
    )
    assert "NPS: the property 'NPS' is of type date in Notion; expected number" in output
    assert "days to renewal: a number of days is another date tomorrow; give the date itself" in output
    options = "Growth, Enterprise"
    assert f"plan tier 'Gold' is left out, expected one of the options that this status has: {options}" in output
    assert again.endswith("nothing to do: 2 accounts are as in the file")


def load_book_keyed(team: Team, schema: dict[str, Any]) -> str:
    """The id of a database of that schema, without pages."""
    client = notion_client(team.sandbox, Waiting())
    root = {"type": "page_id", "page_id": "c5000000-0000-4000-8000-000000000001"}
    made = client.call(
        lambda notion: notion.databases.create(
            parent=root, title=typed("Kunden"), initial_data_source={"properties": schema}
        ),
        about="it",
    )
    return str(made["id"])


def test_a_property_that_notion_lacks_is_reported_once_with_what_adds_it(team: Team) -> None:
    accounts = load_book_keyed(team, {"Account": {"title": {}}, "Account ID": {"rich_text": {}}})
    _, output = team.bring("Account ID,Name,Plan", "A-1,Acme,Growth", "A-2,Brass,Growth", accounts=accounts)
    cure = (
        """Plan: Notion has no property 'Plan'; where it has another name: NOTION_PROPERTIES='{"plan":"its name"}'; """
        f"where there is none: make notion-setup ACCOUNTS={accounts} adds it"
    )
    assert output.count(cure) == 1
    assert output.endswith("created 2 + updated 0 + unchanged 0 + refused 0")


def test_the_account_id_may_be_the_title_and_no_name_takes_its_place(team: Team) -> None:
    accounts = load_book_keyed(team, {"Account ID": {"title": {}}, "ARR": {"number": {}}})
    break_next(team.sandbox, "notion", "drop_after", method="POST", match="/v1/pages")
    lines = ["Name,Account ID,ARR", "Acme,A-1,5"]
    _, output = team.bring(*lines, accounts=accounts)
    assert "Name: goes to 'Account ID', as 'Account ID' does" in output
    assert requests_to(team.sandbox, "notion")[CREATE] == 1
    assert team.bring(*lines, accounts=accounts)[1].endswith("nothing to do: 1 accounts are as in the file")


def test_names_that_would_be_markup_or_steer_a_terminal_are_shown_as_they_are(team: Team) -> None:
    name = f"[bold]{NASTY[:30]}[/]"
    _, output = team.bring("Account ID,Name,Plan\x1b", f"A-1,{name},", '"A-2",\x1b[31mred,"a,b"', dry_run=True)
    assert "[bold]<script>" in output
    assert "\x1b" not in output
    assert "A-2 [31mred" in output


def test_the_wrong_token_the_wrong_id_and_an_id_without_the_key_are_reported_by_their_names(team: Team) -> None:
    with pytest.raises(Misconfigured, match=r"^NOTION_TOKEN: Notion refused the token") as refused:
        team.bring("Account ID", "A-1", token="ntn_of_somebody_else")
    assert "somebody" not in str(refused.value)
    with pytest.raises(Misconfigured, match=r"^NOTION_ACCOUNTS: Notion does not find the database 0b1cd2ef"):
        team.bring("Account ID", "A-1", accounts="0b1cd2ef-0000-4000-8000-000000000000")
    bare = load_book_keyed(team, {"Name": {"title": {}}})
    with pytest.raises(
        Misconfigured,
        match=rf"^NOTION_ACCOUNTS: .*no property 'Account ID'.*NOTION_PROPERTIES='{{\"account_id\":\"its name\"}}'; "
        rf"where there is none: make notion-setup ACCOUNTS={bare} adds it$",
    ):
        team.bring("Account ID", "A-1", accounts=bare)
    wrong = load_book_keyed(team, {"Name": {"title": {}}, "Account ID": {"number": {}}})
    with pytest.raises(Misconfigured, match=r"^NOTION_ACCOUNTS: .*'Account ID'.* is of type number.*expected a text"):
        team.bring("Account ID", "A-1", accounts=wrong)
    break_next(team.sandbox, "notion", "drop_before", times=None)
    with pytest.raises(Unavailable, match=r"^NOTION_API_URL: Notion did not answer"):
        team.bring("Account ID", "A-1", accounts=bare)


ANOTHER = "another import into this database is running on this machine: wait for it to end"


def test_two_imports_at_once_are_one(
    team: Team, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # GIVEN an import that runs, into the database of the second by its other id
    book, other = load_book(team.sandbox, []), load_book_keyed(team, {"Account ID": {"title": {}}})
    file = book_file(team.folder, "Account ID", "A-1")
    given = {"FILE": str(file), "NOTION_TOKEN": NOTION_TOKEN, "NOTION_API_URL": team.sandbox.url("notion")}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    for accounts in (book.database_id, book.data_source_id):
        monkeypatch.setenv("NOTION_ACCOUNTS", accounts)
        with import_lock(book.data_source_id):
            # WHEN a second begins  THEN it says so in one line, and writes nothing
            assert main([]) == 1
            assert capsys.readouterr() == ("", f"{ANOTHER}\n")
            assert team.written() == 0
            # AND one that only looks, and one into another database, are free to run
            assert team.bring_file(file, dry_run=True, accounts=accounts)[0] == 0
    with import_lock(book.data_source_id):
        assert team.bring_file(file, accounts=other)[0] == 0
    # AND once the first is done, the second does its work
    assert main([]) == 0
    assert list(team.values()) == ["A-1"]


def test_the_lock_goes_with_the_process(team: Team) -> None:
    # GIVEN another process that imports
    source = load_book(team.sandbox, []).data_source_id
    hold = (
        f"import tempfile, time; tempfile.tempdir = {str(team.folder)!r}\n"
        "from local.notion.importing.lock import import_lock\n"
        f"with import_lock({source!r}): print(flush=True); time.sleep(600)"
    )
    env = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE, env=env) as process:
        assert process.stdout is not None and process.stdout.readline() == b"\n"
        with pytest.raises(Unavailable, match=ANOTHER):
            team.bring("Account ID", "A-1")
        # WHEN it is killed  THEN nothing is left to be cleared away
        process.kill()
    assert team.bring("Account ID", "A-1")[0] == 0


def test_a_file_that_is_none_is_reported_before_notion_is_asked(team: Team) -> None:
    accounts = load_book(team.sandbox, []).database_id
    with pytest.raises(SpreadsheetError, match=r"^FILE: .*book.csv, line 1: no column is called Account ID, by which"):
        team.bring("Name,Plan", "Acme,Growth", accounts=accounts)
    with pytest.raises(SpreadsheetError, match=r"^FILE: .*missing.csv: No such file"):
        team.bring_file(team.folder / "missing.csv", accounts=accounts)
    assert requests_to(team.sandbox, "notion") == {}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252"])
def test_a_file_as_excel_saves_it_is_read(team: Team, encoding: str) -> None:
    file = book_file(team.folder, "sep=;", "Account ID;Name;ARR", "A-1;Müller;$1,200", encoding=encoding)
    _ = team.bring_file(file)
    assert team.values()["A-1"] == {"Account ID": "A-1", "Name": "Müller", "ARR": 1200}
