"""A Google service, cut down to what this program does with it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from google.auth.credentials import Credentials
from googleapiclient.discovery import build_from_document  # type: ignore[import-untyped]

from connectors.access import Access, Content
from connectors.answers import NOT_THEIRS
from connectors.google_faults import FAILURES, fault_of, not_googles
from connectors.google_http import GatedHttp

if TYPE_CHECKING:
    from connectors.retry_policy import RetryPolicy
    from customer_success.ports import Secret

Answer = TypeVar("Answer")

# What fails is raised; the SDK's own warnings show answers as they came.
logging.getLogger("googleapiclient").setLevel(logging.CRITICAL)


class GoogleService:
    """One service with the credentials that `credentials_of` makes of the secret; it raises `Unfit`.

    `document` is its discovery document, `allowed` the requests that may be made (see `GatedHttp`),
    `endpoint` the base of its URLs if it is not the document's. `about` names it in errors, and `fix` says
    what to set right.
    """

    def __init__(
        self,
        document: str,
        secret: Secret,
        credentials_of: Callable[[Content], Credentials],
        allowed: Sequence[tuple[str, str]],
        *,
        retry_policy: RetryPolicy,
        endpoint: str | None,
        timeout: float,
        about: str,
        fix: str,
    ) -> None:
        base = (endpoint or json.loads(document)["rootUrl"]).rstrip("/")

        def opened(content: Content) -> Any:
            http = GatedHttp(credentials_of(content), base, allowed, lambda: retry_policy.within(timeout))
            return build_from_document(document, http=http, client_options={"api_endpoint": f"{base}/"})

        self._access: Access[Any] = Access(secret, opened, "a key or grant that is in force")
        self._retry_policy = retry_policy
        self._about = about
        self._fix = fix

    def call(
        self,
        request: Callable[[Any], Any],
        read: Callable[[dict[str, Any]], Answer],
        *,
        repeatable: bool,
        writes: bool = False,
    ) -> Answer:
        """What `read` takes from Google's answer to the request that `request` makes from the SDK's resource.

        Raises `Misconfigured`, `Unavailable`, `NotTaken` for a request that `writes`, and `Unclear` for one that is not
        repeatable and may have been carried out.
        """

        def once(sdk: Any) -> Answer:
            prepared = request(sdk)
            try:
                answer = prepared.execute()
            except FAILURES as error:
                raise fault_of(error, self._about, self._fix, writes=writes) from error
            try:
                return read(answer)
            except NOT_THEIRS:
                # The SDK hands JSON that breaks off out as a text, and any other JSON as it is.
                raise not_googles(self._about, answer) from None

        return self._retry_policy.call(lambda: self._access.use(once), repeatable=repeatable)
