"""Cuts what is to be written or sent into the batches that one call takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def _weightless(_: object) -> int:
    return 0


def batches(
    items: Iterable[T], *, count: int | None = None, weight: int = 0, weigh: Callable[[T], int] = _weightless
) -> Iterator[list[T]]:
    """The items in lists of at most `count` (None: any number) that weigh at most `weight` together.

    An item that is heavier by itself comes alone. Takes no more items than the list at hand needs, and one.
    """
    batch: list[T] = []
    load = 0
    for item in items:
        burden = weigh(item)
        if batch and (len(batch) == count or load + burden > weight):
            yield batch
            batch, load = [], 0
        batch.append(item)
        load += burden
    if batch:
        yield batch
