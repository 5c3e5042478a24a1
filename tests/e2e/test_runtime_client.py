"""Every function's package, run by Lambda's own runtime client, answers its sample event as in the local stack."""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.deployment import ROOT, STACK_PYTHON, LocalDeployment, local_deployment
from local.stack.template import read_template
from tests.builders.accounts import TODAY
from tests.builders.pages import at_risk_page, critical_page, page
from tests.builders.runtime_api import Package
from tests.builders.warm_stack import zips

TEMPLATE = read_template(ROOT / "template.yaml")
SAMPLES = {
    "alert_chat": ["churn_alert"],
    "alert_email": ["churn_alert"],
    "alert_event_bus": ["churn_alert"],
    "alert_notion": ["churn_alert"],
    "api": sorted(file.stem for file in (ROOT / "events").glob("api_*.json")),
    "check_expansion": ["expansion_check_requested"],
    "contract_check": ["schedule"],
    "generate_qbr": ["qbr_requested"],
    "health_scan": ["schedule"],
    "ingest": ["objects_created"],
    "notion_sync": ["pages_changed"],
    "plan_qbrs": ["schedule"],
    "sales_handoff": ["expansion_handoff"],
    "track_feature_adoption": ["adoption_requested"],
}
"""A function's sample events, in `events/`."""

FUNCTIONS = {
    Path(resource["Properties"]["CodeUri"]).name: name
    for name, resource in TEMPLATE["Resources"].items()
    if resource["Type"] == "AWS::Serverless::Function"
}
"""Logical id by the name of its folder."""

FROM_THE_RUNTIME = (
    "awslambdaric",
    "simplejson",
    "snapshot_restore_py.py",
    "boto3",
    "botocore",
    "s3transfer",
    "jmespath",
)
FROM_THE_RUNTIME += ("dateutil", "six.py", "urllib3")
VARYING = {"trace_id", "id", "task_id", "Location", "location", "x-request-id", "request_id", "correlation_id"}


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDeployment]:
    """A deployment of the samples' tenant, with their book, after a morning."""
    with local_deployment(tmp_path_factory.mktemp("runtime"), {"TenantId": "acme"}) as deployment:
        deployment.load([critical_page(1), at_risk_page(2), page(3)])
        deployment.tick(TODAY)
        deployment.drain()
        yield deployment


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the Lambda runtime brings, and nothing else."""
    folder = tmp_path_factory.mktemp("lambda-runtime")
    (packages,) = (ROOT / ".stack/lib").glob("python3*/site-packages")
    for name in FROM_THE_RUNTIME:
        assert (packages / name).exists(), f"{name} is not installed into .stack: run `make install`"
        (folder / name).symlink_to(packages / name)
    for library in packages.glob("runtime_client*.so"):
        (folder / library.name).symlink_to(library)
    return folder


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_package_answers_as_in_the_local_stack(
    name: str, deployment: LocalDeployment, runtime: Path, tmp_path: Path
) -> None:
    # GIVEN a function's package as it is deployed, in folders that cannot be written to, and its sample events
    assert SAMPLES.get(name), (
        f"{name} has no sample: add one to events/ and name it in SAMPLES of {Path(__file__).name}"
    )
    package = deployed(name, deployment, tmp_path)
    events = [sample(event) for event in SAMPLES[name]]
    before = contents(tmp_path)
    # WHEN the local stack is asked, and then Lambda's own runtime client
    local = [asked_of_the_stack(name, deployment, event) for event in events]
    answers, log = package.answers(STACK_PYTHON, runtime, events)
    # THEN both answer alike, neither with an error, and nothing was written into the package
    assert [comparable(answer) for answer in answers] == [comparable(answer) for answer in local], log
    for answer in answers:
        # A request whose dates have passed since the sample was written is refused by both.
        assert answer == {"batchItemFailures": []} or answer["statusCode"] < 500, (answer, log)
    assert contents(tmp_path) == before


def test_a_function_that_cannot_be_imported_is_found(runtime: Path, tmp_path: Path) -> None:
    # GIVEN a package without its layers
    task = tmp_path / "task"
    shutil.copytree(ROOT / "functions/api", task)
    # THEN the test above could have failed
    (answer,), _ = Package(task, tmp_path / "none", {}).answers(STACK_PYTHON, runtime, [{}])
    assert "No module named" in answer["errorMessage"]


def deployed(name: str, deployment: LocalDeployment, folder: Path) -> Package:
    """A function's own code and layers, unzipped side by side as on Lambda, with the environment of its deployment."""
    built = zips()
    own = TEMPLATE["Resources"][FUNCTIONS[name]]["Properties"]
    layers = [*TEMPLATE["Globals"]["Function"]["Layers"], *own.get("Layers", [])]
    unzip(built[FUNCTIONS[name]], folder / "task")
    for layer in layers:
        unzip(built[layer["Ref"]], folder / "opt")
    for path in [folder / "task", folder / "opt", *(folder / "task").rglob("*"), *(folder / "opt").rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    found = deployment.aws.functions.get_function_configuration(FunctionName=deployed_name(name))
    credentials = deployment.aws.session.get_credentials()
    assert credentials is not None
    access = {"AWS_ACCESS_KEY_ID": credentials.access_key, "AWS_SECRET_ACCESS_KEY": credentials.secret_key}
    region = {"AWS_DEFAULT_REGION": "eu-central-1", "AWS_REGION": "eu-central-1"}
    endpoint = {"AWS_ENDPOINT_URL": str(deployment.aws.endpoint)}
    return Package(folder / "task", folder / "opt", found["Environment"]["Variables"] | access | region | endpoint)


def deployed_name(name: str) -> str:
    return f"customer-success-local-{name.replace('_', '-')}"


def unzip(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder)


def contents(folder: Path) -> dict[str, int]:
    """Every file with the time of its last change; root may write into what is read-only."""
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*")}


def sample(name: str) -> Any:
    """What Lambda hands to the function: a request as it is, anything else as a queue's only message."""
    text = (ROOT / f"events/{name}.json").read_text("utf-8")
    if name.startswith("api_"):
        return json.loads(text)
    record = {
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": text,
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1772434800000"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:123456789012:sample",
        "awsRegion": "eu-central-1",
    }
    return {"Records": [record]}


def asked_of_the_stack(name: str, deployment: LocalDeployment, event: Any) -> Any:
    answer = deployment.aws.functions.invoke(FunctionName=deployed_name(name), Payload=json.dumps(event).encode())
    return json.loads(answer["Payload"].read())


def comparable(answer: Any) -> Any:
    """An answer without what names the one request that it is for."""
    if isinstance(answer, dict) and isinstance(answer.get("body"), str):
        return comparable({**answer, "body": json.loads(answer["body"] or "null")})
    if isinstance(answer, dict):
        return {name: comparable(value) for name, value in answer.items() if name not in VARYING}
    if isinstance(answer, list):
        return [comparable(each) for each in answer]
    return answer


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="Lambda's runtime client is built for Linux alone"),
]
