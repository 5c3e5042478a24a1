"""Notion in this process: an httpx transport that answers for an account book, and counts what it is asked."""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Callable
from threading import Lock
from zlib import crc32

import httpx

from connectors.notion.names import PropertyNames
from connectors.notion.schema import accounts_schema
from tests.benchmarks.book import AccountBook, Json, number_of

DATABASE, SOURCE = "database-of-accounts", "source-of-accounts"
ROWS_PER_QUERY = 10_000
"""Where Notion ends a query, silently."""

NAMES = PropertyNames()
SCHEMA = {name: {**prop, "type": next(iter(prop))} for name, prop in accounts_schema(NAMES).items()}


class NotionStandIn(httpx.BaseTransport):
    """Answers as Notion does, for the book on `day`. `admit` may wait, and says whether a request is let in.

    `requests` counts by kind, `refused` those that were not let in. Of each page it remembers a checksum of what it
    shows: `idle_writes` are those that changed nothing on it but the scan's date.
    """

    def __init__(self, book: AccountBook) -> None:
        self.book = book
        self.day = 0
        self.admit: Callable[[], bool] = lambda: True
        self.requests: Counter[str] = Counter()
        self.refused = 0
        self.idle_writes = 0
        self._shown = array("L", bytes(array("L").itemsize * book.size))
        self._lock = Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One request and its answer."""
        admitted = self.admit()
        with self._lock:
            if admitted:
                return httpx.Response(200, json=self._answer(request))
            self.refused += 1
        return httpx.Response(429, json={"object": "error", "code": "rate_limited"}, headers={"Retry-After": "1"})

    def _answer(self, request: httpx.Request) -> Json:
        kind, _, which = request.url.path.removeprefix("/v1/").partition("/")
        match request.method, kind:
            case "GET", "databases":
                self.requests["look up"] += 1
                return {"data_sources": [{"id": SOURCE, "name": "Accounts"}]}
            case "GET", "data_sources":
                self.requests["look up"] += 1
                return {"properties": SCHEMA}
            case "POST", "data_sources":
                self.requests["read"] += 1
                return self._query(json.loads(request.read()))
            case "PATCH", "pages":
                self.requests["write"] += 1
                return self._write(which, json.loads(request.read()))
        raise AssertionError(f"this Notion knows no {request.method} {request.url.path}")

    def _query(self, asked: Json) -> Json:
        """Up to 100 pages; a cursor is the number of the first one."""
        created_from = asked.get("filter", {}).get("created_time", {}).get("on_or_after")
        first = self.book.first_created_from(created_from) if created_from else 0
        start = int(asked.get("start_cursor", first))
        limit = min(first + ROWS_PER_QUERY, self.book.size)
        end = min(start + asked["page_size"], limit)
        cut_off = end == limit < self.book.size
        return {
            "object": "list",
            "results": [self.book.page(number, self.day) for number in range(start, end)],
            "has_more": end < limit,
            "next_cursor": str(end) if end < limit else None,
            "request_status": {"type": "incomplete" if cut_off else "complete"},
        }

    def _write(self, page_id: str, body: Json) -> Json:
        written = {name: value for name, value in body["properties"].items() if name != NAMES.last_scan}
        shows = crc32(json.dumps(written, sort_keys=True).encode())
        number = number_of(page_id)
        self.idle_writes += self._shown[number] == shows
        self._shown[number] = shows
        return {"object": "page", "id": page_id}
