"""Missing and wrong inputs of an import are all reported at once by their names, and the token is never shown."""

from datetime import date
from pathlib import Path

import pytest

from connectors.notion.names import PropertyNames
from customer_success.errors import Misconfigured
from customer_success.reading.mapping import Map
from local.console import PlainConsole
from local.notion.importing.options import FileOnly, Options, read_options
from local.notion.importing.output import Output
from local.notion.importing.run import show_file
from local.notion.variables import GivenToken
from tests.builders.exports import EXPORTS

ID = "0b1cd2ef-0000-4000-8000-000000000000"
GIVEN = {"FILE": "book.csv", "NOTION_TOKEN": "ntn_secret", "NOTION_ACCOUNTS": ID}


def test_the_least_that_is_needed() -> None:
    options = read_options(GIVEN | {"DRY_RUN": "", "NOTION_API_URL": "", "NOTION_PROPERTIES": ""})
    assert options == Options(Path("book.csv"), "ntn_secret", ID, PropertyNames(), None, False)


def test_all_that_can_be_given() -> None:
    options = read_options(
        GIVEN | {"DRY_RUN": "1", "NOTION_API_URL": "http://127.0.0.1:1/x", "NOTION_PROPERTIES": '{"plan": "Tarif"}'}
    )
    assert isinstance(options, Options)
    assert options.dry_run
    assert options.api_url == "http://127.0.0.1:1/x"
    assert options.names == PropertyNames(plan="Tarif")


@pytest.mark.parametrize(
    "accounts",
    [
        ID.replace("-", ""),
        ID.upper(),
        "https://www.notion.so/team/Accounts-0b1cd2ef000040008000000000000000?v=0123456789abcdef0123456789abcdef",
        "https://app.notion.com/0b1cd2ef000040008000000000000000?v=0123456789abcdef0123456789abcdef",
        "https://team.notion.site/Accounts-0b1cd2ef000040008000000000000000",
    ],
)
def test_the_accounts_may_be_given_by_their_address(accounts: str) -> None:
    options = read_options(GIVEN | {"NOTION_ACCOUNTS": accounts})
    assert isinstance(options, Options)
    assert options.accounts == ID


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("FILE", "", "FILE: is not given; expected a CSV file, e.g. make notion-import FILE=book.csv"),
        ("NOTION_TOKEN", " ", "NOTION_TOKEN: is not given; expected the secret of the Notion integration"),
        ("NOTION_TOKEN", "ntn_a b", "NOTION_TOKEN: holds characters that no token has"),
        ("NOTION_TOKEN", "ntn_ä", "NOTION_TOKEN: holds characters that no token has"),
        ("NOTION_TOKEN", "ntn_a\nb", "NOTION_TOKEN: holds characters that no token has"),
        ("NOTION_ACCOUNTS", "", "NOTION_ACCOUNTS: is not given; expected the id or the link"),
        ("NOTION_ACCOUNTS", "Accounts", "NOTION_ACCOUNTS: 'Accounts' holds no id; expected 32 hexadecimal digits"),
        ("NOTION_ACCOUNTS", "https://www.notion.so/?v=" + "0" * 32, "NOTION_ACCOUNTS: 'https://www.notion.so/?v=000"),
        ("NOTION_PROPERTIES", "{", "NOTION_PROPERTIES: Expecting property name"),
        ("NOTION_PROPERTIES", "[]", "NOTION_PROPERTIES: expected an object with names for values"),
        ("NOTION_PROPERTIES", '{"plan": ""}', "NOTION_PROPERTIES: expected an object with names for values"),
        ("NOTION_PROPERTIES", '{"plan": 1}', "NOTION_PROPERTIES: expected an object with names for values"),
        ("NOTION_PROPERTIES", '{"plam": "x"}', "NOTION_PROPERTIES: Property names: plam is not known; known are name"),
        ("NOTION_API_URL", "api.notion.com", "NOTION_API_URL: 'api.notion.com' is no address; expected one such as"),
        ("DRY_RUN", "yes", "DRY_RUN: 'yes'; expected 1, or nothing"),
    ],
)
def test_one_that_is_missing_or_wrong_is_reported_in_one_line_by_its_name(name: str, value: str, expected: str) -> None:
    with pytest.raises(Misconfigured) as error:
        read_options(GIVEN | {name: value})
    assert str(error.value).startswith(expected)
    assert "\n" not in str(error.value)


def test_all_that_is_wrong_is_reported_at_once_and_the_token_is_not_shown() -> None:
    with pytest.raises(Misconfigured) as error:
        read_options({"NOTION_TOKEN": "ntn_geheim ", "DRY_RUN": "no"})
    lines = str(error.value).splitlines()
    assert [line.split(":")[0] for line in lines] == ["FILE", "NOTION_ACCOUNTS", "DRY_RUN"]
    with pytest.raises(Misconfigured) as error:
        read_options(GIVEN | {"NOTION_TOKEN": "ntn_gehe im"})
    assert "gehe" not in str(error.value)
    assert "secret" not in repr(read_options(GIVEN))
    assert "secret" not in repr(GivenToken("ntn_secret"))


def test_a_dry_run_needs_neither_token_nor_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # GIVEN an export, and nothing of Notion
    file = tmp_path / "book.csv"
    file.write_text(EXPORTS["HubSpot"], encoding="utf-8")
    options = read_options({"FILE": str(file), "DRY_RUN": "1"})
    assert options == FileOnly(file, PropertyNames(), Map())
    # WHEN it is looked at
    assert show_file(options, Output(PlainConsole(width=100)), date(2026, 3, 2)) == 0
    # THEN the report is that of check-book
    shown = capsys.readouterr().out
    assert "recognised as HubSpot" in shown
    assert "dry run without Notion: 2 accounts would be brought in" in shown


def test_a_token_alone_is_not_enough_for_a_dry_run() -> None:
    with pytest.raises(Misconfigured, match="NOTION_ACCOUNTS: is not given"):
        read_options({"FILE": "book.csv", "DRY_RUN": "1", "NOTION_TOKEN": "ntn_secret"})


def test_map_is_named_where_it_is_wrong() -> None:
    with pytest.raises(Misconfigured, match=r"MAP: none\.toml: No such file"):
        read_options(GIVEN | {"MAP": "none.toml"})
