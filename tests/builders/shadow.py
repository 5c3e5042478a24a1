"""The shadowed outputs of a deployment, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from customer_success.shadow.outputs import Kind, ShadowedOutput

SHADOW_DAY = date(2026, 3, 2)


class FakeShadowLog:
    """`ShadowLog` in memory."""

    def __init__(self, outputs: Iterable[ShadowedOutput] = ()) -> None:
        self.stored: dict[tuple[date, Kind, str], ShadowedOutput] = {}
        for output in outputs:
            self.put(output)

    def put(self, output: ShadowedOutput) -> None:
        self.stored[output.on, output.kind, output.key] = output

    def days(self, most: int) -> list[date]:
        return sorted({day for day, _, _ in self.stored}, reverse=True)[:most]

    def on(self, day: date, kind: Kind, after: str = "") -> Iterator[ShadowedOutput]:
        for (on, its_kind, key), output in sorted(self.stored.items()):
            if (on, its_kind) == (day, kind) and key > after:
                yield output

    def of(self, kind: Kind) -> list[ShadowedOutput]:
        """All outputs of a kind."""
        return [output for (_, its_kind, _), output in sorted(self.stored.items()) if its_kind == kind]


def shadow_things() -> list[ShadowedOutput]:
    """Two days of a deployment in shadow."""
    earlier = date(2026, 3, 1)
    digest = ShadowedOutput(SHADOW_DAY, "digest", "health_scan:2026-03-02:1", "Account health", lines=("Nothing new.",))
    alert = ShadowedOutput(
        SHADOW_DAY, "message", "A-0002:2026-03-02:high", "Account 2: RED", "owner@example.com", ("What changed",)
    )
    draft = ShadowedOutput(
        SHADOW_DAY, "draft", "A-0002:2026-03-02:high", "Catching up", "owner@example.com", ("Hello,",)
    )
    pages = [ShadowedOutput(SHADOW_DAY, "page", f"page-{number}", "RED 12.0, churn risk high") for number in range(5)]
    return [alert, draft, digest, *pages, ShadowedOutput(earlier, "digest", "older", "Account health")]
