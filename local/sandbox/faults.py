"""What goes wrong on purpose: faults, rate limits, and the count of what was asked."""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from collections.abc import Callable
from threading import Lock
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from local.sandbox.wire import Json

VendorName = Literal["notion", "gmail", "chat", "slack", "bedrock", "token"]


class Fault(BaseModel):
    """What happens to the next requests to a vendor.

    `drop_before` closes the connection and does nothing, `drop_after` does the work and then closes it,
    `silence` closes it after `seconds` and says nothing,
    `malformed` does the work and answers 200 with JSON that breaks off, `delay` waits `seconds` and goes on.
    The others answer in the vendor's place: `status` with its own error for that status, `code` with its own error
    of that code, `echo` with its own error in which each text is what was sent, headers and all; and as something in
    between may: `html` with a proxy's page, `echo_page` with a page of what was sent, `empty` with nothing, `json`
    with `body`, of any shape. Of these and of `silence` no work is done, unless `done`.
    """

    model_config = ConfigDict(extra="forbid")

    vendor: VendorName
    kind: Literal[
        "drop_before",
        "drop_after",
        "silence",
        "malformed",
        "delay",
        "status",
        "code",
        "echo",
        "html",
        "echo_page",
        "empty",
        "json",
    ]
    status: int | None = Field(
        default=None, ge=200, le=599, description="None: 503, and with `code` what the vendor answers errors with."
    )
    code: str = Field(default="no_such_code", description="The vendor's error code, or Google's reason.")
    body: Any = Field(default={"ok": True}, description="What `json` answers.")
    done: bool = Field(default=False, description="The work is done before the answer.")
    retry_after: float | None = Field(default=None, ge=0, description="Seconds in Retry-After.")
    seconds: float = Field(default=1.0, ge=0)
    times: int | None = Field(default=1, ge=1, description="None: until cleared.")
    after: int = Field(default=0, ge=0, description="Requests of those meant that pass before it begins.")
    match: str = Field(default="", description="Part of the path that is meant; empty for any.")
    method: str = Field(default="", description="HTTP method that is meant; empty for any.")

    def concerns(self, vendor: str, method: str, path: str) -> bool:
        """True if the request is one of those meant."""
        return vendor == self.vendor and self.match in path and self.method.upper() in ("", method)

    @property
    def answers(self) -> bool:
        """True if it answers in the vendor's place."""
        return self.kind not in ("drop_before", "drop_after", "malformed", "delay")


class Faults:
    """The faults in force, in the order in which they were set."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = Lock()

    def add(self, fault: Fault) -> None:
        """Put a fault in force."""
        with self._lock:
            self._faults.append(fault)

    def take(self, vendor: str, method: str, path: str) -> Fault | None:
        """The first fault that concerns the request, used up once."""
        with self._lock:
            for fault in self._faults:
                if fault.concerns(vendor, method, path):
                    if fault.after:
                        fault.after -= 1
                        continue
                    self._use(fault)
                    return fault
        return None

    def _use(self, fault: Fault) -> None:
        if fault.times is not None:
            fault.times -= 1
            if fault.times == 0:
                self._faults.remove(fault)

    def clear(self, vendor: str) -> None:
        """Lift the vendor's faults, or all if `vendor` is empty."""
        with self._lock:
            self._faults = [fault for fault in self._faults if vendor not in ("", fault.vendor)]

    def shown(self) -> list[Json]:
        """The faults in force."""
        with self._lock:
            return [fault.model_dump() for fault in self._faults]


class Limit(BaseModel):
    """How many requests a second a vendor takes; None lifts the limit."""

    model_config = ConfigDict(extra="forbid")

    vendor: VendorName
    per_second: int | None = Field(ge=1)


class Limits:
    """A rate limit for each vendor over a sliding second."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._taken: dict[str, deque[float]] = {}
        self._lock = Lock()

    def set(self, limit: Limit) -> None:
        """Put a limit in force, or lift it."""
        with self._lock:
            self._taken.pop(limit.vendor, None)
            if limit.per_second is not None:
                self._taken[limit.vendor] = deque(maxlen=limit.per_second)

    def wait(self, vendor: str) -> int:
        """Seconds for Retry-After; 0 if the request may pass, which then counts."""
        with self._lock:
            taken = self._taken.get(vendor)
            if taken is None:
                return 0
            now = self._clock()
            if len(taken) == taken.maxlen and now - taken[0] < 1:
                return math.ceil(1 - (now - taken[0]))
            taken.append(now)
            return 0


class Tally:
    """Requests received, by vendor, method and path template, and how many of them were answered 429."""

    def __init__(self) -> None:
        self._calls: dict[str, Counter[str]] = {}
        self._throttled: Counter[str] = Counter()
        self._lock = Lock()

    def count(self, vendor: str, call: str) -> None:
        """Count a request, with any outcome."""
        with self._lock:
            self._calls.setdefault(vendor, Counter())[call] += 1

    @property
    def total(self) -> int:
        """The requests of all vendors."""
        with self._lock:
            return sum(calls.total() for calls in self._calls.values())

    def count_throttled(self, vendor: str) -> None:
        """Count an answer 429."""
        with self._lock:
            self._throttled[vendor] += 1

    def shown(self, vendor: str) -> Json:
        """{"calls": {...}, "throttled": n} of one vendor, or that of each if `vendor` is empty."""
        if not vendor:
            return {name: self.shown(name) for name in sorted(self._calls)}
        with self._lock:
            return {"calls": dict(self._calls.get(vendor, {})), "throttled": self._throttled[vendor]}

    def reset(self) -> None:
        """Begin to count anew."""
        with self._lock:
            self._calls.clear()
            self._throttled.clear()
