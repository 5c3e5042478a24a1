"""What can go wrong outside, by what can be done about it.

Adapters turn a vendor's errors into these; the tasks and the queue consumers decide by their types alone.
"""

from __future__ import annotations


class Refused(ValueError):
    """Bad input. It is recorded and acknowledged, never tried again."""


class Removed(Refused):
    """What was to be changed is not there any more: a person threw it away."""


class NotTaken(Refused):
    """A vendor will not take what we send it as it is: the message's own fault.

    Raised for writes alone, and only for a refusal that is known to mean this. It is recorded as failed at once, and
    its message goes to the dead-letter queue, where it is seen that an output is missing.
    """


class NotUnderstood(Exception):
    """A message that this version cannot read. It goes to the dead-letter queue, where a later version may take it."""


class Unavailable(Exception):
    """A passing fault: the same call may succeed later.

    `retry_after` is the vendor's own wish in seconds, None where it named none.
    """

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Unclear(Unavailable):
    """The connection broke after the request was sent: it may have been carried out.

    Look it up before trying again.
    """


class OutOfTime(Unavailable):
    """The time left does not allow the next step; what is done stays done and the rest continues later."""


class Misconfigured(Exception):
    """Trying again cannot help before a person changes a setting. The text says which, and how."""


class Unreadable(Misconfigured):
    """One stored item that this version cannot read. Work on many items skips it and goes on."""


class NotWritten(Exception):
    """The model gave no usable answer, also when it was asked to mend it. The text says what was wrong with it."""


def words_of(error: Exception) -> str:
    """The error as a person reads it; an unexpected one is shown with its type."""
    if isinstance(error, Refused | Unavailable | Misconfigured):
        return str(error)
    return f"{type(error).__name__}: {error}"
