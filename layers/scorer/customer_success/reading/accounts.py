"""The accounts of a table: its columns read, and what they come to for each account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import date
from typing import Any, TypeGuard

from customer_success.dataclass import dataclass
from customer_success.reading.columns import (
    ColumnCells,
    FileFacts,
    LeftOutColumn,
    ReadColumn,
    RefusedColumn,
    file_order,
    file_sign,
    filled_cells,
    read_column,
)
from customer_success.reading.errors import UnreadableTableError
from customer_success.reading.fields import EXTERNAL, FIELDS, Field, field_named, words_of
from customer_success.reading.headings import (
    LANGUAGES,
    Heading,
    Language,
    Meaning,
    Means,
    MeansNothing,
    MeansOneOf,
    Preset,
    heading_of,
    language_of,
    meaning_of,
    preset_of,
)
from customer_success.reading.mapping import Map
from customer_success.reading.numbers import CODES, plain_number
from customer_success.reading.people import Person, agrees
from customer_success.reading.tables import NAMES_OF_DELIMITERS, Cell, NotARow, Table, TableLine
from customer_success.reading.words import is_failed, plain

MOST_NAMED = 5
"""Accounts, or cells, that a sentence names."""
SAMPLE_LINES = 200
"""Lines whose cells are looked at for what a tool's export is known by."""
AGREEMENT = 0.005
"""Two ways to a share agree within half a per cent."""
_DOLLARS = frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"})
_SAME_SIGN: Mapping[str, frozenset[str]] = {
    "USD": _DOLLARS, "¥": frozenset({"JPY", "CNY"}), "kr": frozenset({"SEK", "NOK", "DKK"}),
}  # fmt: skip
"""The currencies that a sign can be of: "$" is read as USD, unless MAP says otherwise."""


@dataclass(frozen=True, slots=True)
class Asked:
    """With what a table is read: the day, the tenant's zone, the currency of the book, and MAP."""

    run_date: date
    timezone: str = "UTC"
    currency: str | None = None
    map: Map = field(default_factory=Map)
    keep_repeated: bool = False
    """Whether several lines of one account are taken, as in a history; else they are named, and none is taken."""


@dataclass(frozen=True, slots=True)
class UnreadCell:
    """A cell that could not be read for sure: its value is unknown."""

    line: int
    account: str
    heading: str
    cell: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.account}: {self.heading} {self.cell!r} is {self.reason}"


@dataclass(frozen=True, slots=True)
class AccountValues:
    """What a table says of one account: its values by field, as far as they are known."""

    line: int
    key: str
    values: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.values.get("name") or self.key)


@dataclass(frozen=True, slots=True)
class Reading:
    """A table of accounts, read: its columns, its accounts, and everything that was not taken, each with its reason."""

    table: Table
    preset: Preset | None
    language: Language
    columns: tuple[ReadColumn, ...]
    refused: tuple[RefusedColumn, ...]
    left_out: tuple[LeftOutColumn, ...]
    accounts: tuple[AccountValues, ...]
    not_accounts: tuple[NotARow, ...]
    unread: tuple[UnreadCell, ...]
    notes: tuple[str, ...]
    currency: str | None = None
    people: Mapping[str, str] = field(default_factory=dict)
    """The heading of the column that each person's address or name is from."""

    @property
    def recognised(self) -> str:
        """What the file was recognised as, in words."""
        parts = [f"recognised as {self.preset.name}" if self.preset else "no tool's own form"]
        if self.language != "en":
            parts.append(f"{LANGUAGES[self.language]} headings")
        parts.append(NAMES_OF_DELIMITERS[self.table.delimiter])
        if self.table.encoding:
            parts.append(self.table.encoding)
        return ", ".join(parts)

    def column_of(self, name: str) -> ReadColumn | None:
        return next((column for column in self.columns if column.field.name == name), None)


def read_accounts(table: Table, asked: Asked) -> Reading:
    """Read a table of accounts. Raises `UnreadableTableError` where no column names them."""
    return _Reader(table, asked).read()


