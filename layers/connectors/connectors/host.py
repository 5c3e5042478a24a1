"""What connectors ask of the function that they run in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from connectors.retry_policy import RetryPolicy

if TYPE_CHECKING:
    from customer_success.ports import RateLimiter, Secret


class Host(Protocol):
    """A function: its secrets, the rate limit that it shares with others, and the seconds that it has left."""

    def secret(self, name: str) -> Secret:
        """A secret by its name."""
        ...

    def rate_limiter(self, vendor: str, *, per_second: float, time_left: Callable[[], float]) -> RateLimiter:
        """The rate limit at which all functions together may call a vendor."""
        ...

    def time_left(self) -> float:
        """Seconds that may still be spent on work."""
        ...


def retry_policy(host: Host, vendor: str, per_second: float, *, share: float = 1.0) -> RetryPolicy:
    """The retry layer for a vendor that may take this share of the time that is left at each step."""

    def time_left() -> float:
        return host.time_left() * share

    return RetryPolicy(host.rate_limiter(vendor, per_second=per_second, time_left=time_left), time_left)
