"""What goes over the wire: a request, a reply, and what every vendor of the sandbox has in common."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import unquote

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. A body of bytes goes out as it is, None as an empty one, anything else as JSON."""

    body: object = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """The body as it goes out."""
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()

    def broken(self) -> Reply:
        """The same answer as a 200 whose JSON breaks off in the middle."""
        whole = self.encoded()
        return Reply(whole[: len(whole) // 2] or b"{", 200)


class VendorError(Exception):
    """A request is answered with an error in the vendor's own shape."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status, reply.body)
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `path` begins below the vendor's prefix. Header names are lower case."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes = b""

    def json(self) -> Json:
        """The body as a JSON object; an empty body is an empty object. Raises json.JSONDecodeError."""
        body = json.loads(self.body or b"{}")
        if not isinstance(body, dict):
            raise json.JSONDecodeError("not an object", self.body.decode(), 0)
        return body

    def param(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return self.query.get(name, [default])[0]

    @property
    def bearer(self) -> str:
        """The token of the Authorization header, empty if there is none."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""


@cache
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{\w+\\}", "([^/]+)", re.escape(template)))


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path template such as `/v1/pages/{page_id}`, and what answers it."""

    method: str
    template: str
    answer: Callable[..., Reply]

    def match(self, method: str, path: str) -> list[str] | None:
        """The decoded values of the template's fields, or None if the route is not meant."""
        found = _pattern(self.template).fullmatch(path) if method == self.method else None
        return None if found is None else [unquote(value) for value in found.groups()]


class Vendor(ABC):
    """One service that the sandbox stands in for."""

    name: str
    routes: tuple[Route, ...]

    @abstractmethod
    def error(self, status: int) -> Reply:
        """The vendor's own answer for this HTTP status, by default."""

    @abstractmethod
    def error_of(self, code: str, status: int | None) -> Reply:
        """The vendor's own answer with this error code; with the status that it usually has if None."""

    def unknown_path(self) -> Reply:
        """The answer where no route leads."""
        return self.error(404)

    def unreadable(self) -> Reply:
        """The answer to a body that is not JSON."""
        return self.error(400)

    def admit(self, request: Request) -> None:
        """Raise `VendorError` for a caller that the vendor would not let in."""
        del request

    def template(self, request: Request) -> str:
        """The template under which requests are counted; the path itself if there is no such route."""
        for route in self.routes:
            if route.match(request.method, request.path) is not None:
                return route.template
        return request.path

    def handle(self, request: Request) -> Reply:
        """Answer a request."""
        try:
            self.admit(request)
            for route in self.routes:
                if (fields := route.match(request.method, request.path)) is not None:
                    return route.answer(request, *fields)
        except VendorError as refusal:
            return refusal.reply
        except json.JSONDecodeError:
            return self.unreadable()
        return self.unknown_path()
