"""Account books as files, and what the Notion adapter reads of them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from connectors.notion.account_page import account_of
from connectors.notion.client import NOTION_VERSION
from connectors.notion.names import PropertyNames, UsageNames
from connectors.notion.reading import PropertyReader
from connectors.notion.schema import feature_usage_schema
from customer_success.accounts.account import Account
from customer_success.adoption.feature_usage import FeatureUsage
from local.sandbox import NOTION_TOKEN, Sandbox
from local.sandbox.notion.load import Book, Loaded
from local.spreadsheets.book import Sheet, read_book
from local.spreadsheets.rows import Rows, notion_rows
from local.spreadsheets.usage import USAGE_KEY, Usage, usage_beside, usage_rows, usage_sheet

FIRST_DAY = date(2026, 3, 2)


def book_file(folder: Path, *lines: str, name: str = "book.csv", encoding: str = "utf-8") -> Path:
    """A file of these lines."""
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


def sheet_of(folder: Path, *lines: str) -> Sheet:
    """The book in a file of these lines."""
    return read_book(book_file(folder, *lines))


def rows_of(folder: Path, *lines: str) -> Rows:
    """The same as Notion pages."""
    return notion_rows(sheet_of(folder, *lines), FIRST_DAY)


def accounts_in_notion(sandbox: Sandbox, rows: Rows) -> list[Account]:
    """The accounts that the adapter reads once the book is loaded; the sandbox need not listen."""
    loaded = sandbox.load(rows.book)
    return [account_of(page, PropertyNames()) for page in _pages(sandbox, loaded)]


def usage_of(folder: Path, *lines: str, book: tuple[str, ...] = ("Account ID,Name", "A-1,Acme", "A-2,Brass")) -> Usage:
    """The feature usage in a file of these lines, beside a book of those."""
    path = book_file(folder, *book)
    book_file(folder, *lines, name=usage_beside(path).name)
    sheet = usage_sheet(path)
    assert sheet
    return usage_rows(sheet, read_book(path), FIRST_DAY)


def usage_in_notion(sandbox: Sandbox, usage: Usage) -> list[FeatureUsage]:
    """The feature usage as the adapter reads it once it is loaded as the deployment loads it."""
    names, text = UsageNames(), {"rich_text": {}}
    schema = feature_usage_schema(names, accounts_source_id="") | {names.account: text, USAGE_KEY: text}
    book = Book(title="Feature Usage", properties=schema, key=USAGE_KEY, rows=list(usage.rows), whole=True)
    readers = [PropertyReader(page["properties"]) for page in _pages(sandbox, sandbox.load(book))]  # type: ignore[arg-type]
    return [
        FeatureUsage(
            holder=read.account(names.account) or "",
            feature=read.text(names.feature) or "",
            family=read.text(names.family),
            entitled=read.yes_or_no(names.entitled),
            used=read.count(names.used),
            limit=read.count(names.limit),
            as_of=read.day(names.as_of),
        )
        for read in readers
    ]


def _pages(sandbox: Sandbox, loaded: Loaded) -> list[dict[str, object]]:
    headers = {"authorization": f"Bearer {NOTION_TOKEN}", "notion-version": NOTION_VERSION}
    path = f"/notion/v1/data_sources/{loaded.data_source_id}/query"
    reply = sandbox.answer("POST", path, headers, json.dumps({"page_size": 100}).encode())
    assert reply is not None
    body = reply.body
    assert isinstance(body, dict)
    return list(body["results"])
