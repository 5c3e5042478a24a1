"""Account pages are written where they show something else, and once."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from customer_success.errors import Refused, Unavailable
from customer_success.messages import PagesChanged
from customer_success.news import PageValues
from customer_success.tasks.notion_sync import NotionSync
from tests.builders.accounts import AT_RISK, TODAY, account
from tests.builders.fakes import FakeRows, FakeWrittenPages, Writes
from tests.builders.scores import judge, row


@dataclass
class Pages:
    written: list[tuple[str, PageValues]] = field(default_factory=list)
    fault: Exception | None = None
    fails_on: str = ""

    def write(self, page_id: str, values: PageValues) -> None:
        if self.fault and page_id.endswith(self.fails_on):
            raise self.fault
        self.written.append((page_id, values))


def message(*account_ids: str) -> PagesChanged:
    return PagesChanged(tenant_id="acme", run_date=TODAY, account_ids=account_ids)


def test_a_page_is_written_once_until_it_shows_something_else() -> None:
    # GIVEN an account that was scanned
    rows, pages = FakeRows(Writes(), {"A-0001": row(account(1))}), Pages()
    sync = NotionSync(rows, FakeWrittenPages(), pages)
    # WHEN its message is delivered twice
    assert [sync(message("A-0001")), sync(message("A-0001"))] == [1, 0]
    # THEN the page is written once, and again only when its values differ
    rows.rows["A-0001"] = row(account(1, AT_RISK))
    assert sync(message("A-0001")) == 1
    assert pages.written[-1][1].rag == "AMBER"


def test_the_last_scan_is_brought_up_to_date_once_a_week() -> None:
    rows, pages = FakeRows(Writes(), {}), Pages()
    sync = NotionSync(rows, FakeWrittenPages(), pages)
    for day in range(8):
        known = rows.rows.get("A-0001")
        rows.rows["A-0001"] = judge(TODAY + timedelta(days=day)).judge(account(1), known, 0).row
        sync(message("A-0001"))
    assert [values.last_scan for _, values in pages.written] == [TODAY, TODAY + timedelta(days=7)]


def test_a_fault_keeps_what_was_written_and_the_next_delivery_writes_the_rest() -> None:
    # GIVEN three accounts, and a Notion that fails at the second
    rows = FakeRows(Writes(), {f"A-000{n}": row(account(n)) for n in (1, 2, 3)})
    pages = Pages(fault=Unavailable("503"), fails_on="2")
    sync = NotionSync(rows, FakeWrittenPages(), pages)
    with pytest.raises(Unavailable):
        sync(message("A-0001", "A-0002", "A-0003"))
    # WHEN it is delivered again
    pages.fault = None
    # THEN only the rest is written
    assert sync(message("A-0001", "A-0002", "A-0003")) == 2


def test_a_page_that_refuses_does_not_keep_the_others() -> None:
    rows = FakeRows(Writes(), {f"A-000{n}": row(account(n)) for n in (1, 2)})
    pages = Pages(fault=Refused("in the bin"), fails_on="1")
    assert NotionSync(rows, FakeWrittenPages(), pages)(message("A-0001", "A-0002")) == 1


def test_an_account_nobody_knows_is_passed_over() -> None:
    assert NotionSync(FakeRows(Writes()), FakeWrittenPages(), Pages())(message("A-9")) == 0


def test_a_rejected_account_reads_unknown_with_the_reason() -> None:
    rejected = row(replace(account(1), signals={"nps_score": 3}))
    pages = Pages()
    NotionSync(FakeRows(Writes(), {"A-0001": rejected}), FakeWrittenPages(), pages)(message("A-0001"))
    ((_, values),) = pages.written
    assert values.rag == "Unknown"
    assert values.why.startswith(
        "13% of what the score weighs is known, at least 50% is needed; unknown: feature adoption,"
    )
