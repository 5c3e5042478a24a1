"""The samples in `events/` on both sides: what the sender writes has their shape, and the reader takes them."""

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from customer_success.api.acknowledge import AcknowledgeAlert, AcknowledgeRequest
from customer_success.aws.messaging.consumer import Delivery
from customer_success.errors import NotUnderstood, Refused
from customer_success.expansion.rules_writer import OffersByRule
from customer_success.messages import (
    EVENT_SOURCE,
    HANDED_OFF_DETAIL_TYPE,
    HEALTH_DETAIL_TYPE,
    AdoptionRequested,
    AlertAcknowledged,
    AlertOrDigest,
    ChurnAlert,
    DigestReady,
    ExpansionCheckRequested,
    ExpansionHandedOff,
    ExpansionHandoff,
    ExpansionRunRequested,
    ExpansionsQueued,
    HealthEvent,
    PagesChanged,
    PlanMessage,
    QbrRequested,
    QuarterPlanned,
    ScanMessage,
    ScanRequested,
    ScheduledEvent,
    SyncMessage,
)
from customer_success.periods import run_date
from functions.sales_handoff.wiring import SalesHandoff, SalesHandoffSettings
from tests.builders.accounts import account, dying
from tests.builders.expansion_runs import Expansions
from tests.builders.handoffs import Handoffs
from tests.builders.reviews import Reviews
from tests.builders.scans import World
from tests.builders.scores import alert

EVENTS = Path(__file__).parents[2] / "events"


SETTINGS = SalesHandoffSettings(
    tenant_id="acme",
    table_name="table",
    timezone="UTC",
    queue_url="queue",
    retry_base_seconds=1,
    max_receives=5,
    notion_api_url="https://notion.example",
    notion_secret="notion",
    notion_requests_per_second=3,
    notion_expansions="0" * 32,
    gmail_api_url="https://gmail.example",
    churn_topic_arn="topic",
    event_bus_name="bus",
)


def delivered(message: dict[str, Any]) -> Delivery:
    return Delivery(json.dumps(message), 1, last_try=False, message_id="1", attributes={})


def sample(name: str) -> dict[str, Any]:
    return json.loads((EVENTS / name).read_text("utf-8"))  # type: ignore[no-any-return]


READERS: dict[str, tuple[TypeAdapter[Any], type[BaseModel]]] = {
    "schedule.json": (ScanMessage, ScheduledEvent),
    "scan_requested.json": (ScanMessage, ScanRequested),
    "pages_changed.json": (SyncMessage, PagesChanged),
    "alert_acknowledged.json": (SyncMessage, AlertAcknowledged),
    "churn_alert.json": (AlertOrDigest, ChurnAlert),
    "digest_ready.json": (AlertOrDigest, DigestReady),
    "qbr_requested.json": (TypeAdapter(QbrRequested), QbrRequested),
    "adoption_requested.json": (TypeAdapter(AdoptionRequested), AdoptionRequested),
    "quarter_planned.json": (PlanMessage, QuarterPlanned),
    "expansion_run_requested.json": (ScanMessage, ExpansionRunRequested),
    "expansions_queued.json": (ScanMessage, ExpansionsQueued),
    "expansion_check_requested.json": (TypeAdapter(ExpansionCheckRequested), ExpansionCheckRequested),
    "expansion_handoff.json": (TypeAdapter(ExpansionHandoff), ExpansionHandoff),
}


@pytest.mark.parametrize("name", READERS)
def test_the_reader_takes_the_sample(name: str) -> None:
    adapter, model = READERS[name]
    assert isinstance(adapter.validate_json(json.dumps(sample(name))), model)


@pytest.mark.parametrize("name", [name for name in READERS if name != "schedule.json"])
def test_the_reader_refuses_an_unknown_version_and_an_unknown_field(name: str) -> None:
    adapter, _ = READERS[name]
    with pytest.raises(ValidationError):
        adapter.validate_python({**sample(name), "version": 2})
    with pytest.raises(ValidationError):
        adapter.validate_python({**sample(name), "surprise": True})


