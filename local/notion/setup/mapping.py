"""Which of the team's properties is which of ours, by the many names that they may have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches

from connectors.notion.databases import accounts_database
from connectors.notion.fit import Definitions, fits, kind_of
from connectors.notion.names import PropertyNames
from connectors.notion.schema import accounts_schema
from local.spreadsheets.columns import plain, recognise

OURS = PropertyNames()
_SCHEMA = accounts_schema(OURS)
_DATABASE = accounts_database(OURS)
_FIELDS = [field.name for field in fields(OURS) if field.name != "roi_prefix"]


@dataclass(frozen=True, slots=True)
class Mapped:
    """What was recognised. `theirs` are the team's names that differ from ours, by the field of `PropertyNames`.

    `unclear` are those of ours for which several of theirs could be meant, by our name; they stay without one.
    """

    theirs: Mapping[str, str]
    unclear: Mapping[str, Sequence[str]]
    same: int

    @property
    def names(self) -> PropertyNames:
        """What the properties are called from now on."""
        return PropertyNames.overridden_by(self.theirs)


def mapped(found: Definitions, chosen: Mapping[str, str]) -> Mapped:
    """Recognise the properties of an account book. What the team has `chosen`, by field, is not guessed.

    Our own name counts first, then one that differs only in case, spaces or punctuation, then what else an account
    book may call it where its type fits. What the scan writes is never recognised by the last: a team's own
    health score would be written over.
    """
    theirs: dict[str, str] = {}
    unclear: dict[str, Sequence[str]] = {}
    same = 0
    for field in _FIELDS:
        ours = getattr(OURS, field)
        if field in chosen:
            candidates = [chosen[field]]
        elif ours in found:
            candidates = [ours]
        else:
            candidates = _candidates(ours, found.keys() - set(chosen.values()), found)
        if len(candidates) > 1:
            unclear[ours] = candidates
        elif candidates == [ours]:
            same += 1
        elif candidates:
            theirs[field] = candidates[0]
    if (prefix := chosen.get("roi_prefix", OURS.roi_prefix)) != OURS.roi_prefix:
        theirs["roi_prefix"] = prefix
    return Mapped(theirs, unclear, same)


def not_there(title: str, found: Definitions, chosen: Mapping[str, str]) -> list[str]:
    """What the team has chosen and its account book of that title does not have, each with what may have been meant.

    Our own name is right also for a property that is yet to be added, save for the page's title: that is there already.
    """
    return [
        f"{field}: there is no property {name!r} in {title!r}; {_meant(field, name, found)}"
        for field, name in chosen.items()
        if field in _FIELDS and name not in found and (field == "name" or name != getattr(OURS, field))
    ]


def _meant(field: str, name: str, found: Definitions) -> str:
    if field == "name":
        return f"its title is {next(each for each, about in found.items() if kind_of(about) == 'title')!r}"
    spelt = {each.casefold(): each for each in found}
    close = ", ".join(repr(spelt[each]) for each in get_close_matches(name.casefold(), spelt))
    return f"close to it: {close}" if close else f"without {field} one is added, if none is recognised"


def _candidates(ours: str, free: set[str], found: Definitions) -> list[str]:
    names = sorted(filter(can_be_given, free))
    spelt = [name for name in names if _squeezed(name) == _squeezed(ours)]
    if len(spelt) == 1:
        return spelt
    meant = spelt or [name for name in names if _means(name, ours)]
    fitting = [name for name in meant if fits(_SCHEMA[ours], found[name], written=ours in _DATABASE.written)]
    if ours != OURS.name:
        return fitting
    titles = [name for name in names if kind_of(found[name]) == "title"]
    return titles if set(titles) & set(fitting) else fitting or titles


def can_be_given(name: str) -> bool:
    """Whether the deployment takes it as the name of a property."""
    return '"' not in name and "\\" not in name


def _means(name: str, ours: str) -> bool:
    """Whether a column of that name would be `ours`; of what the scan writes none is."""
    return any(column.property == ours and column.kind != "days" for column in recognise([name]).columns)


def _squeezed(name: str) -> str:
    return plain(name).replace(" ", "")
