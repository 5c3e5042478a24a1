"""A Google service, cut down to what this program does with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from google.auth.credentials import Credentials
from googleapiclient.discovery import build_from_document  # type: ignore[import-untyped]

from connectors.google_faults import FAILURES, fault_of
from connectors.google_http import GatedHttp
from connectors.patience import Patience
from customer_success.errors import Unclear


class GoogleService:
    """One service with one set of credentials.

    `document` is its discovery document, `allowed` the requests that may be made (see `GatedHttp`),
    `endpoint` the base of its URLs if it is not the document's. `about` names it in errors, and `fix` says
    what to set right.
    """

    def __init__(
        self,
        document: str,
        credentials: Credentials,
        allowed: Sequence[tuple[str, str]],
        *,
        patience: Patience,
        endpoint: str | None,
        timeout: float,
        about: str,
        fix: str,
    ) -> None:
        base = (endpoint or json.loads(document)["rootUrl"]).rstrip("/")
        http = GatedHttp(credentials, base, allowed, lambda: patience.within(timeout))
        self.sdk = build_from_document(document, http=http, client_options={"api_endpoint": f"{base}/"})
        self._patience = patience
        self._about = about
        self._fix = fix

    def call(self, request: Callable[[Any], Any], *, repeatable: bool) -> dict[str, Any]:
        """Google's answer to the request that `request` makes from the SDK's resource.

        Raises `Misconfigured`, `Refused`, `Unavailable`, and `Unclear` for a request that is not repeatable
        and may have been carried out.
        """

        def once() -> dict[str, Any]:
            try:
                answer = request(self.sdk).execute()
            except FAILURES as error:
                raise fault_of(error, self._about, self._fix) from error
            if not isinstance(answer, dict):
                # The SDK hands JSON that breaks off out as a text.
                raise Unclear(f"Google's answer about {self._about} cannot be read: {str(answer)[:200]}")
            return answer

        return self._patience.call(once, repeatable=repeatable)
