"""Secrets from Secrets Manager: kept for some minutes, and read anew when a vendor takes them no longer."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError, TransformParameterError

from customer_success.errors import Misconfigured

SECRET_MAX_AGE = 300
"""Seconds after which a secret is read again: a rotated one is taken over without a deploy."""


class ManagedSecret:
    """`Secret` in Secrets Manager, by its name."""

    def __init__(self, provider: SecretsProvider, name: str) -> None:
        self._provider = provider
        self._name = name

    def read(self) -> dict[str, Any]:
        return self._read(force_fetch=False)

    def renew(self) -> dict[str, Any]:
        return self._read(force_fetch=True)

    def _read(self, *, force_fetch: bool) -> dict[str, Any]:
        try:
            value = self._provider.get(self._name, max_age=SECRET_MAX_AGE, transform="json", force_fetch=force_fetch)
        except GetParameterError as error:
            raise Misconfigured(
                f"secret {self._name!r} could not be read: does it exist, and may it be read?"
            ) from error
        except TransformParameterError:
            raise Misconfigured(f"secret {self._name!r} does not hold a JSON object") from None
        if not isinstance(value, dict):
            raise Misconfigured(f"secret {self._name!r} does not hold a JSON object")
        return value


def token_in(secret: dict[str, Any], name: str) -> str:
    """The `token` of the secret of that name. Raises `Misconfigured`."""
    token = secret.get("token")
    if not isinstance(token, str) or not token:
        raise Misconfigured(f'secret {name!r} holds no token: it must read {{"token": "…"}}')
    return token
