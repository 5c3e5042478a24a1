"""The project's `dataclass` makes of a class what the standard library makes of it, as far as anybody can see."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import re
from collections.abc import Callable
from dataclasses import field
from pathlib import Path
from typing import Any, Generic, TypeVar

import pytest
from pydantic import TypeAdapter

from customer_success.dataclass import dataclass

LAYERS = Path(__file__).parents[2] / "layers"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Seats:
    bought: int
    used: int = 0


@dataclass(frozen=True, slots=True)
class Book(Generic[T]):
    """Fields of every kind that the project uses."""

    name: str
    entries: tuple[T, ...] = ()
    seats: dict[str, Seats] = field(default_factory=dict)
    note: str = field(default="", compare=False)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Nothing:
    """No field at all."""


@dataclass(frozen=True, slots=True)
class Upper:
    """A class with methods of its own and a check."""

    text: str

    def __post_init__(self) -> None:
        if not self.text:
            raise ValueError("text is empty")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Upper) and self.text.upper() == other.text.upper()

    def __hash__(self) -> int:
        return hash(self.text.upper())

    def __repr__(self) -> str:
        return self.text.upper()


def both(declare: Callable[[Any], type]) -> tuple[Any, Any]:
    """The same class made by the project's decorator and by the standard library's."""
    return declare(dataclass(frozen=True, slots=True)), declare(dataclasses.dataclass(frozen=True, slots=True))


def signal(decorated: Any) -> type:
    class Signal:
        key: str
        value: float | None = None
        sources: tuple[str, ...] = field(default=(), compare=False)

    return decorated(Signal)  # type: ignore[no-any-return]


GIVEN: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    (("nps",), {}),
    (("nps", 8.5), {}),
    (("nps",), {"value": 8.5, "sources": ("survey",)}),
    (("usage", float("nan")), {}),
]


@pytest.mark.parametrize(("positional", "named"), GIVEN)
def test_an_instance_looks_as_the_standard_librarys(positional: tuple[Any, ...], named: dict[str, Any]) -> None:
    ours, theirs = both(signal)
    mine, other = ours(*positional, **named), theirs(*positional, **named)
    assert repr(mine) == repr(other)
    assert hash(mine) == hash(other)
    assert dataclasses.asdict(mine).keys() == dataclasses.asdict(other).keys()
    assert [each.name for each in dataclasses.fields(ours)] == [each.name for each in dataclasses.fields(theirs)]
    for name in ("__match_args__", "__slots__", "__doc__"):
        assert getattr(ours, name) == getattr(theirs, name)


@pytest.mark.parametrize("one", GIVEN)
@pytest.mark.parametrize("two", GIVEN)
def test_two_are_equal_where_the_standard_librarys_are(one: Any, two: Any) -> None:
    ours, theirs = both(signal)

    def equal(kind: Any) -> bool:
        return bool(kind(*one[0], **one[1]) == kind(*two[0], **two[1]))

    assert equal(ours) == equal(theirs)


def test_an_instance_is_no_other_class_and_no_tuple() -> None:
    assert Seats(3, 1) == Seats(3, 1)
    assert Seats(3, 1) != (3, 1)
    assert Nothing() == Nothing()
    assert Nothing() != Seats(0)
    assert len({Seats(3, 1), Seats(3, 1), Seats(3)}) == 2


def test_fields_that_are_not_compared_or_shown_are_not() -> None:
    mine, other = Book[int]("a", note="x", secret="s"), Book[int]("a", note="y", secret="s")
    assert mine == other
    assert repr(mine) == "Book(name='a', entries=(), seats={}, note='x')"
    assert mine != Book[int]("a", secret="t")


def test_methods_that_a_class_has_of_its_own_stay() -> None:
    assert Upper("a") == Upper("A")
    assert hash(Upper("a")) == hash(Upper("A"))
    assert repr(Upper("a")) == "A"
    with pytest.raises(ValueError, match="text is empty"):
        Upper("")


def test_an_instance_is_copied_pickled_replaced_matched_and_stored() -> None:
    book = Book("a", (1, 2), {"x": Seats(3, 1)})
    assert dataclasses.replace(book, name="b") == Book("b", (1, 2), {"x": Seats(3, 1)})
    assert copy.deepcopy(book) == pickle.loads(pickle.dumps(book)) == book
    stored = TypeAdapter(Book[int])
    assert stored.validate_json(stored.dump_json(book)) == book
    match Seats(3, 1):
        case Seats(bought, used):
            assert (bought, used) == (3, 1)


def test_each_instance_has_defaults_of_its_own() -> None:
    assert Book[int]("a").seats is not Book[int]("b").seats


def test_no_field_is_added_to_an_instance() -> None:
    with pytest.raises(AttributeError):
        Seats(3).left = 2  # type: ignore[attr-defined]


def test_other_options_give_the_standard_librarys_class() -> None:
    @dataclass(frozen=True, order=True)
    class Day:
        number: int

    assert sorted([Day(2), Day(1)]) == [Day(1), Day(2)]
    with pytest.raises(dataclasses.FrozenInstanceError):
        Day(1).number = 2  # type: ignore[misc]


def test_frozen_values_in_the_layers_are_made_by_it() -> None:
    by_the_standard_library = [
        str(path.relative_to(LAYERS))
        for path in sorted(LAYERS.rglob("*.py"))
        if "@dataclass(frozen=True, slots=True)" in (text := path.read_text("utf-8"))
        and re.search(r"^from dataclasses import .*\bdataclass\b", text, re.M)
    ]
    assert not by_the_standard_library, "import dataclass from customer_success.dataclass: it costs a cold start less"
