"""All checks, in groups. One that fails ends only itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from customer_success.aws.errors import code_of
from customer_success.errors import Misconfigured, Refused, Unavailable
from local.doctor.chat import check_google_chat, check_slack
from local.doctor.check_result import CheckResult, bad
from local.doctor.colleagues import check_colleagues
from local.doctor.dead_letters import check_dead_letters
from local.doctor.gmail import check_gmail
from local.doctor.model import check_model
from local.doctor.notion import check_notion
from local.doctor.secrets import check_secrets
from local.doctor.stack import check_alarm_mail, check_alarms, check_queues, check_shadow, check_triggers, check_waiting
from local.doctor.table import check_contracts, check_expansion, check_scan, check_shadow_length, check_table
from local.doctor.target import Target

Check = Callable[[Target], Iterator[CheckResult]]


@dataclass(frozen=True, slots=True)
class CheckGroup:
    """The checks under one heading."""

    area: str
    checks: tuple[Check, ...]

    def results(self, target: Target) -> Iterator[CheckResult]:
        for check in self.checks:
            yield from results_of(check, target)


CHECK_GROUPS = (
    CheckGroup(
        "Runs", (check_shadow, check_shadow_length, check_triggers, check_queues, check_waiting, check_colleagues)
    ),
    CheckGroup("Alarms", (check_alarms, check_alarm_mail)),
    CheckGroup("Secrets", (check_secrets,)),
    CheckGroup("Notion", (check_notion,)),
    CheckGroup("Slack", (check_slack,)),
    CheckGroup("Google Chat", (check_google_chat,)),
    CheckGroup("Gmail", (check_gmail,)),
    CheckGroup("Model", (check_model,)),
    CheckGroup("Table", (check_table, check_scan, check_contracts, check_expansion)),
    CheckGroup("Dead letters", (check_dead_letters,)),
)


def results_of(check: Check, target: Target) -> Iterator[CheckResult]:
    """The results of a check, and as the last one what stopped it."""
    try:
        yield from check(target)
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
