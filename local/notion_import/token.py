"""The integration's token as a person gives it for one run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class GivenToken:
    """The port `Secret` over a token that stays as it is."""

    token: str = field(repr=False)
    name: str = "NOTION_TOKEN"

    def read(self) -> Mapping[str, Any]:
        return {"token": self.token}

    def renew(self) -> Mapping[str, Any]:
        return self.read()
