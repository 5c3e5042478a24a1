"""How often something is tried again, and after which pauses."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from botocore.config import Config

CLIENT_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 4}, connect_timeout=3, read_timeout=10)
"""For every client: throttling, 5xx and broken connections are repeated by the client itself."""

PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
"""Seconds before each further attempt at what the client does not repeat. Each is shortened by up to half, at
random, so that those who collided do not collide again."""


def attempts(sleep: Callable[[float], None]) -> Iterator[None]:
    """One round for each attempt, with a pause before every one but the first."""
    yield
    for pause in PAUSES:
        sleep(pause * random.uniform(0.5, 1.0))
        yield
