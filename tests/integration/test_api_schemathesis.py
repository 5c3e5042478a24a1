"""The API against its own document: every answer is one of the documented ones."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zlib import crc32

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS
from schemathesis.config import SchemathesisConfig

from customer_success.agent import SUPPORTED
from customer_success.api.task_models import FROM_CONTEXT
from local.api.openapi import document
from tests.builders.accounts import TODAY
from tests.builders.api import ODD, Desk, Wsgi
from tests.builders.tasks import MORNING, queued

# Most of what is generated names something that is there, else hardly an answer but 403 and 404 would be seen.
KNOWN = {
    "path.account_id": ["A-0001", "A-0002", "A-0005", ODD],
    "path.task_id": ["task-1", "task-2", "task-3"],
    "path.alert_id": [f"A-0001:{TODAY}:critical", "A-0003:2026-03-01:critical", "A-0002:2026-03-01:high"],
    "query.tenant_id": ["acme"],
    "query.owner": ["ada@example.com", "none"],
}
CONFIG = SchemathesisConfig.from_dict(
    {
        "dictionaries": {name.replace(".", "-"): {"values": values} for name, values in KNOWN.items()},
        "parameters": {name: {"dictionary": name.replace(".", "-"), "probability": 0.7} for name in KNOWN},
    }
)
# API Gateway checks who may ask before it calls the function: requests are unsigned here, so that the checks of
# authentication have nothing to look at. The other checks are all on; those of resources that are made and deleted
# find none of that kind.
desk = Desk()
desk.records.add(queued("task-1"))
desk.records.add(queued("task-2", state="partial", result={"task_type": "generate_qbr"}, error="no page"))
desk.records.add(queued("task-3", state="running", deadline=MORNING - timedelta(days=1)))
schema = schemathesis.openapi.from_dict({**document(), "security": []}, config=CONFIG)
schema.app = Wsgi(desk)


@pytest.mark.hypothesis
@schema.parametrize()
@settings(suppress_health_check=list(HealthCheck))
def test_every_answer_is_one_of_the_documented_ones(case: schemathesis.Case) -> None:
    if case.meta and case.meta.generation.mode.is_positive:
        mean_it(case)
    case.call_and_validate(checks=CHECKS.get_all())


def mean_it(case: schemathesis.Case) -> None:
    """Put right what a schema cannot say of good input: days in their order, a cursor that was given, a known type."""
    query = case.query
    if "since" in query:
        query["since"] = min(query["since"], TODAY.isoformat())
    if {"from", "to"} <= query.keys():
        query["from"], query["to"] = sorted((query["from"], query["to"]))
    if query.pop("cursor", None):
        query["limit"] = 1
        answer = case.call().json()
        if answer.get("next"):
            query["cursor"] = answer["next"]
    if isinstance(case.body, dict):
        _mean_body(case.body)


def _mean_body(body: dict[str, Any]) -> None:
    if body.get("quiet_until") is not None:
        days = date.fromisoformat(body["quiet_until"]).toordinal() % 365
        body["quiet_until"] = (TODAY + timedelta(days=days + 1)).isoformat()
    if body.get("tenant_id") is not None:
        body["tenant_id"] = _known(body["tenant_id"], "acme", "acme", "acme", body["tenant_id"])
    if body.get("account_id") is not None:
        body["account_id"] = _known(body["account_id"], "A-0001", "A-0002", ODD, body["account_id"])
    if body.get("signals") is not None:  # an account of which too little is known cannot be scored
        body["signals"] = {name: value for name, value in body["signals"].items() if value is not None}
    if "task_type" in body:
        body["task_type"] = _known(body["task_type"], *SUPPORTED)
        body["context"] = {name: value for name, value in body.get("context", {}).items() if name not in FROM_CONTEXT}


def _known(drawn: str, *known: str) -> str:
    """One of those that are known, the same for the same."""
    return known[crc32(drawn.encode()) % len(known)]
