"""How the properties that a data source has differ from those that it is to have.

A property of another type is right where our reader understands it too, and where what we write fits into it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from connectors.notion.reading import OWN_EDITS
from customer_success.dataclass import dataclass

Definition = Mapping[str, Any]
Definitions = Mapping[str, Definition]
"""Properties by name, as `data_sources.retrieve` shows them, or as Notion takes them."""

MOST_OPTIONS = 100
"""Options that Notion takes in one change of a select."""

_COMPUTED = ("formula", "rollup")
_WORDS = ("title", "rich_text", "select", "status", "url", "email", "phone_number", "unique_id", *_COMPUTED)
_PEOPLE = ("people", "created_by", "last_edited_by")
_DATES = ("date", "created_time", "last_edited_time")
_TEXTS = (*_WORDS, "multi_select", "number", *_PEOPLE, *_DATES)
READ: Mapping[str, Collection[str]] = {
    "title": _TEXTS,
    "rich_text": _TEXTS,
    "number": ("number", *_COMPUTED),
    "select": _WORDS,
    "multi_select": (*_WORDS, "multi_select", *_PEOPLE),
    "date": (*_DATES, *_COMPUTED),
    "email": (*_WORDS, *_PEOPLE),
    "relation": ("relation", *_TEXTS),
}
"""The types that `PropertyReader` understands, by the type that a new property is made with."""
WRITTEN: Mapping[str, Collection[str]] = {
    "title": ("title",),
    "rich_text": ("rich_text",),
    "number": ("number", "rich_text"),
    "select": ("select", "rich_text"),
    "date": ("date", "rich_text"),
    "email": ("email", "rich_text"),
    "relation": ("relation",),
}
"""The types that take what `property_value` makes, by the type that a new property is made with."""

_YES_NO = {"yes", "no"}
_CALLED: Mapping[str, str] = {
    "rich_text": "text",
    "multi_select": "multi-select",
    "phone_number": "phone number",
    "unique_id": "unique id",
    "people": "person",
    "created_by": "created by",
    "created_time": "created time",
    "last_edited_by": "last edited by",
    "last_edited_time": "last edited time",
}


@dataclass(frozen=True, slots=True)
class Missing:
    """A property that is not there; `definition` is what it is made with."""

    property: str
    definition: Definition

    def __str__(self) -> str:
        return f"{self.property!r} is missing"


@dataclass(frozen=True, slots=True)
class WrongType:
    """A property that cannot be used as it is. `found` and `needed` are types in a person's words."""

    property: str
    found: str
    needed: str
    until_then: str

    def __str__(self) -> str:
        return (
            f"{self.property!r} is a {self.found}, needs a {self.needed}: change its type in Notion; "
            f"until then {self.until_then}"
        )


@dataclass(frozen=True, slots=True)
class MissingOptions:
    """A select without `options`; `existing` are those that it has."""

    property: str
    options: tuple[Definition, ...]
    existing: tuple[Definition, ...]

    def __str__(self) -> str:
        return f"{self.property!r} has no option {', '.join(repr(option['name']) for option in self.options)}"


Difference = Missing | WrongType | MissingOptions


def compare(
    wanted: Definitions,
    found: Definitions,
    *,
    written: Collection[str] = (),
    exact: Collection[str] = (),
    deliveries: Collection[str] = (),
) -> tuple[Difference, ...]:
    """What keeps `found`, the properties of a data source as Notion shows them, from being as `wanted`.

    `written` are the names that we write, the others are read; those `exact` must have the very type, and those of
    `deliveries` say when people or a feed delivered something, so our own edits must not change them. Properties
    that are not wanted do not matter, nor does the title's name.
    """
    differences = (
        _own_edits(name, wanted[name], found)
        if name in deliveries and _is_own_edit(name, found)
        else _difference(name, wanted[name], found, name in written, name in exact)
        for name in wanted
    )
    return tuple(filter(None, differences))


def _is_own_edit(name: str, found: Definitions) -> bool:
    """Whether a property changes with every page that we write: it is the time or the person of the last edit, or a
    formula over one of the two.
    """
    if name not in found:
        return False
    if kind_of(found[name]) in OWN_EDITS:
        return True
    expression = str((found[name].get("formula") or {}).get("expression") or "")
    edits = {each: about for each, about in found.items() if kind_of(about) in OWN_EDITS}
    shown = {f'prop("{each}")' for each in edits} | {str(about["id"]) for about in edits.values() if "id" in about}
    return any(each in expression for each in shown)


