"""Calls to Slack: at the shared rate limit, with one retry layer, with errors of ours."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, TypeVar

from slack_sdk import WebClient
from slack_sdk.web import SlackResponse

from connectors.access import Access, Content, TokenRefused, token_in
from connectors.answers import NOT_THEIRS
from connectors.slack.faults import FAILURES, code_of, fault_of
from customer_success.errors import Misconfigured, Unclear

if TYPE_CHECKING:
    from connectors.retry_policy import RetryPolicy
    from customer_success.ports import Secret

Answer = TypeVar("Answer")

logger = logging.getLogger(__name__)

REAL_SERVICE = "https://slack.com/api/"

# What fails is raised; the SDK's own log shows answers and headers as they are.
_SILENT = logging.getLogger("slack_sdk.silent")
_SILENT.setLevel(logging.CRITICAL)


class SlackClient:
    """One app's access to Slack, by the `token` in the secret. `timeout` bounds one request, in whole seconds."""

    def __init__(
        self, secret: Secret, retry_policy: RetryPolicy, *, base_url: str | None = None, timeout: int = 30
    ) -> None:
        self._base_url = base_url or REAL_SERVICE
        self._access = Access(secret, self._opened, "the bot token that is in force")
        self._timeout = timeout
        self._retry_policy = retry_policy

    def call(
        self,
        request: Callable[[WebClient], SlackResponse],
        read: Callable[[dict[str, Any]], Answer],
        *,
        about: str,
        repeatable: bool,
    ) -> Answer:
        """What `read` takes from Slack's answer to `request`, whose subject is `about`.

        Raises `Misconfigured` (token, channel, scope, or an unknown code), `NotTaken`, `Unavailable`, and
        `Unclear` for a request that is not repeatable and may have been carried out.
        """

        def once(slack: WebClient) -> Answer:
            slack.timeout = int(self._retry_policy.within(self._timeout))
            try:
                answer: Any = request(slack).data
            except FAILURES as error:
                raise fault_of(error, about) from error
            try:
                return read(answer)
            except NOT_THEIRS:
                raise Unclear(f"the answer about {about} is not one of Slack's: it lacks what belongs there") from None

        return self._retry_policy.call(lambda: self._access.use(once), repeatable=repeatable)

    def _opened(self, content: Content) -> WebClient:
        # The default handler repeats after a dropped connection, and would post twice.
        return WebClient(token_in(content), base_url=self._base_url, retry_handlers=[], logger=_SILENT)

    def ask(
        self,
        question: Callable[[WebClient], SlackResponse],
        read: Callable[[dict[str, Any]], Answer],
        *,
        about: str,
        unless: Collection[str] | None,
    ) -> Answer | None:
        """As `call`, for what changes nothing; None if Slack refuses with a code in `unless`.

        With `unless` None that is every code but those of a bad token.
        """
        try:
            return self.call(question, read, about=about, repeatable=True)
        except TokenRefused:
            raise
        except Misconfigured as fault:
            code = code_of(fault.__context__)
            if not code or (unless is not None and code not in unless):
                raise
            logger.warning("%s", fault)
            return None
