"""What is in Notion, as a function's settings name it. The SDK is imported at the first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.host import Host, retry_policy

if TYPE_CHECKING:
    from connectors.notion.accounts import NotionCSMAdapter
    from connectors.notion.adoption_sections import NotionAdoptionSections
    from connectors.notion.client import NotionClient
    from connectors.notion.expansions import NotionExpansionRecords
    from connectors.notion.feature_usage import NotionFeatureUsage
    from connectors.notion.qbr_pages import NotionQbrPages
    from connectors.notion.records import NotionHealthRecords
    from customer_success.settings import AccountPagesSettings, NotionSettings


def notion_client(host: Host, settings: NotionSettings) -> NotionClient:
    """The integration's access to Notion."""
    from connectors.notion.client import NotionClient

    return NotionClient(
        host.secret(settings.notion_secret),
        retry_policy(host, "notion", settings.notion_requests_per_second),
        base_url=settings.notion_api_url,
    )


def account_pages(host: Host, settings: AccountPagesSettings) -> NotionCSMAdapter:
    """The account book and the accounts' pages."""
    from connectors.notion.accounts import NotionCSMAdapter
    from connectors.notion.names import PropertyNames

    return NotionCSMAdapter(
        notion_client(host, settings),
        settings.notion_accounts,
        names=PropertyNames.overridden_by(settings.notion_properties),
        owner_domains=settings.owner_domains,
        timezone=settings.timezone,
    )


def expansion_records(host: Host, settings: NotionSettings, expansions_id: str) -> NotionExpansionRecords:
    """The records of offers."""
    from connectors.notion.expansions import NotionExpansionRecords

    return NotionExpansionRecords(notion_client(host, settings), expansions_id)


def feature_usage(host: Host, settings: NotionSettings, usage_id: str) -> NotionFeatureUsage:
    """The list of feature usage."""
    from connectors.notion.feature_usage import NotionFeatureUsage

    return NotionFeatureUsage(notion_client(host, settings), usage_id, timezone=settings.timezone)


def adoption_sections(host: Host, settings: NotionSettings) -> NotionAdoptionSections:
    """The sections on feature adoption of the accounts' pages."""
    from connectors.notion.adoption_sections import NotionAdoptionSections

    return NotionAdoptionSections(notion_client(host, settings))


def health_records(host: Host, settings: NotionSettings, records_id: str) -> NotionHealthRecords:
    """The records of alerts."""
    from connectors.notion.records import NotionHealthRecords

    return NotionHealthRecords(notion_client(host, settings), records_id)


def qbr_pages(host: Host, settings: NotionSettings, qbrs_id: str) -> NotionQbrPages:
    """The pages of reviews."""
    from connectors.notion.qbr_pages import NotionQbrPages

    return NotionQbrPages(notion_client(host, settings), qbrs_id)
