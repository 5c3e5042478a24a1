"""The secrets: there, readable, and of the right shape. Nothing that they hold is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from botocore.exceptions import ClientError

from connectors.access import Content, Unfit, token_in
from connectors.google_auth import credentials_for
from customer_success.aws.errors import code_of
from customer_success.errors import Misconfigured, Unavailable
from local.doctor.check_result import CheckResult, bad, off, ok
from local.doctor.target import Target


@dataclass(frozen=True, slots=True)
class Shape:
    """What a secret is to hold: `require` raises `Unfit`, `written` says how it is written down."""

    holds: str
    require: Callable[[Content], object]
    written: str


_TOKEN = Shape("a token", token_in, '{"token": "…"}')
_GOOGLE = Shape("Google credentials", lambda content: credentials_for(content, []), "the service account's JSON key")
SHAPES: Mapping[str, Shape] = {
    "NotionSecret": _TOKEN,
    "SlackSecret": _TOKEN,
    "GmailSecret": _GOOGLE,
    "GoogleChatSecret": _GOOGLE,
}


def check_secrets(target: Target) -> Iterator[CheckResult]:
    """One line for each secret that a parameter may name."""
    for parameter in SHAPES:
        name = target.setting(parameter)
        if not name:
            yield off(f"{parameter} is empty: {parameter.removesuffix('Secret')} is left out")
        else:
            yield secret_fault(target, parameter) or ok(f"{parameter}: {name} holds {SHAPES[parameter].holds}")


def secret_fault(target: Target, parameter: str) -> CheckResult | None:
    """What is wrong with the secret that a parameter names, None if nothing is."""
    shape, secret = SHAPES[parameter], target.secret(parameter)
    put = f"aws secretsmanager put-secret-value --secret-id {secret.name} --secret-string file://secret.json"
    right = f"put it right, from a file with {shape.written} that you then delete:"
    try:
        target.aws.secrets.describe_secret(SecretId=secret.name)
    except ClientError as error:
        if code_of(error) == "ResourceNotFoundException":
            return bad(
                f"{parameter}: there is no secret {secret.name} in this region",
                f"make it, from a file with {shape.written} that you then delete:",
                f"aws secretsmanager create-secret --name {secret.name} --secret-string file://secret.json",
            )
        return _not_let(parameter, secret.name, f"{code_of(error)} ({error.operation_name})")
    try:
        shape.require(secret.read())
    except Unfit as unfit:
        return bad(f"{parameter}: {secret.name} {unfit}", right, put)
    except Misconfigured as fault:
        return bad(f"{parameter}: {_short(fault)}", f"allow yourself to read it, or {right}", put)
    except Unavailable as fault:
        return bad(f"{parameter}: {_short(fault)}", "try again later")
    return None


def _not_let(parameter: str, name: str, why: str) -> CheckResult:
    return bad(
        f"{parameter}: {name} cannot be looked at: {why}",
        "allow your own AWS credentials secretsmanager:DescribeSecret and GetSecretValue on it",
    )


def _short(fault: Exception) -> str:
    """Without the advice that is for a function's role."""
    return str(fault).partition("; check that it exists")[0]
