"""A wrong setting is refused at deploy time, in a sentence that says what is right."""

from __future__ import annotations

import re
from typing import Any

import pytest

from local.stack.template import Template

SCHEDULES = ("ScanSchedule", "ContractSchedule", "QbrSchedule")
MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
# The six fields of an EventBridge schedule: lowest and highest value, and words that stand for them.
CRON = {
    "minutes": (0, 59, []),
    "hours": (0, 23, []),
    "day of month": (1, 31, []),
    "month": (1, 12, MONTHS),
    "day of week": (1, 7, DAYS),
    "year": (1970, 2199, []),
}
UUID, HEX = "0f7d2a9c-5b1e-4c3d-8a6f-0e1d2c3b4a59", "0f7d2a9c5b1e4c3d8a6f0e1d2c3b4a59"


def test_every_parameter_is_described_bounded_and_fits_its_own_default(source: Template) -> None:
    for name, parameter in source["Parameters"].items():
        assert parameter["Description"].endswith((".", "*)")), name
        match parameter:
            case {"AllowedValues": allowed}:
                assert parameter["Default"] in allowed, name
            case {"Type": "Number"}:
                assert parameter["MinValue"] <= parameter["Default"] <= parameter["MaxValue"], name
            case {"AllowedPattern": pattern}:
                assert re.fullmatch(pattern, parameter.get("Default", "")) or "Default" not in parameter, name
            case _:
                pytest.fail(f"{name} takes anything")


def test_every_refusal_explains_a_pattern_in_words(source: Template) -> None:
    for name, parameter in source["Parameters"].items():
        if "AllowedPattern" in parameter:
            # CloudFormation says "Parameter X failed to satisfy constraint: " and then this.
            assert parameter["ConstraintDescription"].startswith("must "), name
            assert parameter["AllowedPattern"].startswith("^"), name
            assert parameter["AllowedPattern"].endswith("$"), name


