"""A data source of Notion: found by its id or its database's, with the schema that its pages have."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from connectors.notion.client import NotionClient
from connectors.notion.faults import NotFound
from connectors.notion.values import Value, property_value
from connectors.notion.walk import Row, Walk
from customer_success.errors import Misconfigured, Refused
from customer_success.ports import Bookmark

logger = logging.getLogger(__name__)

PAGE_SIZE = 100
_BY_CREATION = [{"timestamp": "created_time", "direction": "ascending"}]


class DataSource:
    """One data source. `given_id` is its own id, or that of a database whose only data source it is.

    `name` chooses among several data sources of the database, `parameter` says in errors by what the deployment names
    it. What is looked up is kept for the process.
    """

    def __init__(
        self, client: NotionClient, given_id: str, *, name: str | None = None, parameter: str | None = None
    ) -> None:
        self.client = client
        self._given_id = given_id
        self._name = name
        self._parameter = f" ({parameter})" if parameter else ""
        self._told: set[str] = set()

    @property
    def about(self) -> str:
        """How errors name it."""
        return f"the database {self._given_id}{self._parameter}"

    @cached_property
    def id(self) -> str:
        """Its own id. Raises `Misconfigured` unless the database has exactly one, or one of that name."""
        try:
            database = self.client.call(lambda notion: notion.databases.retrieve(self._given_id), about=self.about)
        except (NotFound, Refused):
            # It is no database's id; it is kept only once it is known to be a data source's.
            self.client.call(lambda notion: notion.data_sources.retrieve(self._given_id), about=self.about)
            return self._given_id
        return self._chosen(database.get("data_sources") or [])

    @cached_property
    def schema(self) -> Mapping[str, str]:
        """The type of each property, by the property's name."""
        source = self.client.call(lambda notion: notion.data_sources.retrieve(self.id), about=self.about)
        return {name: str(about.get("type")) for name, about in source.get("properties", {}).items()}

    @property
    def title(self) -> str:
        """The name of the title property, which every data source has."""
        return next(name for name, kind in self.schema.items() if kind == "title")

    def query(self, **what: Any) -> dict[str, Any]:
        """One page of rows, as Notion answers."""
        answer: dict[str, Any] = self.client.call(
            lambda notion: notion.data_sources.query(self.id, **what), about=self.about
        )
        return answer

    def rows(
        self, start: Bookmark, only: Mapping[str, Any] | None = None
    ) -> Iterator[tuple[list[Row], Bookmark | None]]:
        """Yield its pages from `start` on in order of creation, one request for each 100, past Notion's limit of
        10,000, and with them where to go on.

        `only` is a filter. Pages repeat where a new window begins in another process, or where Notion forgot the
        cursor. Raises `Misconfigured`, `Refused`, `Unavailable`.
        """
        walk = Walk(start)
        while walk.at is not None:
            try:
                answer = self.query(**_asking(walk.at, only))
            except Refused:
                if walk.at.cursor is None or not walk.start_over():
                    raise
                continue
            yield walk.step(answer), walk.at

    def fitting(self, values: Mapping[str, Value]) -> dict[str, Mapping[str, Any]]:
        """The values as properties of this data source's pages.

        A property that it does not have, or has with a type that cannot hold the value, is left out; that is
        logged once.
        """
        properties = {}
        for name, value in values.items():
            kind = self.schema.get(name)
            fitted = None if kind is None else property_value(kind, value)
            if fitted is None:
                self._tell_once(name, kind, value)
            else:
                properties[name] = fitted
        return properties

    def _tell_once(self, name: str, kind: str | None, value: Value) -> None:
        if name not in self._told:
            self._told.add(name)
            held = type(value).__name__
            why = "is missing" if kind is None else f"has the type {kind}, which cannot hold a {held}"
            logger.warning("%s: the property %r %s; it is not written", self.about, name, why)

    def _chosen(self, sources: Sequence[Mapping[str, Any]]) -> str:
        fitting = [source for source in sources if self._name in (None, source.get("name"))]
        if len(fitting) == 1:
            return str(fitting[0]["id"])
        wanted = "one data source" if self._name is None else f"one data source named {self._name!r}"
        found = ", ".join(f"{source.get('name')!r} ({source['id']})" for source in sources) or "none"
        raise Misconfigured(
            f"{self.about} must have exactly {wanted}, but has: {found}. Set the name, or the id, of the one to use."
        )


def _asking(at: Bookmark, only: Mapping[str, Any] | None) -> dict[str, Any]:
    what: dict[str, Any] = {"sorts": _BY_CREATION, "page_size": PAGE_SIZE}
    filters = [] if only is None else [only]
    if at.created_from is not None:
        filters.append({"timestamp": "created_time", "created_time": {"on_or_after": at.created_from}})
    if filters:
        what["filter"] = filters[0] if len(filters) == 1 else {"and": filters}
    if at.cursor is not None:
        what["start_cursor"] = at.cursor
    return what
