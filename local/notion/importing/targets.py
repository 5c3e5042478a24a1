"""Where each column of a file goes: the property of the team's data source, or why there is none for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from connectors.notion.account_import import AccountSource, Definition
from connectors.notion.names import PropertyNames
from connectors.notion.schema import accounts_schema
from local.spreadsheets.columns import NAMES, Column, Ignored
from local.spreadsheets.fitting import HELD_BY


@dataclass(frozen=True, slots=True)
class ColumnTarget:
    """A column, and the property of the team's that it goes to."""

    column: Column
    property: str
    definition: Definition


def targets_of(
    columns: Sequence[Column], source: AccountSource, names: PropertyNames, accounts_id: str
) -> tuple[list[ColumnTarget], list[Ignored]]:
    """The targets of the columns that have one, and of the others what would give them one."""
    targets: dict[str, ColumnTarget] = {}
    ignored = []
    own = _own_names(names)
    # The Account ID has its property before a name could take it, where that is the title.
    for column in sorted(columns, key=lambda column: column.property != NAMES.account_id):
        name = _property_of(column, own, source, names)
        if column.kind == "days":
            reason = f"a number of days is another date tomorrow; give the date itself, as {NAMES.contract_end}"
        elif name not in source.definitions:
            reason = _missing(column, name, names, accounts_id)
        elif (kind := source.definitions[name]["type"]) not in HELD_BY[column.kind]:
            kinds = " or ".join(each.removeprefix("rich_") for each in HELD_BY[column.kind])
            reason = f"the property {name!r} is of type {kind} in Notion; expected {kinds}"
        elif name in targets:
            reason = f"goes to {name!r}, as {targets[name].column.heading!r} does"
        else:
            targets[name] = ColumnTarget(column, name, source.definitions[name])
            continue
        ignored.append(Ignored(column.heading, reason))
    return list(targets.values()), ignored


def _own_names(names: PropertyNames) -> Mapping[str, str]:
    return {getattr(NAMES, field.name): getattr(names, field.name) for field in fields(names)}


def _property_of(column: Column, own: Mapping[str, str], source: AccountSource, names: PropertyNames) -> str:
    if column.property not in own:
        return names.roi_prefix + column.property.removeprefix(NAMES.roi_prefix)
    name = own[column.property]
    # An account's name is its page's title, under any property name.
    return source.title if column.property == NAMES.name and name not in source.definitions else name


def cure(field: str, accounts_id: str) -> str:
    """What helps where one of our properties is not found; `field` is what `PropertyNames` calls it."""
    return (
        f'where it has another name: NOTION_PROPERTIES=\'{{"{field}":"its name"}}\'; '
        f"where there is none: make notion-setup ACCOUNTS={accounts_id} adds it"
    )


def _missing(column: Column, name: str, names: PropertyNames, accounts_id: str) -> str:
    if name in accounts_schema(names):
        field = next(each.name for each in fields(names) if getattr(NAMES, each.name) == column.property)
        return f"Notion has no property {name!r}; {cure(field, accounts_id)}"
    return f"Notion has no property {name!r}; add it there, as a number"
