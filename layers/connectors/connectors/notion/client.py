"""Calls to Notion: at the shared rate limit, with one retry layer, with errors of ours."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import httpx
from notion_client import Client

from connectors.access import Access, Content, token_in
from connectors.notion.answers import wanted
from connectors.notion.faults import FAILURES, fault_of

if TYPE_CHECKING:
    from connectors.retry_policy import RetryPolicy
    from customer_success.ports import Secret

REAL_SERVICE = "https://api.notion.com"
NOTION_VERSION = "2026-03-11"


class NotionClient:
    """One integration's access to Notion, by the `token` in the secret.

    `timeout` bounds one request, in seconds; `transport` carries the requests, over the network unless given.
    """

    def __init__(
        self,
        secret: Secret,
        retry_policy: RetryPolicy,
        *,
        base_url: str | None = None,
        timeout: float = 30.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._retry_policy = retry_policy
        self._timeout = timeout
        self._base_url = (base_url or REAL_SERVICE).rstrip("/")
        self._transport = transport
        self._access = Access(secret, self._opened, "the integration's token that is in force")

    @cached_property
    def own_id(self) -> str:
        """The integration's own user, as whom all our writing is done. Raises as `call`."""
        me = self.call(lambda notion: wanted("user", notion.users.me()), about="the integration's own user")
        return str(me["id"])

    def call(self, request: Callable[[Client], Any], *, about: str, repeatable: bool = True) -> Any:
        """Notion's answer to `request`, whose subject is `about`.

        Raises `Misconfigured` (token, id or sharing), `NotTaken` where what is asked or sent does not fit, so that
        nothing was changed, `Unavailable`, and `Unclear` for a request that is not repeatable and may have been
        carried out.
        """

        def once(notion: Client) -> Any:
            notion.client.timeout = self._retry_policy.within(self._timeout)
            try:
                return request(notion)
            except FAILURES as error:
                raise fault_of(error, about) from error

        return self._retry_policy.call(lambda: self._access.use(once), repeatable=repeatable)

    def _opened(self, content: Content) -> Client:
        return Client(
            client=httpx.Client(transport=self._transport),
            auth=token_in(content),
            base_url=self._base_url,
            notion_version=NOTION_VERSION,
            retry=False,
            # Without a given logger each client adds a handler; what fails is raised, so it is not logged.
            logger=logging.getLogger("notion_client"),
            log_level=logging.ERROR,
        )