def test_every_parameter_is_asked_for_in_its_group(source: Template) -> None:
    groups = source["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    assert sorted(grouped) == sorted(source["Parameters"])


def test_what_has_no_default_is_what_a_wrong_value_would_harm_others_with(source: Template) -> None:
    assert {name for name, parameter in source["Parameters"].items() if "Default" not in parameter} == {
        "TenantId",
        "FallbackOwner",
        "NotionSecret",
        "NotionAccounts",
        "NotionHealthRecords",
        "NotionQbrs",
        "NotionExpansions",
    }


@pytest.mark.parametrize(
    ("parameter", "good", "bad"),
    [
        ("Stage", ["prod-2"], ["Prod", "", "2prod", "a-very-long-name-of-a-stage"]),
        ("TenantId", ["acme"], ["acme/other", "acme~shadow", "-acme", ""]),
        ("Timezone", ["America/Argentina/Buenos_Aires", "Etc/GMT+5"], ["Europe Berlin", ""]),
        (
            "Holidays",
            ["2024-12-25,2024-12-26", ""],
            ["25.12.2024", "2024-13-01", "2024-12-32", "2024-12-25, 2024-12-26"],
        ),
        (
            "FallbackOwner",
            ["lead@acme.example", "o'brien@my-team.acme.co.uk", "jürgen@münchen.example", "ivan@xn--80a1acny.xn--p1ai"],
            [
                "lead",
                "",
                "a@b.example,c@d.example",
                "Lead <lead@acme.example>",
                "a@b..example",
                "a.@b.example",
                "a@b.c1",
            ],
        ),
        ("SalesOwner", ["", "nora@acme.example"], ["nora", "nora@-acme.example", "nora@acme.example."]),
        (
            "OwnerDomains",
            ["", "acme.example", "acme.example,Mail.Acme-Group.co.uk", "xn--mnchen-3ya.example"],
            [
                "@acme.example",
                "acme",
                "*.acme.example",
                "acme.example, b.example",
                "acme.example,",
                "-a.example",
                "a.b1",
            ],
        ),
        ("AlarmEmail", ["", "ops@acme.example"], ["ops", "ops@acme."]),
        (
            "NotionApiUrl",
            ["https://api.notion.com", "http://127.0.0.1:8080/notion"],
            [
                "https://api.notion.com/",
                "http://api.notion.com",
                "api.notion.com",
                "https://",
                "http://127.0.0.1.evil.example",
            ],
        ),
        ("BedrockApiUrl", ["", "https://bedrock.example"], ["http://bedrock.example"]),
        ("NotionAccounts", [HEX, UUID], ["Accounts", "", HEX[:-1], UUID.replace("-", "", 1), HEX.upper()]),
        ("NotionFeatureUsage", ["", HEX, UUID], ["Usage", f"{HEX}{HEX}"]),
        (
            "NotionSecret",
            ["customer-success/dev/notion"],
            ["", "arn:aws:secretsmanager:eu-central-1:1:secret:x", "a b"],
        ),
        (
            "GmailSecret",
            ["", "gmail"],
            ["arn:aws:secretsmanager:eu-central-1:1:secret:x", '{"type":"service_account"}'],
        ),
        (
            "NotionProperties",
            ["{}", '{"arr": "Annual value"}', '{ "arr":"A", "nps" : "B" }'],
            ["arr=Annual value", '{"arr":1}', '{"arr":"A",}', '["arr"]', ""],
        ),
        (
            "PriceList",
            ["{}", '{"seat": 300}', '{"seat":300,"modules":{"Reporting":4800,"Data Sync":12.5}}', '{"modules":{}}'],
            ['{"seat":"300"}', '{"seats":300}', '{"seat":-1}', '{"modules":{"Reporting":"a lot"}}', '{"seat":300,}'],
        ),
        (
            "SlackChannel",
            ["", "#customer-success", "équipe", "C0123456789"],
            ["a channel", "#a,#b", "Customer-Success"],
        ),
        ("GoogleChatSpace", ["", "spaces/AAAA"], ["AAAA", "spaces/"]),
        (
            "BedrockModelId",
            ["", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "sandbox.writer-v1"],
            ["arn:aws:bedrock:eu-central-1::foundation-model/x", "claude", "arn/of a model"],
        ),
        ("ApiCorsOrigin", ["", "https://example.com"], ["*", "https://example.com/page", "http://example.com"]),
        (
            "PermissionsBoundary",
            ["", "arn:aws:iam::123456789012:policy/team/boundary", "arn:aws:iam::aws:policy/PowerUserAccess"],
            ["boundary", "arn:aws:iam::123456789012:role/boundary", "arn:aws:iam::1234:policy/boundary"],
        ),
    ],
)
def test_parameters_refuse_what_cannot_be_right(
    source: Template, parameter: str, good: list[str], bad: list[str]
) -> None:
    pattern = source["Parameters"][parameter]["AllowedPattern"]
    assert [value for value in good if not re.fullmatch(pattern, value)] == []
    assert [value for value in bad if re.fullmatch(pattern, value)] == []


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_schedule_has_six_fields_one_of_the_days_left_open(source: Template, schedule: str) -> None:
    pattern = source["Parameters"][schedule]["AllowedPattern"]
    for good in (
        "cron(30 6 ? * MON-FRI *)",
        "cron(0/15 8-17 L * ? 2027)",
        "cron(0 9 ? JAN 2#1 *)",
        "rate(1 day)",
        "rate(12 hours)",
    ):
        assert re.fullmatch(pattern, good), good
    for bad in (
        "0 7 * * *",
        "cron(0 7 * * *)",
        "cron(0 7 * * * *)",
        "cron(0 7 ? * ? *)",
        "cron(0 7 * * ?)",
        "rate(1 days)",
        "rate(0 days)",
        "rate(day)",
        "daily",
        "",
    ):
        assert not re.fullmatch(pattern, bad), bad


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_default_of_a_schedule_is_one_that_eventbridge_knows(source: Template, schedule: str) -> None:
    expression = re.fullmatch(r"cron\((.+)\)", source["Parameters"][schedule]["Default"])
    assert expression
    fields = expression[1].split(" ")
    for field, (name, (lowest, highest, words)) in zip(fields, CRON.items(), strict=True):
        for value in re.split(r"[,/-]", field):
            if value not in ("*", "?") and value not in words:
                assert lowest <= int(value) <= highest, name
    assert [name for field, name in zip(fields, CRON, strict=True) if field == "?"] in (
        ["day of month"],
        ["day of week"],
    )


@pytest.mark.parametrize(
    ("rule", "secret", "place"),
    [
        ("SlackNeedsItsChannel", "SlackSecret", "SlackChannel"),
        ("GoogleChatNeedsItsSpace", "GoogleChatSecret", "GoogleChatSpace"),
    ],
)
def test_a_chat_that_is_on_has_a_place_to_post_to(source: Template, rule: str, secret: str, place: str) -> None:
    def is_set(parameter: str) -> dict[str, Any]:
        return {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, ""]}]}

    (assertion,) = source["Rules"][rule]["Assertions"]
    assert source["Rules"][rule]["RuleCondition"] == is_set(secret)
    assert assertion["Assert"] == is_set(place)
    assert assertion["AssertDescription"].startswith(f"{place} is missing")


def test_each_trigger_can_be_switched_off(source: Template) -> None:
    parameters = source["Parameters"]
    for switch in ("ScanEnabled", "ContractCheckEnabled", "QbrEnabled"):
        assert parameters[switch]["AllowedValues"] == ["true", "false"]
    assert "none" in parameters["SalesHandoffMode"]["AllowedValues"]
    assert parameters["ApiRequestsPerSecond"]["MinValue"] == 0
