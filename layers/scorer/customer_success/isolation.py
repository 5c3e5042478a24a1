"""Ensures that one bad account never costs the book, and that every failure of a job is recorded."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from customer_success.errors import Misconfigured, Refused, Unavailable, Unreadable, words_of

LONGEST_CAUSE = 200
"""Characters of what went wrong that people are shown."""

T = TypeVar("T")

logger = logging.getLogger(__name__)


def alone(about: str, work: Callable[[], T], otherwise: Callable[[Exception], T]) -> T:
    """The result of the work for one account, or its stand-in where the work fails for any reason.

    The cause is logged. Raises `Unavailable` and `Misconfigured`, which are about what all accounts need, save for a
    stored item that is `Unreadable`.
    """
    try:
        return work()
    except Exception as error:
        if _is_about_all(error):
            raise
        logger.exception("%s is left out, and the rest goes on", about)
        return otherwise(error)


def together(
    items: Sequence[T],
    write: Callable[[Sequence[T]], object],
    *,
    about: Callable[[T], str],
    otherwise: Callable[[T, Exception], object],
) -> None:
    """Write all items at once, and each alone where that is refused, so that one costs only itself.

    `write` may be repeated for what it has written already. Raises as `alone`.
    """
    try:
        write(items)
    except Exception as error:
        if _is_about_all(error):
            raise
        logger.warning("%d items are not taken together, so each goes alone", len(items), exc_info=error)
        for item in items:
            _write_alone(item, write, about(item), otherwise)


def _is_about_all(error: Exception) -> bool:
    return isinstance(error, Unavailable | Misconfigured) and not isinstance(error, Unreadable)


def _write_alone(
    item: T, write: Callable[[Sequence[T]], object], about: str, otherwise: Callable[[T, Exception], object]
) -> None:
    alone(about, lambda: write([item]), lambda error: otherwise(item, error))


def recorded(about: str, work: Callable[[], T], on_failure: Callable[[Exception], object], *, last_try: bool) -> T:
    """The result of the work. Any error that ends it for good is recorded and raised.

    It is for good on the last try, and where the input is refused.
    """
    try:
        return work()
    except Exception as error:
        if last_try or isinstance(error, Refused):
            attempted(f"the record that {about} failed", partial(on_failure, error))
        raise


def attempted(what: str, work: Callable[[], object]) -> None:
    """Do what comes beside a failure. It must not hide the failure, so its own is only logged."""
    try:
        work()
    except Exception:
        logger.exception("%s could not be made", what)


def cause(error: Exception) -> str:
    """What went wrong, as people are shown it: in one line, cut, and in characters that all can show."""
    line = whole(" ".join(words_of(error).split()))
    return line if len(line) <= LONGEST_CAUSE else f"{line[: LONGEST_CAUSE - 1]}…"


def whole(text: str) -> str:
    """The text with a question mark for each half of a character, which nothing stores or sends."""
    return text.encode("utf-8", "replace").decode()
