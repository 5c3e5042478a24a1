"""What the API's document says of each field: the docstring below it.

Pydantic can read them too (`use_attribute_docstrings`), but from the source at every start: a third of the function's.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import BaseModel

from customer_success import api

PACKAGE = f"{api.__name__}."


def describe(document: dict[str, Any]) -> None:
    """Give each field of the API's own models its description, where the document has none."""
    schemas = document["components"]["schemas"]
    for model in _models(BaseModel):
        properties = schemas.get(model.__name__, {}).get("properties", {})
        for field, text in _docstrings(model).items():
            properties.get(field, {}).setdefault("description", text)


def _models(base: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for model in base.__subclasses__():
        if model.__module__.startswith(PACKAGE):
            yield model
        yield from _models(model)


def _docstrings(model: type[BaseModel]) -> dict[str, str]:
    """The docstring of each field, its own before an inherited one."""
    own = [_written_in(base) for base in reversed(model.__mro__) if base.__module__.startswith(PACKAGE)]
    return {field: text for texts in own for field, text in texts.items()}


@cache
def _written_in(model: type) -> dict[str, str]:
    (definition,) = ast.parse(inspect.cleandoc("\n" + inspect.getsource(model))).body
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    found = {}
    for field, text in pairwise(body):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str() as written)):
                found[name] = inspect.cleandoc(written)
    return found
