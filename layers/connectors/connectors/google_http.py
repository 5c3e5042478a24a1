"""The way to Google: an http object for Google's SDK that lets only the allowed requests through.

The SDK's own transport sends a POST again after a dropped connection, and would send anything to anywhere.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import httplib2  # type: ignore[import-untyped]
import requests
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError, TransportError
from google.auth.transport.requests import Request

from connectors.answers import NOT_THEIRS
from customer_success.pauses import seconds_asked


class NotAllowed(Exception):
    """A request that this program must never make."""


class NoToken(Exception):
    """The token without which nothing is sent was not to be had, for `cause`; with the pause that was asked for."""

    def __init__(self, cause: GoogleAuthError, retry_after: float | None) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.retry_after = retry_after


class GatedHttp:
    """Sends the allowed requests, each once, with the credentials' token.

    `allowed` are pairs of a method and a pattern that must match the whole path below `endpoint`. One session
    serves each thread. `timeout` is how long an answer may take now, in seconds.
    """

    def __init__(
        self,
        credentials: Credentials,
        endpoint: str,
        allowed: Sequence[tuple[str, str]],
        timeout: Callable[[], float],
    ) -> None:
        self._credentials = credentials
        self._endpoint = endpoint.rstrip("/")
        self._allowed = [(method, re.compile(pattern)) for method, pattern in allowed]
        self._timeout = timeout
        self._own = threading.local()

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        **_unused: Any,
    ) -> tuple[httplib2.Response, bytes]:
        """Send one request as Google's SDK asks for it. Raises `NotAllowed` and `NoToken` before anything is sent."""
        sent = {name: value for name, value in (headers or {}).items() if name.lower() != "content-length"}
        self._check(uri, method, sent)
        session = self._session()
        self._let_in(method, uri, sent)
        answer = session.request(
            method,
            uri,
            data=body,
            headers=sent,
            timeout=self._timeout(),
            allow_redirects=False,
        )
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            # The next request asks for another: the library would keep this one until it expires.
            self._credentials.token = None
        response = httplib2.Response({**answer.headers, "status": str(answer.status_code)})
        response.reason = answer.reason
        return response, answer.content

    def close(self) -> None:
        """Close this thread's connections."""
        self._session().close()

    def _let_in(self, method: str, uri: str, headers: dict[str, str]) -> None:
        """Add the token to the headers, a new one if need be."""
        pauses: list[str | None] = []

        def token_request(*args: Any, **given: Any) -> Any:
            # Google's own default lets a token take two minutes.
            answer = self._own.token_request(*args, **{**given, "timeout": self._timeout()})
            pauses.append(answer.headers.get("retry-after"))
            return answer

        try:
            self._credentials.before_request(token_request, method, uri, headers)  # type: ignore[no-untyped-call]
            if not isinstance(self._credentials.token, str) or not self._credentials.token:
                self._credentials.token = None
                raise TypeError("the token is none")
        except GoogleAuthError as error:
            raise NoToken(error, seconds_asked(pauses[-1]) if pauses else None) from error
        except NOT_THEIRS:
            # The library takes any answer for an object.
            unread = TransportError("its answer cannot be read")  # type: ignore[no-untyped-call]
            raise NoToken(unread, seconds_asked(pauses[-1]) if pauses else None) from None

    def _check(self, uri: str, method: str, headers: Mapping[str, str]) -> None:
        below = uri.removeprefix(self._endpoint).partition("?")[0]
        fits = any(method == verb and pattern.fullmatch(below) for verb, pattern in self._allowed)
        # Google reads the method from this header and ignores the request's own.
        disguised = any("method-override" in name.lower() for name in headers)
        if not uri.startswith(f"{self._endpoint}/") or not fits or disguised:
            raise NotAllowed(f"{method} {uri} is none of the requests that this program may make")

    def _session(self) -> requests.Session:
        if not hasattr(self._own, "session"):
            self._own.session = requests.Session()
            self._own.token_request = Request()
        session: requests.Session = self._own.session
        return session
