"""A chat message's lines, before they take a vendor's shape."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from customer_success.documents import ChatMessage, Line


def named(message: ChatMessage) -> tuple[Line, ...]:
    """The lines as the team's channel needs them: led by the person they are for."""
    if message.recipient is None:
        return message.lines
    return (Line(f"For {message.recipient}"), *message.lines)


def fitted(lines: Iterable[Line], room: int, cost: Callable[[Line], int]) -> tuple[Line, ...]:
    """As many lines as `room` allows by what each costs; a last one says how many had to be left out."""
    lines = tuple(lines)
    costs = [cost(line) for line in lines]
    if sum(costs) <= room:
        return lines
    room -= cost(_left_out(len(lines)))
    fitting = 0
    while fitting < len(lines) and costs[fitting] <= room:
        room -= costs[fitting]
        fitting += 1
    return (*lines[:fitting], _left_out(len(lines) - fitting))


def _left_out(count: int) -> Line:
    return Line(f"… shortened: {count} more {'line' if count == 1 else 'lines'}")
