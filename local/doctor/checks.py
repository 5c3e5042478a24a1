"""All looks, one after the other. One that fails ends none but itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from customer_success.aws.errors import code_of
from customer_success.errors import Misconfigured, Refused, Unavailable
from local.doctor.chat import check_google_chat, check_slack
from local.doctor.check_result import Finding, bad
from local.doctor.colleagues import check_colleagues
from local.doctor.dead_letters import check_dead_letters
from local.doctor.gmail import check_gmail
from local.doctor.model import check_model
from local.doctor.notion import check_notion
from local.doctor.secrets import check_secrets
from local.doctor.stack import check_alarm_mail, check_alarms, check_queues, check_shadow, check_triggers, check_waiting
from local.doctor.table import check_contracts, check_expansion, check_scan, check_shadow_length, check_table
from local.doctor.target import Patient

Look = Callable[[Patient], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Check:
    """What is looked at under one head; each of its looks by itself."""

    area: str
    looks: tuple[Look, ...]

    def findings(self, patient: Patient) -> Iterator[Finding]:
        for look in self.looks:
            yield from guarded(look, patient)


CHECKS = (
    Check("Runs", (check_shadow, check_shadow_length, check_triggers, check_queues, check_waiting, check_colleagues)),
    Check("Alarms", (check_alarms, check_alarm_mail)),
    Check("Secrets", (check_secrets,)),
    Check("Notion", (check_notion,)),
    Check("Slack", (check_slack,)),
    Check("Google Chat", (check_google_chat,)),
    Check("Gmail", (check_gmail,)),
    Check("Model", (check_model,)),
    Check("Table", (check_table, check_scan, check_contracts, check_expansion)),
    Check("Dead letters", (check_dead_letters,)),
)


def guarded(look: Look, patient: Patient) -> Iterator[Finding]:
    """What a look finds, and as the last finding what kept it from going on."""
    try:
        yield from look(patient)
    except ClientError as error:
        text = error.response.get("Error", {}).get("Message", "no reason given")
        yield bad(
            f"AWS refused {error.operation_name}: {code_of(error)}: {text}",
            "allow it to the AWS credentials that you use here; docs/deploying.md has the policy",
        )
    except BotoCoreError as error:
        yield bad(f"AWS was not reached: {error}", "look at the network, the region and the credentials")
    except (Misconfigured, Refused) as fault:
        yield bad(str(fault), "deploy again:", "sam build && sam deploy")
    except Unavailable as fault:
        yield bad(str(fault), "try again later")
