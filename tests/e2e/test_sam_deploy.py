"""docs/deploying.md with the real SAM CLI, as the deployer and the operator whom the policies in docs/ describe.

The embedded stack takes what SAM uploads and its change sets, and looks at what the deployer may ask of
CloudFormation and S3. It does not look at what CloudFormation does in the deployer's name; that is held against AWS's
own lists in tests/template/test_deployer_policy.py.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from customer_success.aws.dynamodb.history import DynamoScoreHistory
from customer_success.aws.dynamodb.table import Table
from local.deployment import ROOT, STACK, STACK_PYTHON, TENANT
from local.doctor import __main__ as doctor
from local.import_history import __main__ as import_history
from local.operating import __main__ as operating
from local.shadow_report import __main__ as shadow_report
from local.stack.aws import Aws
from local.stack.serving import serving
from local.stack.template import read_template, without_metric_math
from tests.builders.accounts import TODAY
from tests.builders.pages import critical_page, page
from tests.builders.sam_build import sam_build
from tests.e2e.conftest import Enter

SAM = ROOT / ".sam/bin"
DEV, PROD, MANAGED = "customer-success-dev", "customer-success-prod", "aws-sam-cli-managed-default"
ANSWERS = {
    "TenantId": "acme",
    "FallbackOwner": "lead@example.com",
    "NotionSecret": "csm/dev/notion",
    "NotionAccounts": "a" * 32,
    "NotionHealthRecords": "b" * 32,
    "NotionQbrs": "c" * 32,
    "NotionExpansions": "d" * 32,
    "AlarmEmail": "ops@example.com",
}
"""What a person answers; to all other questions it is Enter."""


@dataclass(frozen=True)
class Deployer:
    """A person with a copy of the project in `folder`, already built, and credentials for the embedded stack."""

    folder: Path
    aws: Aws
    credentials: Mapping[str, str]

    def sam(self, *command: str, typed: str = "") -> str:
        """What SAM prints; raises AssertionError with it if SAM fails."""
        code, printed = self.tries(*command, typed=typed)
        assert code == 0, printed
        return printed

    def tries(self, *command: str, typed: str = "") -> tuple[int, str]:
        """SAM's exit code, and what it prints."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        loopback_without_proxy = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        account = {
            "AWS_ENDPOINT_URL": str(self.aws.endpoint),
            "AWS_DEFAULT_REGION": str(self.aws.session.region_name),
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "PATH": f"{SAM}:{os.environ['PATH']}",
            "SAM_CLI_TELEMETRY": "0",
        }
        done = subprocess.run(
            [SAM / "sam", *command],
            cwd=self.folder,
            env=own | loopback_without_proxy | account | dict(self.credentials),
            input=typed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return done.returncode, done.stdout

    def stack(self, name: str) -> dict[str, Any] | None:
        """The stack as it stands."""
        try:
            return dict(self.aws.cloudformation.describe_stacks(StackName=name)["Stacks"][0])
        except ClientError:
            return None

    def parameters(self, name: str) -> dict[str, str]:
        """The values that a stack's parameters have."""
        stack = self.stack(name)
        assert stack is not None
        return {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}

    def saved(self, environment: str) -> str:
        """The parameters that SAM wrote down for an environment of samconfig.toml."""
        written = tomllib.loads((self.folder / "samconfig.toml").read_text("utf-8"))
        return str(written[environment]["deploy"]["parameters"]["parameter_overrides"])

    def empty(self, bucket: str) -> None:
        """What the console's "Empty" does, by the deployer's own rights."""
        region, keys = str(self.aws.session.region_name), self.credentials
        session = boto3.Session(keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"], region_name=region)
        s3 = Aws(session, self.aws.endpoint).s3
        with pytest.raises(ClientError, match=r"not authorized|AccessDenied"):
            s3.get_object(Bucket=bucket, Key="in/usage/product/a.csv")
        found = s3.list_object_versions(Bucket=bucket)
        for version in [*found.get("Versions", []), *found.get("DeleteMarkers", [])]:
            s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])

    def functions(self) -> list[str]:
        """The names of all functions in the account."""
        return sorted(each["FunctionName"] for each in self.aws.functions.list_functions()["Functions"])


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as it is after `sam build`."""
    project = tmp_path_factory.mktemp("project")
    build = project / ".aws-sam/build"
    shutil.copytree(sam_build(tmp_path_factory), build)
    deployable = without_metric_math(read_template(build / "template.yaml"))
    (build / "template.yaml").write_text(json.dumps(deployable))
    for name in ("template.yaml", "samconfig.toml"):
        shutil.copy(ROOT / name, project)
    return project


@pytest.fixture
def deployer(built: Path, tmp_path: Path) -> Iterator[Deployer]:
    """A user with the rights of the deployer's two policies."""
    project = tmp_path / "project"
    shutil.copytree(built, project)
    with serving(tmp_path / "stack", STACK_PYTHON) as aws:
        yield Deployer(project, aws, user(aws, "deployer-policy", "deployer-policy-data"))


