"""In shadow everything is computed, recorded and stored where it can be read; nothing leaves the deployment."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from customer_success.accounts.row import PageValues
from customer_success.alerts import text as alert_text
from customer_success.documents import Bullet, ChatMessage, Grid, Heading, Line, MailDraft
from customer_success.expansion.offer import ExpansionRecord
from customer_success.messages import HEALTH_DETAIL_TYPE, ChurnAlert, HealthEvent
from customer_success.reviews.qbr import QbrPage
from customer_success.settings import Deployed, shadow_of
from customer_success.shadow.adapters import (
    Shadow,
    ShadowBus,
    ShadowChat,
    ShadowDrafts,
    ShadowOffers,
    ShadowPages,
    ShadowRecords,
    ShadowReviews,
    ShadowSections,
)
from customer_success.shadow.outputs import ShadowedOutput
from tests.builders.shadow import SHADOW_DAY, FakeShadowLog

ROOT = Path(__file__).parents[2]
VALUES = PageValues(12.34, "RED", "high", "nobody uses it", SHADOW_DAY, "Call them.", SHADOW_DAY)


@pytest.fixture
def log() -> FakeShadowLog:
    return FakeShadowLog()


@pytest.fixture
def shadow(log: FakeShadowLog) -> Shadow:
    return Shadow(log, lambda: SHADOW_DAY)


def test_a_page_is_stored_as_it_would_read(shadow: Shadow, log: FakeShadowLog) -> None:
    pages = ShadowPages(shadow)
    # WHEN a page is written twice, the second time with other values
    pages.write("page-1", VALUES)
    pages.write("page-1", PageValues(None, "Unknown", None, "too little is known", None, "", SHADOW_DAY))
    # THEN its last state is stored, once
    (page,) = log.of("page")
    assert (page.on, page.title) == (SHADOW_DAY, "Unknown no score, churn risk unknown")
    assert page.lines == ("too little is known",)
    # AND mutes of people stand beside it
    pages.write_mute("page-1", date(2026, 4, 1), None)
    assert [each.title for each in log.of("page")][1:] == ["CSM Quiet Until: 2026-04-01"]


def test_an_alert_is_recorded_for_every_channel(shadow: Shadow, log: FakeShadowLog) -> None:
    alert = ChurnAlert.model_validate_json((ROOT / "events/churn_alert.json").read_text("utf-8"))
    # WHEN each channel brings it
    ShadowRecords(shadow).create(alert_text.health_record(alert))
    ShadowDrafts(shadow).create(alert_text.mail_draft(alert, "owner@example.com"))
    ShadowChat(shadow).post(alert_text.chat_message(alert, "owner@example.com"))
    event = HealthEvent(
        **alert.model_dump(include=set(HealthEvent.model_fields) - {"version", "alert_type"}),
    )
    ShadowBus(shadow).put(HEALTH_DETAIL_TYPE, event)
    # THEN each is stored under its alert, with the person it would have been for
    known = {kind: log.of(kind)[0] for kind in ("record", "draft", "message", "event")}  # type: ignore[arg-type]
    assert {each.key for each in known.values()} == {alert.alert_id, f"agent.health:{alert.alert_id}"}
    assert known["draft"].recipient == known["message"].recipient == "owner@example.com"
    assert known["draft"].lines[0] == f"To: {alert.primary_contact_email or 'left open'}"
    assert alert.explanation.headline in known["message"].title
    assert f"alert_id: {alert.alert_id}" in known["event"].lines


def test_a_review_and_a_section_are_stored_as_text(shadow: Shadow, log: FakeShadowLog) -> None:
    blocks = (Heading("Summary"), Bullet("up"), Grid(("Feature", "Used"), (("Reports", "80 %"),)))
    page = QbrPage(
        "A-1:Q1 2026", "QBR: Acme", "page-1", "Q1 2026", "Q4 2025", SHADOW_DAY, None, "scheduled", False, blocks
    )
    reviews = ShadowReviews(shadow)
    # WHEN a review is written and written anew, and a section
    page_id = reviews.create(page)
    assert reviews.replace(page_id, page)
    ShadowSections(shadow).write("page-1", "Feature adoption", blocks)
    # THEN both read as they would have
    assert [each.lines for each in (*log.of("review"), *log.of("section"))] == [
        ("Summary", "• up", "Feature | Used", "Reports | 80 %")
    ] * 2
    assert reviews.url(page_id) == page_id == "shadow:review:A-1:Q1 2026"


def test_an_offer_is_recorded_and_cannot_be_answered(shadow: Shadow, log: FakeShadowLog) -> None:
    record = ExpansionRecord(
        "A-1:seats:Q1 2026", "Acme: seats", "page-1", SHADOW_DAY, "Ready for Sales", "seats", "high", None,
        ("Seats in use: 105%",), "They outgrow it.", None, "sales@example.com",
    )  # fmt: skip
    offers = ShadowOffers(shadow)
    offers.write(offers.create(record), record)
    (stored,) = log.of("offer")
    assert stored.recipient == "sales@example.com"
    assert stored.lines == ("Ready for Sales; confidence high; estimated ARR not known", "Seats in use: 105%")
    assert list(offers.answers(SHADOW_DAY)) == []


def test_what_is_recorded_is_done_and_need_not_be_looked_up(shadow: Shadow) -> None:
    message = ChatMessage("key", "title", (Line("text", bullet=True),))
    assert ShadowChat(shadow).find(message) is None
    assert ShadowDrafts(shadow).find("owner@example.com", "key") is None
    assert ShadowRecords(shadow).find("key") is None
    assert ShadowChat(shadow).post(message) == ShadowChat(shadow).post(message) == "shadow:digest:key"
    draft = MailDraft("key", "owner@example.com", None, "Hello", ())
    assert ShadowDrafts(shadow).create(draft) == "shadow:draft:key"


def test_a_shadow_has_a_space_of_its_own_that_no_tenant_can_have() -> None:
    plain = {"tenant_id": "acme", "table_name": "table", "timezone": "UTC", "retry_base_seconds": 1}
    assert Deployed.model_validate(plain).space == "acme"
    assert Deployed.model_validate({**plain, "shadow": "true"}).space == shadow_of("acme") == "acme~shadow"


def test_a_shadowed_output_is_named_like_a_vendors_id() -> None:
    assert ShadowedOutput(SHADOW_DAY, "draft", "key", "title").reference == "shadow:draft:key"
