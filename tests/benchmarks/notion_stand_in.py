"""Notion in this process: an httpx transport that answers for an account book, and counts what it is asked."""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Callable
from zlib import crc32

import httpx

from connectors.notion.names import PropertyNames
from connectors.notion.schema import accounts_schema
from tests.benchmarks.book import AccountBook, Json, number_of

DATABASE, SOURCE = "database-of-accounts", "source-of-accounts"
ROWS_PER_QUERY = 10_000
"""Where Notion ends a query, silently."""


class NotionStandIn(httpx.BaseTransport):
    """Answers as Notion does, for the book on `day`. `admit` may wait, and says whether a request is let in.

    `requests` counts by kind. Of each page it remembers a checksum of what it shows: `idle_writes` are those that
    changed nothing on it but the scan's date.
    """

    def __init__(self, book: AccountBook, *, admit: Callable[[], bool] = lambda: True) -> None:
        self.day = 0
        self.requests: Counter[str] = Counter()
        self.refused = 0
        self.idle_writes = 0
        self._book = book
        self._admit = admit
        self._shown = array("L", bytes(array("L").itemsize * book.size))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One request and its answer."""
        if not self._admit():
            self.refused += 1
            return _answer({"object": "error", "code": "rate_limited", "message": "slower"}, 429, {"Retry-After": "1"})
        kind, _, which = request.url.path.removeprefix("/v1/").partition("/")
        body = json.loads(request.read() or b"{}")
        match request.method, kind:
            case "GET", "databases":
                return self._counted("look up", {"data_sources": [{"id": SOURCE, "name": "Accounts"}]})
            case "GET", "data_sources":
                return self._counted("look up", {"properties": _schema()})
            case "POST", "data_sources":
                return self._counted("read", self._query(body))
            case "PATCH", "pages":
                return self._counted("write", self._write(which, body))
        raise AssertionError(f"the benchmark's Notion knows no {request.method} {request.url.path}")

    def _counted(self, kind: str, content: Json) -> httpx.Response:
        self.requests[kind] += 1
        return _answer(content)

    def _query(self, asked: Json) -> Json:
        """Up to 100 pages; a cursor names the first row of the query and the next one to come."""
        created_from = asked.get("filter", {}).get("created_time", {}).get("on_or_after")
        first = self._book.first_created_from(created_from) if created_from else 0
        start = int(asked.get("start_cursor", first))
        limit = min(first + ROWS_PER_QUERY, self._book.size)
        end = min(start + asked["page_size"], limit)
        cut_off = end == limit < self._book.size
        return {
            "object": "list",
            "results": [self._book.page(number, self.day) for number in range(start, end)],
            "has_more": end < limit,
            "next_cursor": str(end) if end < limit else None,
            "request_status": {"type": "incomplete" if cut_off else "complete"},
        }

    def _write(self, page_id: str, body: Json) -> Json:
        written = {name: value for name, value in body["properties"].items() if name != PropertyNames().last_scan}
        shows = crc32(json.dumps(written, sort_keys=True).encode())
        number = number_of(page_id)
        self.idle_writes += self._shown[number] == shows
        self._shown[number] = shows
        return {"object": "page", "id": page_id}


def _schema() -> Json:
    return {name: {**prop, "type": next(iter(prop))} for name, prop in accounts_schema(PropertyNames()).items()}


def _answer(content: Json, status: int = 200, headers: dict[str, str] | None = None) -> httpx.Response:
    return httpx.Response(status, json=content, headers=headers)