def test_what_a_scan_sends_has_the_shape_of_the_samples() -> None:
    # GIVEN a scan that alerts about an account
    world = World([dying(1), account(2)])
    world.scan()
    sent = {m.kind: m for m in (*world.topic.published, *world.outbox.sent)}  # type: ignore[attr-defined]
    # THEN each message has the fields of its sample
    for kind, name in (("alert", "churn_alert"), ("digest", "digest_ready"), ("pages_changed", "pages_changed")):
        written = json.loads(sent[kind].model_dump_json())
        assert set(written) == set(sample(f"{name}.json")), kind
    assert set(json.loads(sent["alert"].model_dump_json())["said"]) == set(sample("churn_alert.json")["said"])


def test_what_a_plan_sends_has_the_shape_of_the_samples() -> None:
    # GIVEN a quarter that is planned
    reviews = Reviews()
    reviews.account(1)
    reviews.plan()
    sent = [*reviews.queue.sent, *reviews.adoption.sent, *reviews.closings.sent]
    # THEN each message has the fields of its sample
    assert [message.kind for message in sent] == ["qbr_requested", "adoption_requested", "quarter_planned"]  # type: ignore[attr-defined]
    for message, name in zip(sent, ("qbr_requested", "adoption_requested", "quarter_planned"), strict=True):
        assert set(json.loads(message.model_dump_json())) == set(sample(f"{name}.json")), name


def test_what_an_acknowledgement_sends_has_the_shape_of_the_sample() -> None:
    # GIVEN an alert  WHEN a person acknowledges it with all that can be wished
    world = World([dying(1)])
    world.scan()
    world.outbox.sent.clear()
    asked = AcknowledgeRequest(by="grace", verdict="false alarm", quiet_until=date(2026, 3, 20))
    acknowledge = AcknowledgeAlert("acme", "acme", world.alerts, world.rows, world.outbox, "UTC")
    acknowledge("A-0001:2026-03-02:critical", asked, now=datetime(2026, 3, 2, 12, tzinfo=UTC))
    # THEN what is sent has the fields of the sample
    [sent] = world.outbox.sent
    assert set(json.loads(sent.model_dump_json())) == set(sample("alert_acknowledged.json"))


def alder_and_finch() -> Handoffs:
    """The account of the samples, which needs seventeen seats more than it bought."""
    world = Handoffs()
    world.narrator = OffersByRule()  # type: ignore[assignment]
    world.account(
        101,
        account_id="FW-101",
        name="Alder & Finch",
        seats_used=257.0,
        seats_bought=240.0,
        signals={"seats_utilization_rate": 257 / 240},
        sales_email="nora.vale@fernway.example",
        owner_email="ada.lind@fernway.example",
    )
    return world


def test_what_a_check_sends_to_sales_is_the_sample_to_the_letter() -> None:
    world = alder_and_finch()
    world.check("FW-101")
    (sent,) = world.sent
    written, wanted = json.loads(sent.model_dump_json()), sample("expansion_handoff.json")
    # Where the record lies is Notion's to say.
    assert written | {"record_url": None} == wanted | {"record_url": None}
    assert written["record_url"]


def test_the_sample_handed_to_sales_puts_the_sample_event_on_the_bus() -> None:
    world = alder_and_finch()
    world.hand_off(ExpansionHandoff.model_validate_json(json.dumps(sample("expansion_handoff.json"))))
    ((detail_type, detail),) = world.bus.events
    wanted = sample("expansion_handed_off.json")
    assert detail_type == wanted["detail-type"]
    assert json.loads(detail.model_dump_json()) | {"record_url": None} == wanted["detail"] | {"record_url": None}


