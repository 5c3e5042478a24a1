"""Calls to Slack: at the shared pace, with one retry layer, with errors of ours."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from typing import Any

from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from connectors.access import Access, Content, token_in
from connectors.patience import Patience
from connectors.slack.faults import FAILURES, code_of, fault_of
from customer_success.errors import Misconfigured, Refused
from customer_success.ports import Secret

logger = logging.getLogger(__name__)

REAL_SERVICE = "https://slack.com/api/"

# What fails is raised; the SDK's own log shows answers and headers as they are.
_SILENT = logging.getLogger("slack_sdk.silent")
_SILENT.setLevel(logging.CRITICAL)


class SlackClient:
    """One app's access to Slack, by the `token` in the secret. `timeout` bounds one request, in whole seconds."""

    def __init__(self, secret: Secret, patience: Patience, *, base_url: str | None = None, timeout: int = 30) -> None:
        self._base_url = base_url or REAL_SERVICE
        self._access = Access(secret, self._opened, "the bot token that is in force")
        self._timeout = timeout
        self._patience = patience

    def call(self, request: Callable[[WebClient], SlackResponse], *, about: str, repeatable: bool) -> dict[str, Any]:
        """Slack's answer to `request`, whose subject is `about`.

        Raises `Misconfigured` (token, channel or scope), `Refused` (with Slack's code), `Unavailable`, and
        `Unclear` for a request that is not repeatable and may have been carried out.
        """

        def once(slack: WebClient) -> dict[str, Any]:
            slack.timeout = int(self._patience.within(self._timeout))
            try:
                answer = request(slack).data
            except FAILURES as error:
                raise fault_of(error, about) from error
            return answer if isinstance(answer, dict) else {}

        return self._patience.call(lambda: self._access.use(once), repeatable=repeatable)

    def _opened(self, content: Content) -> WebClient:
        # The default handler repeats after a dropped connection, and would post twice.
        return WebClient(token_in(content), base_url=self._base_url, retry_handlers=[], logger=_SILENT)

    def ask(
        self, question: Callable[[WebClient], SlackResponse], *, about: str, unless: Collection[str]
    ) -> dict[str, Any] | None:
        """As `call`, for what changes nothing; None if Slack answers with an error code in `unless`."""
        try:
            return self.call(question, about=about, repeatable=True)
        except (Misconfigured, Refused) as fault:
            if code_of(fault.__context__) not in unless:
                raise
            logger.warning("%s", fault)
            return None
