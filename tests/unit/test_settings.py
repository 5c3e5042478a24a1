"""Wrong settings are reported in one line, with the name under which they are set."""

from datetime import date

import pytest

from customer_success.errors import Misconfigured
from customer_success.settings import Settings, read
from functions.alert_chat.wiring import AlertChatSettings
from functions.check_expansion.wiring import CheckExpansionSettings
from functions.health_scan.wiring import HealthScanSettings

PLAIN = {
    "TENANT_ID": "acme",
    "TABLE_NAME": "table",
    "TIMEZONE": "Europe/Berlin",
    "QUEUE_URL": "https://queue",
    "RETRY_BASE_SECONDS": "60",
    "MAX_RECEIVES": "5",
}
SCAN = PLAIN | {
    "NOTION_API_URL": "https://api.notion.com",
    "NOTION_SECRET": "csm/notion",
    "NOTION_REQUESTS_PER_SECOND": "3",
    "NOTION_ACCOUNTS": "0" * 32,
    "NOTION_PROPERTIES": '{"arr": "Annual value"}',
    "CHURN_TOPIC_ARN": "arn:aws:sns:eu-central-1:123456789012:churn",
    "NOTION_UPDATES_QUEUE_URL": "https://updates",
    "NOTION_FEATURE_USAGE": "",
    "NOTION_EXPANSIONS": "0" * 32,
    "EXPANSION_QUEUE_URL": "https://expansion",
    "GREEN_THRESHOLD": "70",
    "AMBER_THRESHOLD": "40",
    "CHURN_WINDOW_DAYS": "60",
    "SIGNALS_STALE_AFTER_DAYS": "14",
    "HOLIDAYS": "2026-12-25, 2026-12-26",
    "FALLBACK_OWNER": "",
}


def given(monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)


def test_settings_are_read_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, **SCAN)
    settings = read(HealthScanSettings)
    assert settings.holidays == {date(2026, 12, 25), date(2026, 12, 26)}
    assert settings.notion_properties == {"arr": "Annual value"}
    assert settings.fallback_owner is None
    assert settings.notion_feature_usage is None


EXPANSION = {name: value for name, value in SCAN.items() if name != "HOLIDAYS"}


def test_a_price_list_is_read_and_a_wrong_price_named(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, **EXPANSION, PRICE_LIST='{"seat": 300, "modules": {"Reporting": 4800}}')
    settings = read(CheckExpansionSettings)
    assert (settings.price_list.seat, settings.price_list.module("reporting")) == (300, 4800)
    assert (settings.sales_handoff_queue_url, settings.sales_owner) == (None, None)
    for wrong in ('{"seat": -1}', '{"seats": 300}', "{seat: 300}"):
        monkeypatch.setenv("PRICE_LIST", wrong)
        with pytest.raises(Misconfigured, match="PRICE_LIST"):
            read(CheckExpansionSettings)


def test_every_missing_and_wrong_setting_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, **(PLAIN | {"TIMEZONE": "Berlin", "MAX_RECEIVES": "0"}))
    monkeypatch.delenv("TABLE_NAME")
    with pytest.raises(Misconfigured) as wrong:
        read(Settings)
    text = str(wrong.value)
    assert "\n" not in text
    assert "TABLE_NAME: Field required" in text
    assert "TIMEZONE" in text
    assert "MAX_RECEIVES" in text


def test_an_empty_secret_means_not_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    urls = {"SLACK_API_URL": "https://slack", "GOOGLE_CHAT_API_URL": "https://chat", "CHAT_REQUESTS_PER_SECOND": "1"}
    given(monkeypatch, **PLAIN, **urls, SLACK_SECRET="")
    assert read(AlertChatSettings).slack_secret is None