def test_what_follows_a_scan_sends_the_shape_of_the_samples() -> None:
    # GIVEN a scan, and the expansion run that follows it
    world = World([account(1)])
    world.scan()
    (wanted,) = world.expansion_runs.sent
    run = Expansions()
    run.account(1)
    run.run_to_the_end()
    # THEN each message has the fields of its sample
    sent = {
        "expansion_run_requested": wanted,
        "expansion_check_requested": run.asked[0],
        "expansions_queued": run.queued[0],
    }
    for name, message in sent.items():
        assert set(json.loads(message.model_dump_json())) == set(sample(f"{name}.json")), name


def test_a_review_for_a_contracts_end_names_that_end() -> None:
    with pytest.raises(ValidationError, match="contract_end is missing"):
        QbrRequested.model_validate({**sample("qbr_requested.json"), "trigger": "contract_proximity"})


@pytest.mark.parametrize(
    ("name", "detail_type", "model"),
    [
        ("agent_health.json", HEALTH_DETAIL_TYPE, HealthEvent),
        ("expansion_handed_off.json", HANDED_OFF_DETAIL_TYPE, ExpansionHandedOff),
    ],
)
def test_the_bus_sample_is_what_is_put_on_the_bus(name: str, detail_type: str, model: type[BaseModel]) -> None:
    event = sample(name)
    assert (event["source"], event["detail-type"]) == (EVENT_SOURCE, detail_type)
    assert json.loads(model.model_validate_json(json.dumps(event["detail"])).model_dump_json()) == event["detail"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"version": 2}, "version: 2 is not one of 1"),
        ({"opportunity_type": "yacht"}, "opportunity_type: 'yacht' is not one of seats, module, integration"),
        ({"estimated_arr_impact": -1}, "estimated_arr_impact: -1 is below the bound 0"),
        ({"estimated_arr_impact": "5100 a year"}, "estimated_arr_impact: '5100 a year' is refused"),
        ({"evidence": []}, "evidence: [] is refused"),
        ({"evidence": [""]}, "evidence.0: '' is refused"),
        ({"handoff_id": ""}, "handoff_id: '' is refused"),
        ({"handoff_id": "FW-102:seats:Q1 2026"}, "it must begin with 'FW-101:seats:'"),
        ({"sales_email": "not an address"}, "sales_email: 'not an address' is refused"),
        ({"kind": "handle_everything"}, "kind: 'handle_everything' is not one of handle_expansion_opportunity"),
    ],
)
def test_a_handoff_that_is_none_is_refused_with_field_and_reason(changes: dict[str, Any], reason: str) -> None:
    # GIVEN the function that takes handoffs
    function = SalesHandoff()
    function.settings = SETTINGS
    # WHEN a message comes in which one field is wrong
    # THEN it is not taken, and the reason names the field, the value and what would be right
    with pytest.raises(NotUnderstood, match=re.escape(reason)):
        function.message(ExpansionHandoff, delivered({**sample("expansion_handoff.json"), **changes}))


def test_a_message_that_is_no_json_and_one_of_another_tenant_are_not_taken() -> None:
    function = SalesHandoff()
    function.settings = SETTINGS
    with pytest.raises(NotUnderstood, match="Invalid JSON"):
        function.message(ExpansionHandoff, Delivery("{", 1, last_try=False, message_id="1", attributes={}))
    with pytest.raises(Refused, match="tenant_id: 'other' is not 'acme'"):
        function.message(ExpansionHandoff, delivered(sample("expansion_handoff.json") | {"tenant_id": "other"}))
    assert function.message(ExpansionHandoff, delivered(sample("expansion_handoff.json"))).account_id == "FW-101"


def test_an_alert_is_named_by_account_run_date_and_risk() -> None:
    assert alert(dying(7)).alert_id == "A-0007:2026-03-02:critical"


@pytest.mark.parametrize(
    ("timezone", "day"),
    [("UTC", date(2026, 3, 2)), ("America/Los_Angeles", date(2026, 3, 1)), ("Pacific/Auckland", date(2026, 3, 2))],
)
def test_the_run_date_is_the_events_day_in_the_tenants_time_zone(timezone: str, day: date) -> None:
    assert run_date(ScheduledEvent.model_validate(sample("schedule.json")).time, timezone) == day
