"""`make doctor` on the embedded stack: a deployment that is right, and one on which much went wrong at once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.cost.deployed import Deployed
from local.demo.state import DemoState
from local.deployment import ROOT, SECRETS, STACK, LocalDeployment
from local.doctor.__main__ import main
from local.stack.secret_store import put_secret
from local.stack.template import read_template
from tests.builders.accounts import TODAY
from tests.builders.books import book_file
from tests.builders.demo import play, played
from tests.builders.pages import at_risk_page, critical_page, page
from tests.builders.sandbox import calls
from tests.e2e.conftest import Enter, Operate


@pytest.fixture
def examined(operate: Operate, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    """The exit code of the command as `make` starts it, and its output."""

    def run_checks(deployment: LocalDeployment, stack: str = STACK) -> tuple[int, str]:
        operate(deployment)
        code = main(["--stack", stack])
        out, err = capsys.readouterr()
        return code, " ".join((out + err).split())

    return run_checks


def vendor_writes(deployment: LocalDeployment) -> list[str]:
    """Calls by which a vendor's state could have changed."""
    reads = ("/query", "auth.test", "conversations.list", "conversations.info", "users.lookupByEmail")
    return [
        call
        for vendor in ("notion", "gmail", "chat", "slack")
        for call in calls(deployment, vendor)
        if not call.startswith("GET ") and not call.endswith(reads)
    ]


@pytest.mark.slow
def test_a_deployment_is_right_and_then_much_goes_wrong_at_once(enter_anew: Enter, examined) -> None:  # type: ignore[no-untyped-def]
    # GIVEN a deployment in shadow, with a scan behind it
    deployment = enter_anew(
        {"Shadow": "true", "AlarmEmail": "ops@example.com", "BedrockModelId": "eu.anthropic.claude"}
    )
    deployment.load([critical_page(1), at_risk_page(2), page(3)])
    deployment.tick(TODAY)
    assert deployment.drain() == {}
    # WHEN it is looked at
    code, output = examined(deployment)
    # THEN nothing is wrong, and nothing was written
    assert code == 0, output
    assert "0 ✗ wrong" in output
    assert f"the last finished scan in shadow is of {TODAY}" in output
    assert "3 read, 3 scored, 0 rejected, 0 skipped" in output
    taken = Deployed(read_template(ROOT / "template.yaml")).queues_polled
    assert f"queues whose messages are taken: {taken}" in output
    # AND the day that was scanned is reported to be one of long ago, with what to do
    assert "0 ✗ wrong, 1 ! to be done" in output, output
    assert "what people see is" in output and f"make demo STACK={STACK} DATE={datetime.now(UTC).date()}" in output
    assert f"Next: make shadow-report STACK={STACK}" in output
    assert vendor_writes(deployment) == []
    # AND the functions themselves reported what their runtime knows
    assert "eu.anthropic.claude answers in the schemas of reviews and offers" in output
    assert "✓ the functions' runtime brings botocore 1." in output
    assert "which knows outputConfig" in output

    # WHEN a queue is switched off, a secret is lost, a token is revoked, and a message is given up
    mappings = deployment.aws.functions.list_event_source_mappings()["EventSourceMappings"]
    email = next(each["UUID"] for each in mappings if each["EventSourceArn"].endswith("alert-email"))
    deployment.aws.functions.update_event_source_mapping(UUID=email, Enabled=False)
    deployment.aws.secrets.delete_secret(SecretId=SECRETS["google"], ForceDeleteWithoutRecovery=True)
    put_secret(deployment.aws, SECRETS["slack"], {"token": "xoxb-revoked-0123456789"})
    deployment.aws.sqs.send_message(QueueUrl=deployment.stack.queues["alert-chat-dlq"], MessageBody="{}")
    code, output = examined(deployment)
    # THEN each is reported with what to do, and what hangs on it as not tried
    assert code == 1
    assert f"update-event-source-mapping --enabled --uuid {email}" in output
    assert f"GmailSecret: there is no secret {SECRETS['google']}" in output
    assert "? mailboxes: they hang on GmailSecret" in output
    assert "SlackSecret: Slack refused the bot itself: invalid_auth" in output
    assert f"make redrive STACK={STACK} QUEUE=alert-chat" in output
    assert f"Next: put right what is marked ✗, from the top, then make doctor STACK={STACK}" in output
    assert "xoxb-revoked" not in output
    # AND what is right is reported all the same
    assert "✓ NotionAccounts: 'Accounts' is reachable" in output

    # WHEN a stack is named that is not there
    code, output = examined(deployment, "customer-success-nowhere")
    # THEN that is reported, with what to look at
    assert code == 1
    assert "✗ there is no stack customer-success-nowhere in eu-central-1 → is it another region" in output


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Path]:
    """A book of one account; what the demo keeps of it is forgotten in the end."""
    path = book_file(
        tmp_path,
        "id,name,arr,owner,contract_end_date,feature adoption,usage,login frequency days,days since last contact",
        "A-1,Fine,1000,ada@example.com,2027-01-31,0.9,Growing,3,5",
    )
    yield path
    shutil.rmtree(DemoState.of(path).folder, ignore_errors=True)


def examined_demo(book: Path) -> tuple[int, str]:
    code, output = played(main, ACCOUNTS=str(book), STACK="")
    return code, " ".join(output.split())


@pytest.mark.usefixtures("warm_demos")
def test_what_the_demo_left_is_looked_at_without_a_stack(book: Path) -> None:
    # GIVEN a book that was not played yet
    code, output = examined_demo(book)
    assert code == 1
    assert "was not played yet: `make demo` plays it, or name a deployment with STACK=…" in output
    # WHEN it has been played
    code, output = play(book, DATE=str(TODAY))
    assert code == 0, output
    code, output = examined_demo(book)
    # THEN nothing is wrong, and the day is reported to be one of long ago
    today = datetime.now(UTC).date()
    assert code == 0, output
    assert "accounts in the table: 1" in output
    assert "Nothing is to be done." not in output
    assert f"what people see is {(today - TODAY).days} days old" in output
    assert f"make demo ACCOUNTS={book} DATE={today}" in output
    # WHEN the present day is played
    code, output = play(book, DATE=str(today))
    assert code == 0, output
    code, output = examined_demo(book)
    # THEN all is right
    assert code == 0, output
    assert "Nothing is to be done." in output, output
