"""Secrets from Secrets Manager: cached for some minutes, and read again when a vendor refuses them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError, TransformParameterError
from botocore.exceptions import BotoCoreError, ClientError

from customer_success.aws.errors import translated
from customer_success.errors import Misconfigured, Unavailable

SECRET_MAX_AGE = 300
"""Seconds after which a secret is read again: a rotated one is taken over without a deploy."""
RENEWAL_PAUSE = 10.0
"""Seconds between two renewals: while a token is refused, not every call asks (and pays) for the secret."""


class ManagedSecret:
    """`Secret` in Secrets Manager, by its name. `clock` gives seconds that never go back."""

    def __init__(self, provider: SecretsProvider, name: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self._provider = provider
        self._clock = clock
        self._renewed: float | None = None

    def read(self) -> dict[str, Any]:
        """What it holds, at most `SECRET_MAX_AGE` old. Raises `Misconfigured`, `Unavailable`."""
        return self._read(force_fetch=False)

    def renew(self) -> dict[str, Any]:
        """What it holds now, or held at most `RENEWAL_PAUSE` ago. Raises `Misconfigured`, `Unavailable`."""
        now = self._clock()
        if self._renewed is not None and now - self._renewed < RENEWAL_PAUSE:
            return self.read()
        self._renewed = now
        return self._read(force_fetch=True)

    def _read(self, *, force_fetch: bool) -> dict[str, Any]:
        try:
            value = self._provider.get(self.name, max_age=SECRET_MAX_AGE, transform="json", force_fetch=force_fetch)
        except GetParameterError as error:
            raise self._unread(error.__context__) from None
        except (TransformParameterError, UnicodeDecodeError):
            # The cause quotes the secret.
            raise self._no_object() from None
        if not isinstance(value, dict):
            raise self._no_object()
        return value

    def _unread(self, cause: BaseException | None) -> Exception:
        if not isinstance(cause, ClientError | BotoCoreError):
            return Misconfigured(f"secret {self.name!r} could not be read: does it hold a value?")
        try:
            with translated(f"secret {self.name!r}"):
                raise cause
        except Unavailable as fault:
            # Even where AWS may have answered, nothing was changed by reading.
            return Unavailable(str(fault), retry_after=fault.retry_after)
        except Misconfigured as fault:
            return fault

    def _no_object(self) -> Misconfigured:
        return Misconfigured(f"secret {self.name!r} does not hold a JSON object")
