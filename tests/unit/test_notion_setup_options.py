"""What a set-up is asked for is checked before Notion is."""

from __future__ import annotations

import pytest

from customer_success.errors import Misconfigured
from local.notion.setup.__main__ import main
from local.notion.setup.options import read_options

DASHED = "0123abcd-0000-4000-8000-00000000000a"
ID = DASHED.replace("-", "")
TOKEN = "ntn_secret"


@pytest.mark.parametrize(
    "given",
    [
        DASHED,
        ID,
        f" {ID} ",
        f"https://www.notion.so/team/Customer-Success-{ID}?pvs=4",
        f"https://www.notion.so/{ID}?v=ffffffffffffffffffffffffffffffff",
    ],
)
def test_ids_are_taken_as_people_have_them(given: str) -> None:
    options = read_options({"NOTION_TOKEN": TOKEN, "PARENT": given, "ACCOUNTS": given})
    assert str(options.parent).replace("-", "") == str(options.accounts).replace("-", "") == ID


def test_either_of_the_two_is_enough_and_the_rest_has_defaults() -> None:
    options = read_options({"NOTION_TOKEN": TOKEN, "PARENT": ID, "ACCOUNTS": "", "NOTION_API_URL": ""})
    assert (options.accounts, options.api_url, options.chosen) == (None, None, {})
    assert read_options({"NOTION_TOKEN": TOKEN, "ACCOUNTS": ID}).parent is None


def test_all_that_is_wrong_is_reported_at_once_by_its_name() -> None:
    given = {
        "NOTION_TOKEN": "",
        "PARENT": "my page",
        "ACCOUNTS": "12345",
        "NOTION_PROPERTIES": '{"nps": ""}',
        "NOTION_API_URL": "localhost",
    }
    with pytest.raises(Misconfigured) as raised:
        read_options(given)
    message = str(raised.value).splitlines()
    assert [line.split(":")[0] for line in message] == list(given)
    assert "'my page' holds no id; expected 32 hexadecimal digits" in message[1]


def test_nothing_given_says_what_to_give() -> None:
    with pytest.raises(Misconfigured, match=r"^PARENT: is not given; expected the id or the link of the Notion page"):
        read_options({"NOTION_TOKEN": TOKEN})


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("{", "expected JSON"),
        ("[]", "expected an object"),
        ('{"arrr":"ARR"}', "arrr is not known"),
        (r'{"arr":"a\"b"}', "quotation mark"),
    ],
)
def test_names_that_cannot_be_used_are_reported(names: str, expected: str) -> None:
    with pytest.raises(Misconfigured, match=f"^NOTION_PROPERTIES: .*{expected}"):
        read_options({"NOTION_TOKEN": TOKEN, "PARENT": ID, "NOTION_PROPERTIES": names})


def test_a_token_is_never_shown() -> None:
    with pytest.raises(Misconfigured) as raised:
        read_options({"NOTION_TOKEN": "ntn_sec ret", "PARENT": ID})
    assert "sec" not in str(raised.value).replace("secret", "")
    assert TOKEN not in repr(read_options({"NOTION_TOKEN": TOKEN, "PARENT": ID}))


def test_the_command_line_counts_before_the_variables(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NOTION_TOKEN", TOKEN)
    monkeypatch.setenv("PARENT", ID)
    monkeypatch.delenv("ACCOUNTS", raising=False)
    assert main(["no id", "--accounts", "none either"]) == 1
    output = capsys.readouterr().err.splitlines()
    assert [line.partition(" holds no id")[0] for line in output] == ["PARENT: 'no id'", "ACCOUNTS: 'none either'"]
