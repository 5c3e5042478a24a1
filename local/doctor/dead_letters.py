"""The dead-letter queues: empty, or how their messages go back."""

from __future__ import annotations

from collections.abc import Iterator

from local.doctor.check_result import CheckResult, bad, ok
from local.doctor.target import Target
from local.stack.queues import DEAD_LETTERS, depths


def check_dead_letters(target: Target) -> Iterator[CheckResult]:
    """One line for each that is not empty."""
    queues = target.deployed.queues
    dead = {name: url for name, url in queues.items() if name.endswith(DEAD_LETTERS)}
    left = {name: depth.total for name, depth in depths(target.aws, dead).items() if depth.total}
    for name, count in left.items():
        source = name.removesuffix(DEAD_LETTERS)
        what, where = f"{name} holds {count} message{'s' if count > 1 else ''}", f"{source}-dead-letters"
        if source in queues:
            advice = f"mend the cause (docs/operating.md, {where}), then bring them back:"
            yield bad(what, advice, target.command("redrive", {"QUEUE": source}))
        else:
            yield bad(what, f"do what docs/operating.md says of {where}")
    if not dead:
        yield bad("the stack has no dead-letter queue", "deploy again:", "sam build && sam deploy")
    elif not left:
        yield ok(f"all {len(dead)} dead-letter queues are empty")
