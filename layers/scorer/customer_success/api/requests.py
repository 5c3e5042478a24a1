"""What of a request is looked at before its values are: path, method, names of parameters, and the body as a text."""

from __future__ import annotations

import json
import math
from base64 import b64decode
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel

from customer_success.api.problems import Problem, bad_request, invalid, not_found
from customer_success.dataclass import dataclass

SAFE_IN_A_PATH = "/%:@!$&'()*+,;=~"
MOST_DIGITS = 300
LARGEST_BODY = 256 * 1024
"""Bytes."""
DEEPEST_BODY = 32
"""Objects and lists within each other."""
LARGEST_WHOLE = 2**53
"""Above it a number with a point in it does not say which whole number it is."""
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked for.

    `path` holds names in `<>` where values stand, `query` names the parameters, and `body` is what the body is read as.
    """

    method: str
    path: str
    query: frozenset[str] = frozenset()
    body: type[BaseModel] | None = None

    def is_at(self, path: str) -> bool:
        """Whether a request's path, with what is escaped in it as it came, is of this operation."""
        wanted, given = self.path.split("/"), path.rstrip("/").split("/")
        return len(wanted) == len(given) and all(
            part if name.startswith("<") else name == part for name, part in zip(wanted, given, strict=True)
        )


@dataclass(eq=False)
class MethodNotAllowed(Problem):
    """A path that exists, asked in a way that it is not for; `allow` says which is right."""

    allow: str = ""


def checked(event: Mapping[str, Any], operations: Iterable[Operation]) -> dict[str, Any]:
    """The event of a request that one of the operations is for, its body as plain text. Raises a `Problem`."""
    # Some gateways hand the path on decoded: what no path may hold as it is goes back to how it travelled.
    event = {**event, "path": quote(str(event.get("path")), safe=SAFE_IN_A_PATH, errors="surrogatepass")}
    operation = _operation(event, operations)
    if unknown := sorted(set(_query(event)) - operation.query):
        name = _cut(unknown[0])
        raise invalid(name, f"no such parameter; there are {', '.join(sorted(operation.query))}")
    return _with_body(event) if operation.body else dict(event)


def _operation(event: Mapping[str, Any], operations: Iterable[Operation]) -> Operation:
    path, method = str(event.get("path")), str(event.get("httpMethod"))
    here = [operation for operation in operations if operation.is_at(path)]
    if not here:
        raise not_found(f"there is nothing at {_cut(path)!r}")
    for operation in here:
        if operation.method == method:
            return operation
    allow = ", ".join(operation.method for operation in here)
    raise MethodNotAllowed(
        405,
        "method-not-allowed",
        "Method not allowed",
        f"{_cut(method)} is not for {_cut(path)!r}; use {allow}",
        allow=allow,
    )


def _query(event: Mapping[str, Any]) -> set[str]:
    return {*(event.get("queryStringParameters") or ()), *(event.get("multiValueQueryStringParameters") or ())}


def _with_body(event: Mapping[str, Any]) -> dict[str, Any]:
    headers = event.get("headers") or {}
    kinds = [str(value) for name, value in headers.items() if name.lower() == "content-type"]
    if not kinds or kinds[-1].partition(";")[0].strip().lower() != JSON:
        given = _cut(kinds[-1]) if kinds else ""
        detail = f"Content-Type: {given!r} is not {JSON}, in which the body is read"
        raise Problem(415, "unsupported-media-type", "Unsupported media type", detail, "Content-Type")
    text = json.dumps(_value(_text(event)))
    # Without the header it is read as JSON; with one, in a single spelling alone.
    others = {name: value for name, value in headers.items() if name.lower() != "content-type"}
    return {**event, "headers": others, "body": text, "isBase64Encoded": False}


def _text(event: Mapping[str, Any]) -> str:
    body = event.get("body") or ""
    try:
        encoded = b64decode(body, validate=True) if event.get("isBase64Encoded") else str(body).encode()
        text = encoded.decode()
    except ValueError as error:
        raise bad_request("the body is not text in UTF-8", "body") from error
    if not text.strip():
        raise bad_request("the body is missing: it must be a JSON object", "body")
    if len(encoded) > LARGEST_BODY:
        detail = f"the body has {len(encoded)} bytes; it may have up to {LARGEST_BODY}"
        raise Problem(413, "content-too-large", "Content too large", detail, "body")
    return text


def _value(text: str) -> dict[str, Any]:
    """The object that the text is in JSON. Raises a `Problem` unless it means the same to every reader."""
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_constant=_number, parse_float=_number, parse_int=_whole
        )
        json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise bad_request(f"the body is not JSON: {error.msg} at {where}", "body") from error
    except UnicodeEncodeError as error:
        raise bad_request("the body holds half of a surrogate pair, which is no character", "body") from error
    except RecursionError as error:
        raise bad_request(f"the body is nested deeper than {DEEPEST_BODY}", "body") from error
    except ValueError as error:
        raise bad_request(f"the body is not JSON: {_cut(str(error))}", "body") from error
    if not isinstance(value, dict):
        raise invalid("body", f"{_cut(json.dumps(value))} is not an object")
    if _depth(value) > DEEPEST_BODY:
        raise bad_request(f"the body is nested deeper than {DEEPEST_BODY}", "body")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{_cut(name)!r} stands twice in one object")
        found[name] = value
    return found


def _number(text: str) -> float:
    """A number; JSON knows one kind of them, and 4.0 is as whole as 4."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{_cut(text)} is not a finite number")
    return int(number) if number.is_integer() and abs(number) < LARGEST_WHOLE else number


def _whole(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError(f"a number has {len(text)} digits; it may have up to {MOST_DIGITS}")
    return int(text)


def _depth(value: Any) -> int:
    """How deep lists and objects lie within each other, counted level by level."""
    depth, level = 0, [value]
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        level = [item for outer in level for item in (outer.values() if isinstance(outer, dict) else outer)]
    return depth


def _cut(text: str, longest: int = 120) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