@pytest.mark.slow
def test_from_nothing_to_two_stages_and_back_to_nothing(deployer: Deployer) -> None:
    # GIVEN an account in which SAM was never used
    assert deployer.stack(MANAGED) is None
    # WHEN the questions are answered
    printed = deployer.sam("deploy", "--guided", typed=answers(ANSWERS))
    # THEN the stage stands, in the shadow, and its parts differ from others by name
    assert "Successfully created/updated stack - customer-success-dev" in printed
    assert "ApiUrl" in printed and "DashboardUrl" in printed
    dev = deployer.stack(DEV)
    assert dev is not None and dev["StackStatus"] == "CREATE_COMPLETE"
    assert {tag["Key"]: tag["Value"] for tag in dev["Tags"]} == {"application": "customer-success", "stage": "dev"}
    assert deployer.parameters(DEV).items() >= (ANSWERS | {"Stage": "dev", "Shadow": "true"}).items()
    # AND the answers are saved, schedules with their spaces among them
    assert 'ScanSchedule="cron(0 7 * * ? *)"' in deployer.saved("default")

    # WHEN it is deployed again as it is
    printed = deployer.sam("deploy", "--no-confirm-changeset")
    # THEN it says so
    assert "No changes to deploy" in printed

    # WHEN one parameter is given on the command line
    deployer.sam("deploy", "--no-confirm-changeset", "--parameter-overrides", "Shadow=false")
    # THEN that one is another, and all others are as they were
    assert deployer.parameters(DEV).items() >= (ANSWERS | {"Shadow": "false", "LogRetentionDays": "7"}).items()

    # WHEN a second stage is made in the same account
    deployer.sam("deploy", "--guided", "--config-env", "prod", typed=answers(ANSWERS))
    # THEN both stand side by side, the second in the shadow too
    assert deployer.parameters(PROD).items() >= {"Stage": "prod", "Shadow": "true", "LogRetentionDays": "90"}.items()
    assert 'TenantId="acme"' in deployer.saved("prod") and 'Stage="prod"' in deployer.saved("prod")
    names = deployer.functions()
    assert len([name for name in names if name.startswith(DEV)]) == len(names) / 2
    # AND another team's stack is out of reach
    code, printed = deployer.tries("deploy", "--no-confirm-changeset", "--stack-name", "network")
    assert code != 0 and "not authorized to perform: cloudformation:" in printed

    # WHEN both are removed, after the one bucket with a file in it was emptied of every version
    inbox = f"{DEV}-inbox-000000000000"
    for _ in range(2):
        deployer.aws.s3.put_object(Bucket=inbox, Key="in/usage/product/a.csv", Body=b"account,date,active_users\n")
    deployer.empty(inbox)
    deployer.sam("delete", "--no-prompts")
    deployer.sam("delete", "--no-prompts", "--config-env", "prod")
    # THEN the tables are left, and SAM's bucket for all its applications, empty
    assert (deployer.stack(DEV), deployer.stack(PROD), deployer.functions()) == (None, None, [])
    tables = deployer.aws.dynamodb.list_tables()["TableNames"]
    assert [table.rpartition("-")[0] for table in sorted(tables)] == [f"{DEV}-Table", f"{PROD}-Table"]
    assert deployer.aws.logs.describe_log_groups()["logGroups"] == []
    (bucket,) = deployer.aws.s3.list_buckets()["Buckets"]
    assert deployer.aws.s3.list_objects_v2(Bucket=bucket["Name"])["KeyCount"] == 0

    # WHEN one of the tables is to go, too
    # THEN it is protected until a person confirms the deletion
    with pytest.raises(ClientError, match="protected against deletion"):
        deployer.aws.dynamodb.delete_table(TableName=tables[0])
    deployer.aws.dynamodb.update_table(TableName=tables[0], DeletionProtectionEnabled=False)
    deployer.aws.dynamodb.delete_table(TableName=tables[0])
    assert deployer.aws.dynamodb.list_tables()["TableNames"] == tables[1:]


@pytest.mark.slow
def test_a_wrong_answer_makes_nothing_and_is_reported_by_its_name(deployer: Deployer) -> None:
    # WHEN a person gives the link of a database instead of its id
    wrong = {"NotionAccounts": "https://www.notion.so/Accounts"}
    code, printed = deployer.tries("deploy", "--guided", typed=answers(ANSWERS | wrong))
    # THEN the last words name the parameter and what would be right
    assert code != 0
    last_words = printed.rpartition("Waiting for changeset")[2]
    assert "NotionAccounts" in last_words and "must be the 32 hexadecimal digits" in last_words
    assert deployer.functions() == []


@pytest.mark.slow
def test_the_template_is_valid_in_the_other_stage_too(deployer: Deployer) -> None:
    assert "is a valid SAM Template" in deployer.sam("validate", "--lint", "--config-env", "prod")


