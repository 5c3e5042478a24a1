"""The model's text, or the rules' text where the model gives none."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Generic, TypeVar

from customer_success.dataclass import dataclass
from customer_success.errors import Misconfigured, NotWritten, Unavailable
from customer_success.metrics import Count, Metric
from customer_success.narration.ports import Narration, OfferWriter, Proposals, ReviewWriter

Writer = TypeVar("Writer", ReviewWriter, OfferWriter)
Words = TypeVar("Words", Narration, Proposals)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Writers(Generic[Writer]):
    """`narrator` is asked first, `by_rule` where that fails; `count` takes the counts for metrics."""

    narrator: Writer
    by_rule: Writer
    count: Count

    def write(self, ask: Callable[[Writer], Words], what: str, *, last_try: bool) -> tuple[Words, str | None]:
        """What a narrator answers when `ask` asks it, and why it is written by rule, if it is.

        `what` names it in the log, as in "the review of account A-0001". A passing fault of the narrator is raised as
        `Unavailable` before the `last_try`.
        """
        try:
            words = ask(self.narrator)
        except Unavailable as error:
            if not last_try:
                raise
            reason = str(error)
        except (NotWritten, Misconfigured) as error:
            reason = str(error)
        else:
            self.count(
                {
                    Metric.ENRICHMENTS: 1 if words.calls else 0,
                    Metric.MODEL_CALLS: words.calls,
                    Metric.TOKENS_IN: words.tokens_in,
                    Metric.TOKENS_OUT: words.tokens_out,
                }
            )
            return words, None
        logger.warning("%s: written by rule: %s", what, reason)
        self.count({Metric.ENRICHMENTS: 1, Metric.FAIL_OPENS: 1})
        return ask(self.by_rule), f"written by rule, as the model gave none: {reason}"
