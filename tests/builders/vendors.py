"""What the connectors' tests share: a rate limiter that only counts, and the sandbox's faults and counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx

from connectors.retry_policy import RetryPolicy
from local.sandbox import Sandbox

NASTY = "<script>alert(1)</script> *bold* _it_ \"quoted\" 'single' & <users/all> <!channel> <https://x.example|y> 🦊"
"""A name that would do harm wherever it was read as markup."""


@dataclass
class CountingRateLimiter:
    """Never waits; counts how often it was asked, and keeps the pauses that vendors asked for."""

    waits: int = 0
    pauses: list[float] = field(default_factory=list)

    def wait(self) -> None:
        self.waits += 1

    def push_back(self, seconds: float) -> None:
        self.pauses.append(seconds)


@dataclass
class Waiting:
    """A `RetryPolicy` that sleeps in no time, and what it did."""

    seconds_left: float = 60.0
    rate_limiter: CountingRateLimiter = field(default_factory=CountingRateLimiter)
    slept: list[float] = field(default_factory=list)

    @property
    def retry_policy(self) -> RetryPolicy:
        return RetryPolicy(self.rate_limiter, lambda: self.seconds_left, self.slept.append, lambda: 1.0)


def break_next(sandbox: Sandbox, vendor: str, kind: str, **more: Any) -> None:
    """Let the vendor's next request (or those meant by `match` and `method`) go wrong; see `Fault`."""
    httpx.post(sandbox.url("control") + "/faults", json={"vendor": vendor, "kind": kind, **more}).raise_for_status()


def requests_to(sandbox: Sandbox, vendor: str) -> dict[str, int]:
    """How many requests the vendor got, by method and path."""
    counted: dict[str, Any] = httpx.get(sandbox.url("control") + "/requests", params={"vendor": vendor}).json()
    return dict(counted["calls"])


def rotate(sandbox: Sandbox, vendor: str, token: str) -> None:
    """Let the vendor take this token alone from now on; see `Rotation`."""
    httpx.post(sandbox.url("control") + "/rotate", json={"vendor": vendor, "token": token}).raise_for_status()
