"""Accounts belong to colleagues: with OwnerDomains set, a stranger gets no message and no draft, by no way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from customer_success.accounts.colleagues import RowsOfColleagues
from customer_success.addresses import OwnerDomains
from customer_success.alerts.channels import DraftMail, OwnerOf, PostToChat
from customer_success.alerts.digest import Digest, Section
from customer_success.documents import ChatMessage, Line, MailDraft
from customer_success.drafts.colleagues import DraftsOfColleagues
from customer_success.drafts.drafts import OnceDrafts
from customer_success.errors import Misconfigured
from customer_success.messages import DigestReady
from customer_success.once import Once, OnceChat
from customer_success.settings import Settings, read
from functions.alert_chat.wiring import AlertChatSettings
from functions.sales_handoff.wiring import SalesHandoffSettings
from tests.builders.accounts import TODAY, account, dying
from tests.builders.fakes import FakeDigests, FakeLedger, FakeRows, Writes
from tests.builders.handoffs import Handoffs, message
from tests.builders.scores import alert, row
from tests.unit.test_channels import Vendor
from tests.unit.test_settings import PLAIN, given

OURS = OwnerDomains.of(("example.com", "mail.example.org"))
EVE = "eve@evil.example"
LEAD = "lead@example.com"


def rows_of(*accounts: object) -> FakeRows:
    rows = [row(one) for one in accounts]  # type: ignore[arg-type]
    return FakeRows(Writes(), {one.account_id: one for one in rows})


def chat_of(raised_rows: FakeRows, digests: FakeDigests, fallback: str | None = LEAD) -> tuple[PostToChat, Vendor]:
    slack = Vendor()
    chat = OnceChat(slack, Once(FakeLedger(), "chat_alert:slack"))
    return PostToChat([chat], OwnerOf(raised_rows, fallback, OURS), digests), slack


def test_a_row_from_before_belongs_to_no_outside_owner() -> None:
    # GIVEN rows written before owner domains were checked
    strangers = replace(account(1), owner_email=EVE, sales_email=EVE, manager_email=EVE, primary_contact_email=EVE)
    ours = replace(account(2), owner_email="ada@example.com", sales_email="sam@MAIL.example.org")
    rows = RowsOfColleagues(rows_of(strangers, ours), OURS)
    # WHEN they are read in any way  THEN no stranger owns an account, and the customer's contact stays
    for read_row in (rows.get("A-0001"), rows.get_many(["A-0001"])["A-0001"], next(rows.every())):
        assert read_row is not None
        of = read_row.account
        assert (of.owner_email, of.sales_email, of.manager_email) == (None, None, None)
        assert of.primary_contact_email == EVE
    stored = rows.get("A-0002")
    assert stored is not None
    assert (stored.account.owner_email, stored.account.sales_email) == ("ada@example.com", "sam@MAIL.example.org")
    assert rows.get("A-0003") is None


@pytest.mark.parametrize("known", [True, False], ids=["with its row", "without its row"])
def test_an_alert_of_a_strangers_account_goes_to_the_fallback_owner(known: bool) -> None:
    # GIVEN an alert on its way to a stranger
    raised = alert(dying(1, owner_email=EVE))
    rows = rows_of(dying(1, owner_email=EVE)) if known else rows_of()
    post, slack = chat_of(rows, FakeDigests(Writes()))
    gmail = Vendor("gmail")
    # WHEN it is brought to chat and drafted
    post.alert(raised)
    DraftMail(OnceDrafts(gmail, Once(FakeLedger(), "email_alert")), OwnerOf(rows, LEAD, OURS))(raised)
    # THEN the fallback owner has both
    (text,), (draft,) = slack.made, gmail.made
    assert isinstance(text, ChatMessage)
    assert isinstance(draft, MailDraft)
    assert (text.recipient, draft.mailbox) == (LEAD, LEAD)


@pytest.mark.parametrize("owner", ["ada@b..example", "ada\u200b@example.com", "ada"])
def test_an_owner_without_a_valid_address_is_none_also_without_domains(owner: str) -> None:
    # GIVEN a row whose address passed an older check  THEN the fallback owner gets the alert
    raised = alert(dying(1, owner_email=owner))
    assert OwnerOf(rows_of(dying(1, owner_email=owner)), LEAD)(raised) == LEAD


@pytest.mark.parametrize(
    ("recipient", "fallback", "expected"),
    [
        (EVE, LEAD, LEAD),
        (EVE, None, None),
        ("ada@example.com", LEAD, "ada@example.com"),
        ("ada@sub.example.com", LEAD, LEAD),
        (None, LEAD, None),
    ],
)
def test_a_digest_for_a_stranger_goes_to_the_fallback_owner_or_the_team(
    recipient: str | None, fallback: str | None, expected: str | None
) -> None:
    # GIVEN a digest for one person, such as the index of a quarter's reviews or a message for a seller
    digests = FakeDigests(Writes())
    digest = Digest("d", "health_scan", date(2026, 3, 2), "News", (Section("News", (Line("one"),)),), recipient)
    digests.digests[digest.digest_id] = digest
    post, slack = chat_of(rows_of(), digests, fallback)
    # WHEN it is posted
    post.digest(DigestReady(tenant_id="acme", digest_id="d", run_kind="health_scan", run_date=TODAY))
    # THEN a colleague has it
    assert [text.recipient for text in slack.made] == [expected]  # type: ignore[union-attr]


def test_an_offer_that_names_a_stranger_goes_to_the_accounts_own_seller() -> None:
    # GIVEN a message from before the domains were bounded
    world = Handoffs()
    world.account(1, sales_email="nora@example.com")
    world.owner_domains = OURS
    # WHEN the offer is handed off  THEN the seller whom the account names has it
    assert world.hand_off(message(sales_email=EVE))["sales_email"] == "nora@example.com"
    assert [draft.mailbox for draft in world.drafts.drafts.values()] == ["nora@example.com"]


def test_no_mailbox_outside_is_ever_looked_into_or_written_to() -> None:
    # GIVEN drafts that are bounded
    gmail = Vendor("gmail")
    drafts = DraftsOfColleagues(gmail, OURS)  # type: ignore[arg-type]
    # WHEN one is meant for a stranger  THEN it says what to set right, and Gmail is not asked
    with pytest.raises(
        Misconfigured, match=rf"mailbox {EVE} is outside OwnerDomains \(example.com, mail.example.org\)"
    ):
        drafts.create(MailDraft("k", EVE, "kim@acme.example", "Hi", ()))
    with pytest.raises(Misconfigured, match="OwnerDomains"):
        drafts.find(EVE, "k")
    assert (gmail.made, gmail.looked_up) == ([], 0)
    # AND a customer may have any address
    assert drafts.create(MailDraft("k", LEAD, EVE, "Hi", ())) == "gmail-1"


CHAT = PLAIN | {
    "SLACK_API_URL": "https://slack",
    "GOOGLE_CHAT_API_URL": "https://chat",
    "CHAT_REQUESTS_PER_SECOND": "1",
}


def test_without_the_setting_anybody_may_own_an_account(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, **CHAT, OWNER_DOMAINS="", FALLBACK_OWNER="lead@elsewhere.example")
    assert read(AlertChatSettings).owner_domains == OwnerDomains()


def test_domains_are_read_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, **CHAT, OWNER_DOMAINS="Example.com, mail.example.org", FALLBACK_OWNER="Lead@EXAMPLE.com")
    assert read(AlertChatSettings).owner_domains == OURS


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"OWNER_DOMAINS": "@example.com"}, "OWNER_DOMAINS.*'@example.com' is not a domain"),
        ({"OWNER_DOMAINS": "example.com", "FALLBACK_OWNER": EVE}, "FALLBACK_OWNER.*outside OwnerDomains"),
        ({"OWNER_DOMAINS": "example.com", "FALLBACK_OWNER": "a@eu.example.com"}, r"OwnerDomains \(example.com\)"),
        ({"FALLBACK_OWNER": "lead@b..example"}, "FALLBACK_OWNER.*not an e-mail address"),
    ],
)
def test_a_fallback_owner_who_is_a_stranger_is_a_wrong_setting(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], expected: str
) -> None:
    given(monkeypatch, **CHAT, **settings)
    with pytest.raises(Misconfigured, match=expected):
        read(AlertChatSettings)


def test_a_sales_owner_who_is_a_stranger_is_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, **PLAIN, OWNER_DOMAINS="example.com", SALES_OWNER=EVE)
    with pytest.raises(Misconfigured, match=r"SALES_OWNER: .*outside OwnerDomains \(example.com\)"):
        read(SalesHandoffSettings)
    # AND a function that knows neither reads the domains alone
    assert read(Settings).owner_domains == OwnerDomains.of(("example.com",))
