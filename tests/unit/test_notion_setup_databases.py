"""Databases as only Notion itself would show them: with several data sources, on no page, with other refusals."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from connectors.notion.client import NotionClient
from connectors.notion.setup import Databases, SharedPage
from customer_success.errors import Misconfigured
from local.notion.variables import GivenToken
from tests.builders.vendors import Waiting

ID = "0123abcd-0000-4000-8000-00000000000a"
FIRST, SECOND = "0123abcd-0000-4000-8000-000000000001", "0123abcd-0000-4000-8000-000000000002"

Json = dict[str, Any]


def client_of(known: Json) -> NotionClient:
    """A client of a Notion that knows these objects, by their path, and nothing else."""

    def answer(request: httpx.Request) -> httpx.Response:
        found = known.get(request.url.path.removeprefix("/v1/"))
        if found is None:
            lost = {"object": "error", "status": 404, "code": "object_not_found", "message": "Could not find it."}
            return httpx.Response(404, json=lost)
        return httpx.Response(200, json=found)

    return NotionClient(GivenToken("ntn_x"), Waiting().retry_policy, transport=httpx.MockTransport(answer))


def database(*sources: tuple[str, str], **more: Any) -> Json:
    """A database "Accounts" with data sources of these ids and names."""
    shown = [{"id": source, "name": name} for source, name in sources]
    parent = {"type": "workspace", "workspace": True}
    return {"id": ID, "title": [{"plain_text": "Accounts"}], "data_sources": shown, "parent": parent, **more}


def source(source_id: str) -> Json:
    return {"id": source_id, "properties": {}, "parent": {"type": "database_id", "database_id": ID}}


def notion(*sources: tuple[str, str], **more: Any) -> NotionClient:
    known = {f"data_sources/{source_id}": source(source_id) for source_id, _ in sources}
    return client_of({f"databases/{ID}": database(*sources, **more), **known})


def test_of_several_data_sources_the_one_of_the_databases_name_is_taken_with_its_own_id() -> None:
    found = Databases(notion((FIRST, "Old"), (SECOND, "Accounts"))).open(ID)
    assert (found.id, found.source_id, found.title) == (SECOND, SECOND, "Accounts")


def test_a_single_data_source_may_have_any_name() -> None:
    found = Databases(notion((FIRST, "Old"))).open(ID)
    assert (found.id, found.source_id) == (ID, FIRST)


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ([(FIRST, "Old"), (SECOND, "New")], rf"but has: 'Old' \({FIRST}\), 'New' \({SECOND}\); rename the one to use"),
        ([(FIRST, "Accounts"), (SECOND, "Accounts")], "must have one data source of its own name"),
        ([], "but has: none"),
    ],
)
def test_ambiguous_data_sources_are_reported(sources: list[tuple[str, str]], expected: str) -> None:
    with pytest.raises(Misconfigured, match=expected):
        Databases(notion(*sources)).open(ID)


def test_one_of_several_data_sources_may_be_named_by_its_id() -> None:
    assert Databases(notion((FIRST, "Old"), (SECOND, "New"))).open(FIRST).id == FIRST


def test_a_data_source_whose_database_is_in_the_trash_is_reported() -> None:
    with pytest.raises(Misconfigured, match="'Accounts' lies in the trash"):
        Databases(notion((FIRST, "Accounts"), in_trash=True)).open(FIRST)


def test_a_database_on_no_page_does_not_say_where_the_others_go() -> None:
    databases = Databases(notion((FIRST, "Accounts")))
    with pytest.raises(Misconfigured, match="lies on no page: say with PARENT= under which page"):
        databases.page_of(databases.open(ID))


def test_a_database_is_no_page_even_where_notion_only_says_that_there_is_no_such_page() -> None:
    with pytest.raises(Misconfigured, match=f"^{ID} is a database, not a page"):
        SharedPage(notion((FIRST, "Accounts")), ID).require()
