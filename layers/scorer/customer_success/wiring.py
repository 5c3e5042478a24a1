"""The composition root: builds each function's clients and jobs, at their first use and once per process.

A function's `app.py` makes one of the classes below; making it touches neither environment nor network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel

from customer_success.settings import (
    Settings,
)

if TYPE_CHECKING:
    pass

S = TypeVar("S", bound=Settings)
M = TypeVar("M", bound=BaseModel)