def _own_edits(name: str, wanted: Definition, found: Definitions) -> WrongType:
    kind = called(kind_of(found[name]))
    what = kind if kind_of(found[name]) in OWN_EDITS else f"{kind} over the last edit"
    return WrongType(
        name,
        f"{what}, which changes with each page that we write, so that a feed that stopped would look alive",
        called(kind_of(wanted)),
        "it is unknown",
    )


def additions(differences: Sequence[Difference]) -> dict[str, Definition]:
    """The change, as `data_sources.update` takes it, that adds what is missing. It takes nothing away."""
    return dict(_additions(differences))


def kind_of(definition: Definition) -> str:
    """The type of a property, whether as Notion shows it or as Notion takes it."""
    return str(definition.get("type") or next(iter(definition)))


def fits(wanted: Definition, found: Definition, *, written: bool = False, exact: bool = False) -> bool:
    """Whether a property's type will do, regardless of its options and of its relation's target."""
    needed, kind = kind_of(wanted), kind_of(found)
    if exact or kind == needed:
        return kind == needed
    if written:
        return kind in WRITTEN.get(needed, ())
    if needed == "select" and not _options(wanted):
        # What has no words of ours is read as a text.
        return kind in READ["rich_text"]
    return kind in READ.get(needed, ()) or (kind == "checkbox" and _is_yes_or_no(wanted))


def plain(word: str) -> str:
    """A word of a select without what the reader does not mind: case, spaces, hyphens."""
    return "_".join(word.casefold().replace("-", " ").replace("_", " ").split())


def _difference(name: str, wanted: Definition, found: Definitions, written: bool, exact: bool) -> Difference | None:
    needed = kind_of(wanted)
    if needed == "title":
        return None
    if name not in found:
        return Missing(name, wanted)
    kind = kind_of(found[name])
    if not fits(wanted, found[name], written=written, exact=exact):
        return WrongType(name, called(kind), called(needed), _until_then(written, exact))
    if needed == kind == "relation" and not _leads_to(found[name], wanted):
        return WrongType(name, "relation to another database", "relation to Accounts", _until_then(written, exact))
    if needed == kind == "select":
        return _without_options(name, wanted, found[name])
    return None


def called(kind: str) -> str:
    """A type as a person knows it from the app."""
    return _CALLED.get(kind, kind)


def _until_then(written: bool, exact: bool) -> str:
    if exact:
        return "nothing is written there"
    return "it is not written" if written else "it is unknown"


def _leads_to(found: Definition, wanted: Definition) -> bool:
    """Whether a relation has the right target; unknown where Notion does not show the target."""
    there, here = (each["relation"].get("data_source_id") for each in (found, wanted))
    return there is None or str(there).replace("-", "") == str(here).replace("-", "")


def _without_options(name: str, wanted: Definition, found: Definition) -> MissingOptions | None:
    existing = _options(found)
    known = {plain(option["name"]) for option in existing}
    lacking = tuple(option for option in _options(wanted) if plain(option["name"]) not in known)
    if not lacking or len(existing) + len(lacking) > MOST_OPTIONS:
        return None
    return MissingOptions(name, lacking, existing)


def _options(definition: Definition) -> tuple[Definition, ...]:
    return tuple((definition.get(kind_of(definition)) or {}).get("options") or ())


def _is_yes_or_no(wanted: Definition) -> bool:
    return {plain(option["name"]) for option in _options(wanted)} == _YES_NO


def _additions(differences: Sequence[Difference]) -> Iterator[tuple[str, Definition]]:
    for difference in differences:
        match difference:
            case Missing(name, definition):
                yield name, definition
            case MissingOptions(name, options, existing):
                # Notion takes the list as the whole of it: what is left out is removed, and from every page.
                own = [{field: each[field] for field in ("id", "name", "color") if field in each} for each in existing]
                yield name, {"select": {"options": [*own, *options]}}
            case WrongType():
                pass
