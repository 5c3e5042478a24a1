"""The deployment that is checked, and how its secrets and vendors are reached."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from botocore.config import Config

from connectors.retry_policy import RetryPolicy
from customer_success.aws.dynamodb.table import Table
from customer_success.aws.secrets import ManagedSecret
from customer_success.errors import Misconfigured
from local.rate_limiter import LocalRateLimiter
from local.stack.aws import Aws
from local.stack.deploy import Deployment

VENDOR_SECONDS = 20.0
"""How long one vendor may take in all before it counts as not to be reached."""
TRIES = 3


@dataclass(frozen=True)
class Target:
    """A deployment that stands.

    `stack` is the name of its stack, which was made at `made`. `named` is how commands name it ("STACK=…"; empty for
    what the demo left of its own book). `now` is the present moment.
    """

    aws: Aws
    stack: str
    deployed: Deployment
    made: datetime
    now: datetime
    named: str = ""
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    @property
    def real(self) -> bool:
        """False for what runs on this machine."""
        return self.aws.endpoint is None

    @property
    def today(self) -> date:
        """The day of `now` where the tenant is."""
        return self.now.astimezone(ZoneInfo(self.deployed.parameters.get("Timezone") or "UTC")).date()

    def setting(self, parameter: str) -> str:
        """The value of a parameter. Raises `Misconfigured` for one that the stack does not have."""
        if parameter not in self.deployed.parameters:
            raise Misconfigured(f"the stack has no parameter {parameter}: its template is older than this program")
        return self.deployed.parameters[parameter]

    def is_on(self, parameter: str) -> bool:
        return self.setting(parameter) == "true"

    def output(self, name: str) -> str:
        """The value of an output. Raises `Misconfigured` for one that the stack does not have."""
        if name not in self.deployed.outputs:
            raise Misconfigured(f"the stack has no output {name}: its template is older than this program")
        return self.deployed.outputs[name]

    def secret(self, parameter: str) -> ManagedSecret:
        """The secret that a parameter names."""
        return ManagedSecret(self._provider, self.setting(parameter))

    def retry_policy(self, per_second: float = 1000.0) -> RetryPolicy:
        """For the calls to one vendor, from now on."""
        end = time.monotonic() + VENDOR_SECONDS
        return RetryPolicy(LocalRateLimiter(per_second), lambda: end - time.monotonic(), self.sleep, tries=TRIES)

    @property
    def table(self) -> Table:
        return Table(self.aws.dynamodb, self.output("TableName"), self.deployed.space)

    def client(self, service: str, *, url: str | None = None, config: Config | None = None) -> Any:
        """A client of AWS that `Aws` has none of; `url` instead of where the others are."""
        here = self.aws.endpoint if url is None else url
        ours = Config(proxies={}) if here and here.startswith("http://127.0.0.1") else Config()
        return self.aws.session.client(
            service,  # type: ignore[call-overload]
            endpoint_url=here or None,
            config=ours.merge(config) if config else ours,
        )

    def command(self, name: str, variables: Mapping[str, str] | None = None) -> str:
        """A command for this deployment, as a person types it."""
        given = [f"{key}={value}" for key, value in (variables or {}).items()]
        return " ".join(filter(None, ["make", name, self.named, *given]))

    @cached_property
    def _provider(self) -> SecretsProvider:
        return SecretsProvider(boto3_client=self.aws.secrets)
