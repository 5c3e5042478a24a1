"""The standard library's `dataclass` for frozen values, at a third of what each costs a cold start.

A function makes about a hundred such classes before its first message. For each of them the standard library compiles
six methods; here it compiles `__init__` alone, and what compares, hashes and shows is shared by all. That nothing
assigns to a field is left to the type checker, which sees the standard library's own decorator.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(**options: bool) -> Callable[[type], type]:
        """As `dataclasses.dataclass`; with other options than frozen and slots it is just that."""
        return _frozen if options == {"frozen": True, "slots": True} else dataclasses.dataclass(**options)


def _frozen(given: type) -> type:
    made: type = dataclasses.dataclass(given, eq=False, repr=False, slots=True)
    fields = dataclasses.fields(made)
    compared = _values_of([field.name for field in fields if field.compare])
    shown = [field.name for field in fields if field.repr]

    def equal(self: Any, other: Any) -> Any:
        return compared(self) == compared(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: Any) -> int:
        return hash(compared(self))

    def text(self: Any) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

    for name, method in {"__eq__": equal, "__hash__": hashed, "__repr__": text}.items():
        if name not in vars(given):
            setattr(made, name, method)
    return made


def _values_of(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    match names:
        case []:
            return lambda _: ()
        case [name]:
            return lambda instance: (getattr(instance, name),)
    return attrgetter(*names)