@pytest.mark.slow
def test_the_operator_may_use_every_tool_and_deploy_nothing(
    enter_anew: Enter, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    # GIVEN a deployment in shadow, and a user with the rights of docs/operator-policy.json
    parameters = {"Shadow": "true", "AlarmEmail": "ops@example.com", "BedrockModelId": "eu.anthropic.claude"}
    deployment = enter_anew(parameters)
    deployment.load([critical_page(1), page(2)])
    credentials = user(deployment.aws, "operator-policy")
    region = str(deployment.aws.session.region_name)
    here = {"AWS_ENDPOINT_URL": str(deployment.aws.endpoint), "AWS_DEFAULT_REGION": region}
    for name, value in (credentials | here).items():
        monkeypatch.setenv(name, value)
    # WHEN they ask for a scan, look at everything, read the report, bring back a dead letter, import older scores, and
    # take a file in
    assert operating.main(["rescan", "--stack", STACK, "--date", str(TODAY)]) == 0
    assert deployment.drain() == {}
    assert doctor.main(["--stack", STACK]) == 0, capsys.readouterr().out
    assert "the functions' runtime brings botocore" in " ".join(capsys.readouterr().out.split())
    assert shadow_report.main(["--stack", STACK]) == 0
    deployment.aws.sqs.send_message(QueueUrl=deployment.stack.queues["alert-chat-dlq"], MessageBody="{}")
    assert operating.main(["redrive", "--stack", STACK, "--queue", "alert-chat"]) == 0
    history = tmp_path / "history.csv"
    history.write_text(
        "Account ID,Date,NPS Score,Feature Adoption Rate,Login Frequency Days,Usage Trend,Last Interaction\n"
        "A-0002,2026-01-05,9,0.6,2,Growing,2026-01-02\n"
    )
    given = [str(history), "--table", deployment.stack.outputs["TableName"], "--tenant", TENANT]
    assert import_history.main(given) == 0, capsys.readouterr().err
    usage = tmp_path / "usage.csv"
    usage.write_text("account,date,active_users\nA-0002,2026-01-05,9\n")
    for name, value in {"FILE": str(usage), "KIND": "usage", "SOURCE": "product"}.items():
        monkeypatch.setenv(name, value)
    assert operating.main(["ingest", "--stack", STACK]) == 0, capsys.readouterr().err
    # AND the line is taken, although the account is known in shadow alone so far
    history_of = DynamoScoreHistory(Table(deployment.aws.dynamodb, deployment.stack.outputs["TableName"], TENANT))
    assert len(list(history_of.between("A-0002", date(2026, 1, 5), date(2026, 1, 5)))) == 1, capsys.readouterr().out
    # THEN secrets of vendors can be stored, and nothing else: no other secret, no function, no queue
    session = boto3.Session(credentials["AWS_ACCESS_KEY_ID"], credentials["AWS_SECRET_ACCESS_KEY"], region_name=region)
    me = Aws(session, deployment.aws.endpoint)
    me.secrets.create_secret(Name="csm/local/another", SecretString="{}")
    me.secrets.put_secret_value(SecretId="csm/local/another", SecretString="{}")
    me.secrets.delete_secret(SecretId="csm/local/another", RecoveryWindowInDays=7)
    for refused in (
        lambda: me.secrets.create_secret(Name="payroll", SecretString="{}"),
        lambda: me.functions.delete_function(FunctionName="customer-success-local-api"),
        lambda: me.functions.invoke(FunctionName="customer-success-local-health-scan"),
        lambda: me.sqs.delete_queue(QueueUrl=deployment.stack.queues["scan"]),
        lambda: me.cloudformation.delete_stack(StackName=STACK),
        lambda: me.s3.put_object(Bucket=deployment.stack.outputs["InboxBucketName"], Key="results/usage/a.json"),
        lambda: me.dynamodb.delete_table(TableName=deployment.stack.outputs["TableName"]),
    ):
        with pytest.raises(ClientError, match=r"not authorized|AccessDenied"):
            refused()


def user(aws: Aws, *policies: str) -> dict[str, str]:
    """The credentials of a new user with these policies of docs/."""
    iam = aws.session.client("iam", endpoint_url=aws.endpoint)
    iam.create_user(UserName="deployer")
    for policy in policies:
        document = json.dumps(json.loads((ROOT / f"docs/{policy}.json").read_text("utf-8")))
        made = iam.create_policy(PolicyName=f"customer-success-{policy}", PolicyDocument=document)
        iam.attach_user_policy(UserName="deployer", PolicyArn=made["Policy"]["Arn"])
    key = iam.create_access_key(UserName="deployer")["AccessKey"]
    return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}


def answers(given: Mapping[str, str]) -> str:
    """What is typed at `sam deploy --guided`: stack and region, each parameter, then what SAM asks of its own."""
    parameters = [given.get(name, "") for name in read_template(ROOT / "template.yaml")["Parameters"]]
    no_confirmation, others = "n", [""] * 5
    return "\n".join(["", "", *parameters, no_confirmation, *others, ""])
