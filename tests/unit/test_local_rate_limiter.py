"""The rate limiter of one command: calls are spread evenly, and a pause that the vendor asks for is respected."""

from __future__ import annotations

from dataclasses import dataclass, field

from local.rate_limiter import LocalRateLimiter


@dataclass
class Watch:
    """A clock that only sleeping moves."""

    now: float = 100.0
    slept: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def _rate_limiter(watch: Watch, per_second: float = 2) -> LocalRateLimiter:
    return LocalRateLimiter(per_second, clock=watch.clock, sleep=watch.sleep)


def test_the_first_call_is_made_at_once_and_the_next_ones_at_the_rate() -> None:
    watch = Watch()
    rate_limiter = _rate_limiter(watch)
    for _ in range(3):
        rate_limiter.wait()
    assert watch.slept == [0.5, 0.5]


def test_time_that_has_passed_is_not_waited_for_and_not_saved_up() -> None:
    watch = Watch()
    rate_limiter = _rate_limiter(watch)
    rate_limiter.wait()
    watch.now += 10
    rate_limiter.wait()
    rate_limiter.wait()
    assert watch.slept == [0.5]


def test_a_pause_asked_for_moves_the_next_call_back() -> None:
    watch = Watch()
    rate_limiter = _rate_limiter(watch)
    rate_limiter.wait()
    rate_limiter.push_back(30)
    rate_limiter.wait()
    assert watch.slept == [30]


def test_a_shorter_pause_brings_no_call_forward() -> None:
    watch = Watch()
    rate_limiter = _rate_limiter(watch)
    rate_limiter.push_back(30)
    rate_limiter.push_back(1)
    rate_limiter.wait()
    assert watch.slept == [30]
