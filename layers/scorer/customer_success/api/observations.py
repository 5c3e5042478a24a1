"""Takes what feeds observe, line by line, and answers each line."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from customer_success.api.observation_models import (
    AcceptedLine,
    ObservationsAnswer,
    ObservationsRequest,
    OutcomesRequest,
    RefusedLine,
)
from customer_success.api.problems import conflict, other_tenant
from customer_success.api.task_models import KEY_HEADER
from customer_success.dataclass import dataclass
from customer_success.signals.answered_lines import LineResult, TakenLine, take_lines
from customer_success.signals.ingest import Delivery, Ingest
from customer_success.signals.ports import KeyedRequest, KeyedRequests


@dataclass(frozen=True, slots=True)
class TakeObservations:
    """Answers `POST /observations` and `POST /observations/outcomes`."""

    tenant_id: str
    ingest: Ingest
    requests: KeyedRequests

    def __call__(
        self, request: ObservationsRequest | OutcomesRequest, *, key: str | None, now: datetime
    ) -> ObservationsAnswer:
        """Take the lines in. The same request under the same `key` gets the same answer for a day, and is done once.

        A repeat of one that was cut off goes on as of the moment at which it first came. Raises `Problem` for another
        tenant and for a key that came with another request, `Unavailable`.
        """
        if request.tenant_id not in (None, self.tenant_id):
            raise other_tenant(str(request.tenant_id), self.tenant_id)
        came = KeyedRequest(key or "", _hash(request), now)
        if key is None:
            return self._taken(request, came)
        known = self.requests.begin(came)
        if known.body_hash != came.body_hash:
            raise conflict(f"{KEY_HEADER}: {key!r} came with other lines before; others take a new key", KEY_HEADER)
        if known.answer is not None:
            return ObservationsAnswer.model_validate_json(known.answer)
        answer = self._taken(request, known)
        self.requests.finish(known, answer.model_dump_json().encode())
        return answer

    def _taken(self, request: ObservationsRequest | OutcomesRequest, came: KeyedRequest) -> ObservationsAnswer:
        delivery = Delivery(
            request.kind, request.source, f"POST /observations, {request.source}", came.received_at, came.body_hash
        )
        return _answer(request, take_lines(self.ingest, delivery, request.lines))


def _answer(request: ObservationsRequest | OutcomesRequest, results: Sequence[LineResult]) -> ObservationsAnswer:
    lines = [_line(result) for result in results]
    counts = Counter(line.status for line in lines)
    waiting = [result.account for result in results if isinstance(result, TakenLine) and not result.joined]
    return ObservationsAnswer(
        kind=request.kind,
        source=request.source,
        accepted=counts["accepted"],
        unchanged=counts["unchanged"],
        refused=counts["refused"],
        lines=lines,
        unjoined=list(dict.fromkeys(waiting)),
    )


def _line(result: LineResult) -> AcceptedLine | RefusedLine:
    if isinstance(result, TakenLine):
        return AcceptedLine(status=result.status, joined=result.joined)
    first = result[0]
    reason = "; ".join(map(str, result))
    return RefusedLine(status="refused", field=first.field, value=first.value, bound=first.bound, reason=reason)


def _hash(request: ObservationsRequest | OutcomesRequest) -> str:
    content: dict[str, Any] = {"kind": request.kind, "source": request.source, "lines": request.lines}
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
