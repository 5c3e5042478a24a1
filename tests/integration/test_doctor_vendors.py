"""What `make doctor` sees of secrets, Notion, chat, Gmail and the model, and what it says of what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from connectors.notion.names import PropertyNames, QbrNames
from connectors.notion.schema import accounts_schema, qbr_schema
from connectors.slack.checks import SCOPES, Bot, SlackChecks
from local.doctor.chat import _scopes, check_google_chat, check_slack
from local.doctor.gmail import check_gmail
from local.doctor.model import check_model
from local.doctor.notion import check_notion
from local.doctor.secrets import check_secrets
from local.sandbox import Sandbox
from tests.builders.doctor_targets import SECRETS, databases, put_secrets, target, texts
from tests.builders.notion_books import row
from tests.builders.pages import page
from tests.builders.secrets import slack_secret
from tests.builders.vendors import Waiting, break_next, requests_to

UNKNOWN_ID = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path).start() as sandbox:
        yield sandbox


def test_all_is_right_and_nothing_is_written(aws: boto3.Session, sandbox: Sandbox) -> None:
    # GIVEN a deployment as it should be
    put_secrets(aws, sandbox)
    ids = databases(sandbox, [page(1), page(2)])
    whole = target(aws, sandbox, **ids, BedrockModelId="eu.anthropic.claude")
    checks = (check_secrets, check_notion, check_slack, check_google_chat, check_gmail, check_model)
    # WHEN it is looked at
    results = [result for check in checks for result in check(whole)]
    # THEN nothing is wrong, and user and workspace are named
    assert texts(results, "bad") == ""
    right = texts(results, "ok")
    properties = len(accounts_schema(PropertyNames()))
    for text in (
        "'Sandbox'",
        f"its {properties} properties fit",
        "2 have 'Account ID'",
        "'csm'",
        "all 9 scopes",
        "'team'",
    ):
        assert text in right
    assert "lead@example.com (FallbackOwner) are reachable" in right
    assert "eu.anthropic.claude answers" in right
    # AND writing is reported as not tried, as nothing was written
    assert "doctor writes nothing" in texts(results, "untried")
    read = {"slack": ("auth.test", "conversations.list", "users.lookupByEmail"), "chat": ("GET",), "gmail": ("GET",)}
    for vendor, harmless in read.items():
        assert all(any(word in call for word in harmless) for call in requests_to(sandbox, vendor)), vendor
    assert all(call.startswith("GET ") or call.endswith("/query") for call in requests_to(sandbox, "notion"))


def test_a_secret_that_is_missing_or_of_another_shape_is_reported_without_its_content(
    aws: boto3.Session, sandbox: Sandbox
) -> None:
    put_secrets(
        aws, sandbox, SlackSecret={"tokn": "xoxb-planted-1234"}, GmailSecret={"type": "planted", "private_key": "pk"}
    )
    aws.client("secretsmanager").delete_secret(SecretId=SECRETS["NotionSecret"], ForceDeleteWithoutRecovery=True)
    results = list(check_secrets(target(aws, sandbox)))
    # THEN each is reported by its parameter, with the command
    wrong = texts(results, "bad")
    assert "NotionSecret: there is no secret csm/notion in this region" in wrong
    assert "aws secretsmanager create-secret --name csm/notion" in wrong
    assert "SlackSecret: csm/slack holds no token" in wrong
    assert "aws secretsmanager put-secret-value --secret-id csm/slack" in wrong
    assert "GmailSecret: csm/google holds Google credentials of type 'planted'" in wrong
    assert "planted-1234" not in str(results)
    # AND what hangs on it is not tried
    for check, text in ((check_notion, "NotionSecret"), (check_slack, "SlackSecret"), (check_gmail, "GmailSecret")):
        assert [result.state for result in check(target(aws, sandbox))] == ["untried"]
        assert text in texts(list(check(target(aws, sandbox))), "untried")


def test_a_secret_that_holds_no_json_is_reported(aws: boto3.Session, sandbox: Sandbox) -> None:
    put_secrets(aws, sandbox)
    aws.client("secretsmanager").put_secret_value(SecretId=SECRETS["SlackSecret"], SecretString="xoxb-planted")
    results = list(check_secrets(target(aws, sandbox)))
    assert "SlackSecret: secret 'csm/slack' does not hold a JSON object" in texts(results, "bad")
    assert "xoxb-planted" not in str(results)


def test_channels_that_are_not_set_up_are_not_wrong(aws: boto3.Session, sandbox: Sandbox) -> None:
    bare = target(aws, sandbox, SlackSecret="", GoogleChatSecret="", GmailSecret="")
    for check in (check_slack, check_google_chat, check_gmail, check_model):
        assert [result.state for result in check(bare)] == ["off"]


def test_a_wrong_id_is_reported_by_its_parameter_and_the_others_are_looked_at(
    aws: boto3.Session, sandbox: Sandbox
) -> None:
    put_secrets(aws, sandbox)
    ids = databases(sandbox, [page(1)]) | {"NotionHealthRecords": UNKNOWN_ID, "NotionFeatureUsage": ""}
    results = list(check_notion(target(aws, sandbox, **ids)))
    wrong = texts(results, "bad")
    assert f"NotionHealthRecords: Notion does not find the database {UNKNOWN_ID}" in wrong
    assert "Connections" in wrong
    assert wrong.count("\n") == 0
    assert "NotionFeatureUsage is empty" in texts(results, "off")
    assert "NotionQbrs: 'QBR' is reachable" in texts(results, "ok")


def test_without_accounts_what_leads_to_them_is_not_tried(aws: boto3.Session, sandbox: Sandbox) -> None:
    put_secrets(aws, sandbox)
    results = list(check_notion(target(aws, sandbox, **databases(sandbox, []) | {"NotionAccounts": UNKNOWN_ID})))
    assert texts(results, "bad").count("\n") == 0
    untried = texts(results, "untried")
    assert "NotionQbrs: its properties" in untried
    assert "what the accounts hold" in untried


def test_properties_that_lack_or_have_another_type_are_reported_with_the_command(
    aws: boto3.Session, sandbox: Sandbox
) -> None:
    schema = dict(qbr_schema(QbrNames(), accounts_source_id=UNKNOWN_ID))
    without = {name: kind for name, kind in schema.items() if name not in ("Period", "Date", "Account")}
    put_secrets(aws, sandbox)
    ids = databases(sandbox, [page(1)], NotionQbrs=without | {"State": {"number": {}}})
    wrong = texts(list(check_notion(target(aws, sandbox, **ids))), "bad")
    assert "NotionQbrs: 'QBR': missing 'Account', 'Period', 'Date'" in wrong
    assert f"make notion-setup NOTION_TOKEN=… ACCOUNTS={ids['NotionAccounts']}" in wrong
    assert "NotionQbrs: 'QBR': 'State' is a number, needs a select" in wrong


def test_the_teams_own_names_of_properties_are_taken(aws: boto3.Session, sandbox: Sandbox) -> None:
    put_secrets(aws, sandbox)
    theirs = accounts_schema(PropertyNames(account_id="Key"))
    ids = databases(sandbox, [row(1)], NotionAccounts=theirs | {"Account ID": {"rich_text": {}}})
    named = target(aws, sandbox, **ids, NotionProperties='{"account_id":"Key"}')
    assert "NotionAccounts: 'Accounts' is reachable" in texts(list(check_notion(named)), "ok")
    # AND a name that is none of ours is reported, with what cannot be looked at for it
    wrong = list(check_notion(target(aws, sandbox, **ids, NotionProperties='{"acount_id":"Key"}')))
    assert "NotionProperties: Property names: acount_id is not known" in texts(wrong, "bad")
    assert "NotionAccounts: 'Accounts' is reachable; its properties hang on NotionProperties" in texts(wrong, "untried")


def test_what_the_accounts_lack_is_reported(aws: boto3.Session, sandbox: Sandbox) -> None:
    put_secrets(aws, sandbox)
    # GIVEN accounts of which one has an id, one a signal, and none an owner
    bare = page(2)
    bare = bare.model_copy(update={"properties": {"Name": bare.properties["Name"]}})
    ids = databases(sandbox, [row(1, NPS={"number": 9}), bare])
    results = list(check_notion(target(aws, sandbox, **ids)))
    assert "of the 2 accounts 1 have 'Account ID', 0 have 'Owner Email', 0 have 'Contract End Date'" in texts(
        results, "bad"
    )
    assert "fill in 'Owner Email', 'Contract End Date'" in texts(results, "bad")
    assert "no account has 'Feature Adoption Rate', 'Usage Trend'" in texts(results, "off")
    assert "'NPS'" not in texts(results, "off")


def test_an_empty_book_is_reported_with_the_way_to_fill_it(aws: boto3.Session, sandbox: Sandbox) -> None:
    put_secrets(aws, sandbox)
    ids = databases(sandbox, [])
    wrong = texts(list(check_notion(target(aws, sandbox, **ids))), "bad")
    assert "NotionAccounts holds no account" in wrong
    assert f"make notion-import FILE=book.csv NOTION_TOKEN=… NOTION_ACCOUNTS={ids['NotionAccounts']}" in wrong


def test_a_token_that_notion_refuses_differs_from_a_notion_that_is_down(aws: boto3.Session, sandbox: Sandbox) -> None:
    put_secrets(aws, sandbox, NotionSecret={"token": "ntn_revoked"})
    results = list(check_notion(target(aws, sandbox)))
    assert "NotionSecret: Notion refused the token" in texts(results, "bad")
    assert "ntn_revoked" not in str(results)
    assert "they hang on the token" in texts(results, "untried")
    break_next(sandbox, "notion", "status", status=503, times=None)
    assert "NotionApiUrl: Notion failed" in texts(list(check_notion(target(aws, sandbox))), "bad")


def test_slack_a_revoked_token_a_channel_without_the_bot_and_one_that_is_not_there(
    aws: boto3.Session, sandbox: Sandbox
) -> None:
    put_secrets(aws, sandbox)
    wrong = texts(list(check_slack(target(aws, sandbox, SlackChannel="#without-bot"))), "bad")
    assert wrong == "SlackChannel: the bot is not in without-bot → write there: /invite @csm "
    wrong = texts(list(check_slack(target(aws, sandbox, SlackChannel="nowhere"))), "bad")
    assert "SlackChannel: there is no channel nowhere that the bot sees" in wrong
    aws.client("secretsmanager").put_secret_value(SecretId=SECRETS["SlackSecret"], SecretString='{"token": "xoxb-old"}')
    results = list(check_slack(target(aws, sandbox)))
    assert "SlackSecret: Slack refused the bot itself: invalid_auth" in texts(results, "bad")
    assert "the channel: it hangs on the bot" in texts(results, "untried")
    break_next(sandbox, "slack", "status", status=503, times=None)
    assert "SlackApiUrl: " in texts(list(check_slack(target(aws, sandbox))), "bad")


def test_slack_a_channel_by_its_name_is_found_with_its_better_id(aws: boto3.Session, sandbox: Sandbox) -> None:
    put_secrets(aws, sandbox)
    [channel] = [each for each in check_slack(target(aws, sandbox)) if "SlackChannel" in each.what]
    assert channel.state == "ok"
    better = channel.advice.partition("SlackChannel=")[2].partition(":")[0]
    [channel] = [each for each in check_slack(target(aws, sandbox, SlackChannel=better)) if "SlackC" in each.what]
    assert (channel.state, channel.advice) == ("ok", "")


def test_slack_scopes_that_are_missing_are_reported_with_what_is_amiss() -> None:
    [result] = _scopes(Bot("csm", "Acme", frozenset(SCOPES) - {"im:write", "chat:write"}))
    assert result.what.startswith("scopes are missing: chat:write (nothing can be posted); im:write (")


def test_a_fallback_owner_whom_slack_does_not_know_is_no_fault(aws: boto3.Session, sandbox: Sandbox) -> None:
    put_secrets(aws, sandbox)
    results = list(check_slack(target(aws, sandbox, FallbackOwner="nobody@example.com")))
    assert texts(results, "bad") == ""
    assert "nobody in Slack has nobody@example.com" in texts(results, "off")


def test_a_space_without_the_app_and_a_mailbox_that_is_not_there(aws: boto3.Session, sandbox: Sandbox) -> None:
    put_secrets(aws, sandbox)
    wrong = texts(list(check_google_chat(target(aws, sandbox, GoogleChatSpace="spaces/without-app"))), "bad")
    assert "GoogleChatSpace: Google refused access" in wrong
    wrong = texts(list(check_gmail(target(aws, sandbox, FallbackOwner="nobody@example.com"))), "bad")
    assert "GmailSecret, for FallbackOwner: Google refused access to the mailbox nobody@example.com" in wrong
    assert "the grant of one user" not in wrong


def test_a_channel_is_found_on_any_page_and_by_its_id(sandbox: Sandbox) -> None:
    # GIVEN pages of one channel each
    slack = SlackChecks(slack_secret(), Waiting().retry_policy, base_url=sandbox.url("slack"), page=1)
    # WHEN either of the two channels is looked for  THEN it is found on any page
    found = [slack.channel(name) for name in ("customer-success", "without-bot")]
    assert [channel and channel.has_bot for channel in found] == [True, False]
    # AND by its id, also when Slack is busy for a moment
    break_next(sandbox, "slack", "status", status=503)
    assert found[0] is not None
    assert slack.channel(found[0].id) == found[0]


def test_the_grant_of_another_user_is_named_as_such(aws: boto3.Session, sandbox: Sandbox) -> None:
    grant = {
        "type": "authorized_user",
        "client_id": "id",
        "client_secret": "planted-client-secret",
        "refresh_token": "1//ada@example.com",
        "token_uri": sandbox.url("token"),
    }
    put_secrets(aws, sandbox, GmailSecret=grant)
    results = list(check_gmail(target(aws, sandbox)))
    assert "the grant of one user opens that user's mailbox alone" in texts(results, "bad")
    assert texts(list(check_gmail(target(aws, sandbox, FallbackOwner="ada@example.com"))), "bad") == ""


@pytest.mark.parametrize(
    ("status", "code", "advice"),
    [
        (403, "AccessDeniedException", "aws-marketplace:Subscribe"),
        (404, "ResourceNotFoundException", "inference profile"),
        (400, "ValidationException", "inference profile"),
        (429, "ThrottlingException", "try again later"),
        (424, "ModelErrorException", "look at the model"),
    ],
)
def test_a_model_that_does_not_answer_is_reported_with_the_likely_cause(
    aws: boto3.Session, sandbox: Sandbox, status: int, code: str, advice: str
) -> None:
    break_next(sandbox, "bedrock", "status", status=status)
    [result] = check_model(target(aws, sandbox, BedrockModelId="anthropic.claude"))
    assert result.what.startswith(f"BedrockModelId: anthropic.claude: {code}: ")
    assert advice in result.advice