class _Reader:
    """Reads one table; what is found on the way is gathered here."""

    def __init__(self, table: Table, asked: Asked) -> None:
        self._table = table
        self._asked = asked
        cells = [str(cell) for line in table.lines[:SAMPLE_LINES] for cell in line.cells if isinstance(cell, str)]
        self._preset = preset_of(table.headings, cells)
        self._language = language_of(table.headings)
        self._columns: dict[int, ReadColumn] = {}
        self._refused: list[RefusedColumn] = []
        self._left_out: list[LeftOutColumn] = []
        self._notes: list[str] = list(table.repaired)
        self._not_accounts: list[NotARow] = list(table.not_rows)
        self._unread: list[UnreadCell] = []
        self._currency: str | None = None

    def read(self) -> Reading:
        meanings = self._meanings()
        chosen = self._chosen(meanings)
        facts = self._facts(chosen)
        for column in chosen:
            result = read_column(column, facts)
            if isinstance(result, ReadColumn):
                self._columns[column.place] = result
            else:
                self._refused.append(result)
        if self._named("account_id") is None and self._named("name") is None:
            raise UnreadableTableError(
                'no column is the accounts\' name or id; name it by MAP, as in [columns] "your heading" = "name"'
            )
        self._settle_two_readings(meanings, facts)
        self._settle_people()
        lines = self._lines()
        self._settle_amounts(lines)
        accounts = tuple(self._account(key, line) for key, line in lines)
        self._notes += _notes_on(accounts, self._asked.run_date)
        return Reading(
            self._table,
            self._preset,
            self._language,
            tuple(self._columns[place] for place in sorted(self._columns)),
            tuple(sorted(self._refused, key=lambda column: column.place)),
            tuple(sorted(self._left_out, key=lambda column: column.place)),
            accounts,
            tuple(sorted(self._not_accounts, key=lambda row: row.number)),
            tuple(self._unread),
            tuple(dict.fromkeys(self._notes)),
            self._currency,
            {
                name: column.heading
                for name, column in (("owner_email", self._owner), ("primary_contact_email", self._contact))
                if column
            },
        )

    # Columns

    def _meanings(self) -> dict[int, Meaning]:
        own = self._asked.map.fields
        meanings = {place: meaning_of(heading, self._preset, own) for place, heading in enumerate(self._table.headings)}
        meanings |= self._ids_instead(meanings)
        if self._is_another_tools():
            rated = [place for place, meaning in meanings.items() if meaning == _RATING]
            meanings |= dict.fromkeys(rated, MeansOneOf(_TWO_RATINGS))
        if Means("open_ticket_count") not in {replace(each, rank=0) for each in meanings.values() if _is_field(each)}:
            bare = (
                place for place, each in meanings.items() if _is_field(each) and each.field == "avg_ticket_sentiment"
            )
            felt = [place for place in bare if set(heading_of(self._table.headings[place]).keys) & _BARE_SENTIMENT]
            meanings |= dict.fromkeys(felt, MeansOneOf(_TWO_SENTIMENTS))
        for place, meaning in meanings.items():
            if isinstance(meaning, MeansNothing):
                self._left_out.append(LeftOutColumn(place, self._table.headings[place], meaning.reason))
        return meanings

    def _ids_instead(self, meanings: Mapping[int, Meaning]) -> dict[int, Meaning]:
        """Where a tool's column for the team's own ids is empty, the tool's ids are the accounts'."""
        own = [place for place, each in meanings.items() if _is_field(each) and each.field == "account_id"]
        if not own or any(self._cells(place, FIELDS["account_id"]) for place in own):
            return {}
        tools = (place for place, each in meanings.items() if _is_field(each) and each.field.startswith(EXTERNAL))
        first = next((place for place in tools if self._cells(place, FIELDS["account_id"])), None)
        if first is None:
            return {}
        return {**dict.fromkeys(own, MeansNothing("empty")), first: Means("account_id", 0, "preset")}

    def _is_another_tools(self) -> bool:
        """Whether "Health Status" may be a colour that another tool worked out: it is ours where our own names are."""
        ours = {plain(heading) for heading in self._table.headings} & _OUR_OWN
        return len(ours) < 2

    def _cells(self, place: int, of_field: Field) -> dict[Cell, int]:
        return filled_cells([line.cells[place] for line in self._table.lines], of_field)

    def _column(self, place: int, name: str) -> ColumnCells:
        heading = self._table.headings[place]
        found = field_named(name)
        if instead := _INSTEAD.get((name, heading_of(heading).unit or "")):
            found = FIELDS[instead]
        assert found is not None, name
        return ColumnCells(place, heading_of(heading), found, self._cells(place, found), self._asked.map.of(heading))

    def _chosen(self, meanings: Mapping[int, Meaning]) -> list[ColumnCells]:
        """The columns that are read: of several that mean one field the plainest, or none where they differ."""
        by_field: dict[str, list[tuple[int, Means]]] = {}
        for place, meaning in meanings.items():
            if isinstance(meaning, Means):
                by_field.setdefault(meaning.field, []).append((place, meaning))
        chosen: list[ColumnCells] = []
        for name, places in by_field.items():
            found = field_named(name)
            if found is None or found.kind == "people" or name.startswith(EXTERNAL):
                chosen += [self._column(place, name) for place, _ in places]
                continue
            by_rank = sorted(places, key=lambda each: (each[1].by != "MAP", each[1].by != "preset", each[1].rank))
            first, *others = (self._column(place, name) for place, _ in by_rank)
            differing = [other for other in others if self._differ(first.place, other.place)]
            for other in others:
                if other not in differing:
                    self._left_out.append(
                        LeftOutColumn(other.place, other.heading.text, f"says the same as {first.heading.text!r}")
                    )
            if differing and not self._may_choose(name, by_rank):
                for column in (first, *differing):
                    rivals = [each.heading.text for each in (first, *differing) if each is not column]
                    self._refused.append(
                        RefusedColumn(
                            column.place,
                            column.heading.text,
                            name,
                            f"{words_of(name)} is also {', '.join(map(repr, rivals))}, and they differ",
                            f'"{first.heading.text}" = "{name}" takes one, or "" leaves it out',
                        )
                    )
                continue
            for other in differing:
                self._left_out.append(
                    LeftOutColumn(other.place, other.heading.text, f"{first.heading.text!r} is the {words_of(name)}")
                )
            chosen.append(first)
        return sorted(chosen, key=lambda column: column.place)

    def _may_choose(self, name: str, by_rank: Sequence[tuple[int, Means]]) -> bool:
        """Whether the plainest heading settles it: for what names an account, and where MAP or a preset names one."""
        first, second = by_rank[0][1], by_rank[1][1]
        same_text = plain(self._table.headings[by_rank[0][0]]) == plain(self._table.headings[by_rank[1][0]])
        if same_text:
            return False
        return name in ("account_id", "name", "status", "industry", "plan", "domain", "notes") or first.by != second.by

    def _differ(self, place: int, other: int) -> bool:
        pairs = ((line.cells[place], line.cells[other]) for line in self._table.lines)
        return any(a != b for a, b in pairs)

    def _facts(self, chosen: Sequence[ColumnCells]) -> FileFacts:
        given = self._asked.map
        return FileFacts(
            self._asked.run_date,
            given.timezone or self._asked.timezone,
            self._language,
            file_sign(chosen, self._language, self._table.delimiter, given),
            file_order(chosen, self._language, given),
            given,
            self._preset,
        )

    def _named(self, name: str) -> ReadColumn | None:
        return next((column for column in self._columns.values() if column.field.name == name), None)

    def _values(self, name: str, line: TableLine) -> Any:
        column = self._named(name)
        return column.values.get(line.cells[column.place]) if column else None

    def _settle_two_readings(self, meanings: Mapping[int, Meaning], facts: FileFacts) -> None:
        """Refuse the columns with two readings, but for a rate that the seats decide about."""
        for place, meaning in meanings.items():
            if not isinstance(meaning, MeansOneOf):
                continue
            heading = self._table.headings[place]
            taken = self._rate(place, meaning, facts)
            if taken:
                self._columns[place] = taken
                continue
            names = [name for name in meaning.readings if name]
            both = " or ".join(meaning.readings.values())
            choices = " or ".join(f'"{heading}" = "{name}"' for name in names)
            self._refused.append(
                RefusedColumn(
                    place,
                    heading,
                    names[0],
                    f"two readings: {both}",
                    f'{choices}, or "{heading}" = "" leaves it out',
                )
            )

    def _rate(self, place: int, meaning: MeansOneOf, facts: FileFacts) -> ReadColumn | None:
        """A rate of use that can be of features or of seats: where the seats are given, they say which."""
        if set(meaning.readings) != {"feature_adoption_rate", "seats_utilization_rate"}:
            return None
        if self._named("seats_bought") is None or self._named("seats_used") is None:
            return None
        read = read_column(self._column(place, "feature_adoption_rate"), facts)
        if not isinstance(read, ReadColumn):
            return None
        pairs = []
        for line in self._table.lines:
            rate = read.values.get(line.cells[place])
            bought, used = self._values("seats_bought", line), self._values("seats_used", line)
            if rate is not None and bought and used is not None:
                pairs.append(abs(rate - used / bought) > AGREEMENT)
        if not any(pairs) or self._named("feature_adoption_rate"):
            return None
        return replace(read, how=(*read.how, "taken as feature adoption: the seats give another rate of their own"))

    # People

    def _settle_people(self) -> None:
        """Choose the columns of the owner and of the primary contact by what stands in their cells."""
        family = self._people("csm") or self._people("owner")
        others = self._people("owner") if self._people("csm") else []
        if family and others and not any(map(_addresses, family)):
            # The addresses of the same people may stand under another name.
            same = next((each for each in others if _addresses(each) and self._is_name_of(family[0], each)), None)
            family += [same] if same else []
            others = [each for each in others if each is not same]
        by_address = sorted(family, key=_addresses, reverse=True)
        owner = by_address[0] if by_address else None
        names = next((column for column in by_address[1:] if _addresses(column) == 0 and _people_of(column)), None)
        if owner and not names:
            names = next((column for column in others if self._is_name_of(column, owner)), None)
        for column in (*family, *others):
            if column is not owner and column is not names:
                self._drop(column, "another of our people; the owner is " + repr(owner.heading if owner else ""))
        self._owner, self._owner_names = owner, names
        if owner and names:
            why = "its cells are addresses" if _addresses(owner) else "the first of the owner's columns"
            self._notes.append(f"of {names.heading} and {owner.heading} the second is the owner: {why}")
        if not owner:
            self._notes.append("no owner in the file: alerts go to the fallback owner")
        self._settle_contact()

    def _settle_contact(self) -> None:
        columns = [
            *self._people("primary_contact_email"),
            *self._people("primary_contact"),
            *self._people("contact_name"),
        ]
        by_address = sorted(columns, key=_addresses, reverse=True)
        self._contact = by_address[0] if by_address else None
        self._contact_names = next((column for column in by_address[1:] if _addresses(column) == 0), None)
        for column in columns:
            if column is not self._contact and column is not self._contact_names:
                self._drop(column, f"another contact; the primary one is {self._contact.heading!r}")  # type: ignore[union-attr]

    def _people(self, name: str) -> list[ReadColumn]:
        return [column for column in self._columns.values() if column.field.name == name]

    def _drop(self, column: ReadColumn, reason: str) -> None:
        del self._columns[column.place]
        self._left_out.append(LeftOutColumn(column.place, column.heading, reason))

    def _is_name_of(self, names: ReadColumn, owner: ReadColumn) -> bool:
        """Whether a column of names goes with the owner's addresses in every line that has both."""
        pairs = []
        for line in self._table.lines:
            name, address = (_only(column.values.get(line.cells[column.place])) for column in (names, owner))
            if name and name.name and address and address.address:
                pairs.append(agrees(name.name, address.address))
        return bool(pairs) and all(pairs)

    # Lines

    def _lines(self) -> list[tuple[str, TableLine]]:
        """The lines that are accounts, each with what it is known by."""
        found: list[tuple[str, TableLine]] = []
        by_key: dict[str, list[TableLine]] = {}
        has_ids = self._named("account_id") is not None
        for line in self._table.lines:
            account_id, name = self._values("account_id", line), self._values("name", line)
            key = str((account_id if has_ids else None) or name or "")
            if not key:
                shown = next((str(cell) for cell in line.cells if str(cell).strip()), "")
                self._not_accounts.append(NotARow(line.number, shown[:50], "neither a name nor an id"))
                continue
            by_key.setdefault(key, []).append(line)
            found.append((key, line))
        repeated = {} if self._asked.keep_repeated else by_key
        twice = {key: lines for key, lines in repeated.items() if len(lines) > 1}
        for key, lines in twice.items():
            same = all(each.cells == lines[0].cells for each in lines)
            numbers = ", ".join(str(each.number) for each in lines)
            reason = f"{key} stands on lines {numbers}"
            for each in lines[1:] if same else lines:
                more = ", word for word the same" if same else ", and they differ: none is taken"
                self._not_accounts.append(NotARow(each.number, key[:50], reason + more))
        left = [
            (key, line)
            for key, line in found
            if key not in twice or (line is twice[key][0] and all(e.cells == line.cells for e in twice[key]))
        ]
        if not has_ids:
            self._notes.append("no account ids in the file: the names serve as ids")
        elif not self._asked.keep_repeated:
            self._note_names(left)
        return left

    def _note_names(self, lines: Sequence[tuple[str, TableLine]]) -> None:
        by_name: dict[str, list[str]] = {}
        for key, line in lines:
            if name := self._values("name", line):
                by_name.setdefault(plain(str(name)), []).append(key)
        for name, keys in by_name.items():
            if len(keys) > 1:
                self._notes.append(f"one name under several ids: {name} is {', '.join(keys[:MOST_NAMED])}")

    # Amounts

    def _settle_amounts(self, lines: Sequence[tuple[str, TableLine]]) -> None:
        """One currency for the column, or none of its values; a month's revenue only where no year's is given."""
        for name in ("arr", "mrr"):
            column = self._named(name)
            if column:
                self._settle_currency(column, lines)
        arr, mrr = self._named("arr"), self._named("mrr")
        refused = [column for column in self._refused if column.field == "arr"]
        if mrr and (arr or refused):
            self._drop(mrr, "ARR is given beside it")
        elif mrr:
            self._columns[mrr.place] = replace(mrr, how=(*mrr.how, "a month's revenue: × 12 it is ARR"))

    def _settle_currency(self, column: ReadColumn, lines: Sequence[tuple[str, TableLine]]) -> None:
        heading = heading_of(column.heading)
        given = self._asked.map.of(column.heading).currency or self._asked.map.currency
        by_currency: dict[str, list[str]] = {}
        for key, line in lines:
            cell = line.cells[column.place]
            if cell in column.values and (found := self._currency_of(column, cell, line, heading)):
                by_currency.setdefault(found, []).append(key)
        if given:
            self._take_given(column, given, lines, heading)
            return
        if len(by_currency) > 1:
            named = "; ".join(
                f"{code} {', '.join(keys[:MOST_NAMED])}{' and more' if len(keys) > MOST_NAMED else ''}"
                for code, keys in by_currency.items()
            )
            self._refuse(
                column,
                f"{len(by_currency)} currencies: {named}",
                f'[columns."{column.heading}"] currency = "{_code(by_currency)}" takes one; '
                "amounts in another are then left out and named",
            )
            return
        code = next(iter(by_currency), None)
        book = self._asked.currency
        if code and book and book != code and book not in _SAME_SIGN.get(code, frozenset()):
            self._refuse(
                column,
                f"amounts are in {code}, and the book's currency is {book}",
                f'[columns."{column.heading}"] currency = "{code}" takes them as they stand',
            )
            return
        self._currency = book or code
        if code:
            bare = sum(1 for _, line in lines if line.cells[column.place] in column.values)
            signed = len(by_currency[code])
            rest = f"; the {bare - signed} without a sign are taken for the same" if bare > signed else ""
            by = "its sign" if column.currencies else "its heading" if heading.currency else "the column of currencies"
            note = f"{book or code}, by {by}{rest}"
        else:
            note = f"no currency in the file: amounts are in the book's currency{f', {book}' if book else ''}"
            self._notes.append(note)
        self._columns[column.place] = replace(column, how=(*column.how, note))

    def _currency_of(self, column: ReadColumn, cell: Cell, line: TableLine, heading: Heading) -> str | None:
        return column.currencies.get(cell) or self._values("currency", line) or heading.currency

    def _take_given(
        self, column: ReadColumn, given: str, lines: Sequence[tuple[str, TableLine]], heading: Heading
    ) -> None:
        """Take the amounts of the currency that MAP gives; others are unknown and named."""
        others: list[str] = []
        values = dict(column.values)
        problems = dict(column.problems)
        for key, line in lines:
            cell = line.cells[column.place]
            found = self._currency_of(column, cell, line, heading)
            if found and found != given and given not in _SAME_SIGN.get(found, frozenset()) and cell in values:
                del values[cell]
                problems[cell] = f"in {found}, not in {given}"
                others.append(key)
        self._currency = given
        note = f"{given} by MAP" + (f"; left out are {', '.join(others[:MOST_NAMED])}" if others else "")
        self._columns[column.place] = replace(column, values=values, problems=problems, how=(*column.how, note))

    def _refuse(self, column: ReadColumn, reason: str, cure: str) -> None:
        del self._columns[column.place]
        self._refused.append(RefusedColumn(column.place, column.heading, column.field.name, reason, cure))

    # One account

    def _account(self, key: str, line: TableLine) -> AccountValues:
        values: dict[str, Any] = {}
        others: dict[str, Any] = {}
        name = str(self._values("name", line) or key)
        for place, column in self._columns.items():
            cell = line.cells[place]
            if isinstance(cell, str) and is_failed(cell):
                self._unread.append(UnreadCell(line.number, name, column.heading, cell, "the error of a formula"))
            elif cell in column.problems:
                self._unread.append(UnreadCell(line.number, name, column.heading, str(cell), column.problems[cell]))
            elif cell in column.values:
                target = values if column.field.name not in _DERIVED_FROM else others
                target[column.field.name] = column.values[cell]
        values |= self._status(values.get("status"), others)
        values |= self._people_values(line, name)
        values |= self._external(values, others)
        values |= self._derived(values, others, name)
        return AccountValues(line.number, key, {each: value for each, value in values.items() if value is not None})

    def _status(self, word: str | None, others: Mapping[str, Any]) -> dict[str, Any]:
        left_on = others.get("left_on")
        has_left = left_on is not None and left_on <= self._asked.run_date
        if has_left or any(others.get(name) for name in ("deleted", "merged_into", "is_active")):
            return {"status": "inactive"}
        if word is None and others.get("is_active") is False:
            return {"status": "active"}
        return {"status": word}

    def _people_values(self, line: TableLine, account: str) -> dict[str, Any]:
        owner = self._one(self._owner, line, account)
        named = self._one(self._owner_names, line, account)
        contact = self._one(self._contact, line, account)
        contact_named = self._one(self._contact_names, line, account)
        owner_name = (owner.name if owner else None) or (named.name if named else None)
        name = (contact.name if contact else None) or (contact_named.name if contact_named else None)
        found: dict[str, Any] = {
            "owner_email": owner.address if owner else None,
            "owner_name": owner_name,
            "primary_contact": name,
            "primary_contact_email": contact.address if contact else None,
        }
        for role in ("sales_email", "manager_email"):
            person = next((p for c in self._people(role) if (p := self._one(c, line, account)) and p.address), None)
            found[role] = person.address if person else None
        return found

    def _one(self, column: ReadColumn | None, line: TableLine, account: str) -> Person | None:
        """The one person of a cell; several are left open, and named."""
        if column is None:
            return None
        people: tuple[Person, ...] = column.values.get(line.cells[column.place], ())
        if len(people) > 1:
            named = ", ".join(person.name or person.address or "" for person in people[:MOST_NAMED])
            self._unread.append(
                UnreadCell(
                    line.number,
                    account,
                    column.heading,
                    str(line.cells[column.place])[:80],
                    f"several people, left open: which of {named}?",
                )
            )
        return people[0] if len(people) == 1 else None

    def _external(self, values: dict[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
        """The ids by which other tools know the account, as External IDs has them."""
        ids = [values.pop(name) for name in list(values) if name == "external_ids"]
        named = [name for name in values if name.startswith(EXTERNAL)]
        ids += [f"{name.removeprefix(EXTERNAL)}:{values.pop(name)}" for name in named]
        domains: tuple[str, ...] = others.get("domain", ())
        ids += [f"domain:{domain}" for domain in domains]
        return {
            "external_ids": ", ".join(dict.fromkeys(ids)) or None,
            "domain": domains[0] if len(domains) == 1 else None,
        }

    def _derived(self, values: Mapping[str, Any], others: Mapping[str, Any], name: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if "mrr" in others:
            found["arr"] = round(others["mrr"] * 12, 2)
        bought, used = values.get("seats_bought"), values.get("seats_used")
        if values.get("seats_utilization_rate") is None and used is not None and bought is not None:
            if bought == 0 and used > 0:
                self._notes.append(f"{name}: no seats bought and {used} in use, so utilisation is unknown")
            elif bought and used / bought <= 2.0:
                found["seats_utilization_rate"] = used / bought
            elif bought:
                self._notes.append(f"{name}: {used} seats in use of {bought}, more than twice: utilisation is unknown")
        return found


_BARE_SENTIMENT = frozenset({"sentiment", "stimmung", "ressenti", "sentimiento"})
_TWO_SENTIMENTS = {"avg_ticket_sentiment": "the sentiment of tickets", "": "how they feel about us"}
_OUR_OWN = frozenset({"signals updated", "collections risk", "escalations 90d", "usage trend", "ticket sentiment"})
_RATING = meaning_of("Health Status", None, {})
_TWO_RATINGS = {"tam_health_rag": "the technical account manager's own rating", "": "a colour worked out by a tool"}
_INSTEAD: Mapping[tuple[str, str], str] = {
    ("seats_used", "per cent"): "seats_utilization_rate",
    ("last_interaction", "days"): "days_since_last_interaction",
    ("contract_end", "days"): "days_to_renewal",
}
"""What a heading means with a unit beside it: "Last contact (days)" is no day."""
_DERIVED_FROM = frozenset(
    {
        *("is_active", "deleted", "merged_into", "left_on", "mrr", "currency", "csm", "owner", "sales_email"),
        *("manager_email", "primary_contact", "primary_contact_email", "contact_name", "domain"),
    }
)
"""Columns whose values are no fields themselves, but give one."""


def _code(currencies: Iterable[str]) -> str:
    """The code of one of the currencies, preferring one whose sign is of one country alone."""
    first = min(currencies, key=lambda code: code not in CODES)
    return first if first in CODES else sorted(_SAME_SIGN[first])[0]


def _is_field(meaning: Meaning) -> TypeGuard[Means]:
    """Whether a heading means one field, by its name or a preset; what MAP says is not doubted."""
    return isinstance(meaning, Means) and meaning.by != "MAP"


def _addresses(column: ReadColumn) -> int:
    return sum(1 for people in column.values.values() if any(person.address for person in people))


def _people_of(column: ReadColumn) -> int:
    return sum(1 for people in column.values.values() if people)


def _only(people: tuple[Person, ...] | None) -> Person | None:
    return people[0] if people and len(people) == 1 else None


def _notes_on(accounts: Sequence[AccountValues], run_date: date) -> Iterator[str]:
    """What a person should know of the contracts and statuses in the file."""
    active = [account for account in accounts if account.values.get("status") != "inactive"]
    if left := [account.name for account in accounts if account.values.get("status") == "inactive"]:
        yield f"inactive: {_named(left)}"
    ended = [account for account in active if (end := account.values.get("contract_end")) and end < run_date]
    renewing = [each.name for each in ended if each.values.get("auto_renew")]
    lapsed = [each.name for each in ended if not each.values.get("auto_renew")]
    if renewing:
        yield (
            f"the contract's end has passed and it auto-renews: {_named(renewing)}; no new end is presumed: enter it, "
            "or the term in months"
        )
    if lapsed:
        yield f"the contract has lapsed: {_named(lapsed)}"
    if below := [each.name for each in active if (each.values.get("arr") or 0) < 0]:
        yield f"ARR below zero: {_named(below)}"
    if names := list(
        dict.fromkeys(
            str(each.values["owner_name"])
            for each in active
            if each.values.get("owner_name") and not each.values.get("owner_email")
        )
    ):
        yield f"owners without an address here, looked up by name: {_named(names)}"


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_NAMED])
    return shown if len(names) <= MOST_NAMED else f"{shown} and {len(names) - MOST_NAMED} more"


def shown_value(value: Any) -> str:
    """A value as people see it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return plain_number(value)
    if isinstance(value, tuple):
        return ", ".join(_shown_person(each) if isinstance(each, Person) else str(each) for each in value)
    return str(value)


def _shown_person(person: Person) -> str:
    return " ".join(filter(None, (person.name, f"<{person.address}>" if person.address else "")))
