"""A data source of Notion: found by its id or its database's, with the schema that its pages have."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from notion_client import Client

from connectors.notion.answers import Answer, wanted
from connectors.notion.faults import NotFound, less_if_too_large
from connectors.notion.values import Value, property_value
from connectors.notion.walk import Row, Walk
from customer_success.errors import Misconfigured, NotTaken, Refused

if TYPE_CHECKING:
    from connectors.notion.client import NotionClient
    from customer_success.paging import Bookmark

logger = logging.getLogger(__name__)

Written = TypeVar("Written")

_BY_CREATION = [{"timestamp": "created_time", "direction": "ascending"}]


class DataSource:
    """One data source. `given_id` is its own id, or that of a database whose only data source it is.

    `name` chooses among several data sources of the database, `parameter` is the deployment's
    name for it, for errors. What is looked up is cached for the process until Notion's answers show a change.
    """

    def __init__(
        self, client: NotionClient, given_id: str, *, name: str | None = None, parameter: str | None = None
    ) -> None:
        self.client = client
        self._given_id = given_id
        self._name = name
        self._parameter = f" ({parameter})" if parameter else ""
        self._reported: set[str] = set()

    @property
    def about(self) -> str:
        """How errors name it."""
        return f"the database {self._given_id}{self._parameter}"

    @cached_property
    def id(self) -> str:
        """Its own id. Raises `Misconfigured` unless the database has exactly one, or one of that name."""
        try:
            database = self.client.call(
                lambda notion: wanted("database", notion.databases.retrieve(self._given_id)), about=self.about
            )
        except (NotFound, Refused):
            # It is no database's id; it is cached only once it is known to be a data source's.
            self._shown(self._given_id)
            return self._given_id
        return self._chosen(database.get("data_sources") or [])

    @cached_property
    def schema(self) -> Mapping[str, str]:
        """The type of each property, by the property's name."""
        return {name: str(about.get("type")) for name, about in self.definitions.items()}

    @cached_property
    def definitions(self) -> Mapping[str, Mapping[str, Any]]:
        """Each property's type and, where it has them, options, by its name."""
        return dict(self._known_by_its_id(self._shown).get("properties") or {})

    def look_again(self) -> None:
        """Forget the schema: Notion does not take what fits it."""
        for looked_up in ("schema", "definitions"):
            self.__dict__.pop(looked_up, None)

    @property
    def title(self) -> str:
        """The name of the title property, which every data source has."""
        return next(name for name, kind in self.schema.items() if kind == "title")

    def query(self, **what: Any) -> Answer:
        """One page of rows, as Notion answers. Raises as `NotionClient.call`."""
        return self._known_by_its_id(
            lambda source_id: self.client.call(lambda notion: _rows(notion, source_id, what), about=self.about)
        )

    def _go_on(self, walk: Walk, at: Bookmark, only: Mapping[str, Any] | None) -> Answer:
        """The next page of rows of a walk, with fewer of them where Notion comes to no end with so many."""

        def ask(notion: Client, source_id: str) -> Answer:
            with less_if_too_large(walk.ask_for_less):
                return _rows(notion, source_id, _asking(walk.at or at, only))

        return self._known_by_its_id(
            lambda source_id: self.client.call(lambda notion: ask(notion, source_id), about=self.about)
        )

    def _shown(self, source_id: str) -> Answer:
        shown: Answer = self.client.call(
            lambda notion: wanted("data_source", notion.data_sources.retrieve(source_id)), about=self.about
        )
        return shown

    def _known_by_its_id(self, ask: Callable[[str], Answer]) -> Answer:
        """The answer on what has its own id. One that is not found is looked up anew the next time."""
        try:
            return ask(self.id)
        except NotFound:
            self.__dict__.pop("id", None)
            raise

    def rows(
        self, start: Bookmark, only: Mapping[str, Any] | None = None
    ) -> Iterator[tuple[list[Row], Bookmark | None]]:
        """Yield its pages from `start` on in order of creation, one request for each 100, past Notion's limit of
        10,000, and with them where to go on.

        Where Notion does not come to an end with 100, half as many are asked for, and so on from there. `only` is a
        filter. Pages repeat where a new window begins in another process, or where Notion forgot the cursor. Raises
        `Misconfigured`, `NotTaken`, `Unavailable`.
        """
        walk = Walk(start)
        while walk.at is not None:
            try:
                answer = self._go_on(walk, walk.at, only)
            except Refused:
                if walk.at.cursor is None or not walk.start_over():
                    raise
                continue
            yield walk.step(answer), walk.at

    def write(
        self, values: Callable[[], Mapping[str, Value]], write: Callable[[dict[str, Mapping[str, Any]]], Written]
    ) -> Written:
        """What comes of `write`, given the `values` as properties of this data source's pages.

        If Notion does not take them, once more with the properties as they are now: one may have been renamed.
        """
        try:
            return write(self.fitting(values()))
        except NotTaken as refusal:
            logger.info("%s: is written once more, with its properties as they are now: %s", self.about, refusal)
            self.look_again()
            return write(self.fitting(values()))

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
                self._warn_once(name, kind, value)
            else:
                properties[name] = fitted
        return properties

    def _warn_once(self, name: str, kind: str | None, value: Value) -> None:
        if name not in self._reported:
            self._reported.add(name)
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


def _rows(notion: Client, source_id: str, what: Mapping[str, Any]) -> Answer:
    # A wiki would list its data sources among its pages.
    return wanted("list", notion.data_sources.query(source_id, result_type="page", **what))


def _asking(at: Bookmark, only: Mapping[str, Any] | None) -> dict[str, Any]:
    what: dict[str, Any] = {"sorts": _BY_CREATION, "page_size": at.page_size}
    filters = [] if only is None else [only]
    if at.created_from is not None:
        filters.append({"timestamp": "created_time", "created_time": {"on_or_after": at.created_from}})
    if filters:
        what["filter"] = filters[0] if len(filters) == 1 else {"and": filters}
    if at.cursor is not None:
        what["start_cursor"] = at.cursor
    return what
