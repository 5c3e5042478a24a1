"""A name is text, and a stranger on a page owns no account, from the account book to mailboxes and chats."""

from __future__ import annotations

from local.deployment import LocalDeployment
from local.sandbox.notion.load import Row
from tests.builders.accounts import TODAY
from tests.builders.mails import HEADERS, HOSTILE_NAMES, read
from tests.builders.pages import critical_page, title
from tests.builders.sandbox import chat_messages, pages
from tests.e2e.conftest import Enter

LEAD = "team-lead@example.com"
BCC, BODY = HOSTILE_NAMES[:2]


def test_hostile_names_and_strangers_change_neither_headers_nor_recipients(enter: Enter) -> None:
    # GIVEN a team of example.com
    deployment = enter({"OwnerDomains": "example.com,mail.example.com"})
    # AND critical accounts: two with headers in their names, a stranger's, one with half an emoji in name and owner
    deployment.load(
        [
            critical_page(1, Name=title(BCC)),
            critical_page(2, Name=title(BODY)),
            critical_page(3, Owner_Email={"email": "eve@evil.example"}),
            with_half_an_emoji(4),
        ]
    )

    # WHEN they alert
    deployment.tick(TODAY)
    assert deployment.drain() == {}

    # THEN every draft has the wanted headers and no other, in a colleague's mailbox
    found = mailboxes(deployment)
    mails = [read(mail) for _, mail in found]
    assert [mail.headers for mail in mails] == [HEADERS] * 4
    assert sorted(mailbox for mailbox, _ in found) == ["ada@example.com", "ada@example.com", LEAD, LEAD]
    assert sorted(mail.subject for mail in mails) == sorted(
        f"Catching up: {name}" for name in (BCC, BODY, "Account 3", "Half \ufffd")
    )

    # AND no chat has anything for the stranger; the fallback owner has it instead
    posted = [message for service in ("slack", "chat") for message in chat_messages(deployment, service)]
    assert direct_messages(deployment) == {"dm-ada@example.com": 2, f"dm-{LEAD}": 2}

    # AND the digest names both accounts, with the value and the bound
    digest = next(text for message in posted if "Could not be read" in (text := message["text"]))
    assert "Account 3 (A-0003): Owner Email: 'eve@evil.example'" in digest
    assert "within OwnerDomains (example.com, mail.example.com)" in digest
    assert "Half \ufffd (A-0004): Owner Email: 'ada\ufffd@example.com' could not be read" in digest
    assert len(pages(deployment, "Health-Records")) == 4


def with_half_an_emoji(number: int) -> Row:
    return critical_page(number, Name=title("Half \ud83e"), Owner_Email={"email": "ada\ud83e@example.com"})


def mailboxes(deployment: LocalDeployment) -> list[tuple[str, bytes]]:
    """The drafts as they lie on disk, each with its mailbox."""
    files = sorted((deployment.folder / "vendors/gmail").rglob("*.eml"))
    return [(file.parent.name, file.read_bytes()) for file in files]


def direct_messages(deployment: LocalDeployment) -> dict[str, int]:
    """How many messages each person has in Slack."""
    files = (deployment.folder / "vendors/slack").glob("*.jsonl")
    counted = {file.stem: len(file.read_text("utf-8").splitlines()) for file in files}
    return {name: count for name, count in counted.items() if name != "customer-success"}
