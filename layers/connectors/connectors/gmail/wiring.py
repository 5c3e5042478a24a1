"""Gmail as a function's settings name it. The SDK is imported at the first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.host import Host, retry_policy

if TYPE_CHECKING:
    from connectors.gmail.drafts import GmailDrafts
    from customer_success.settings import GmailSettings


def gmail_drafts(host: Host, settings: GmailSettings) -> GmailDrafts | None:
    """Drafts in people's mailboxes; None where no secret is named."""
    if settings.gmail_secret is None:
        return None
    from connectors.gmail.drafts import GmailDrafts

    return GmailDrafts(
        host.secret(settings.gmail_secret),
        retry_policy(host, "gmail", settings.gmail_requests_per_second),
        base_url=settings.gmail_api_url,
    )
