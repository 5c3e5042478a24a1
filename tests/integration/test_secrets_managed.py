"""Secrets as Secrets Manager holds them: read seldom, reloaded when they change, named when they cannot be read."""

from __future__ import annotations

import json
import traceback
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.parameters import SecretsProvider
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from customer_success.aws.secrets import RENEWAL_PAUSE, SECRET_MAX_AGE, ManagedSecret
from customer_success.errors import Misconfigured, Unavailable, Unclear

NAME = "csm/notion"
PLANTED = "ntn_planted_0123456789"


class Counted:
    """A client of Secrets Manager that counts its calls, and fails once on request."""

    def __init__(self, real: Any) -> None:
        self.real = real
        self.asked = 0
        self.fault: Exception | None = None

    def get_secret_value(self, **which: Any) -> Any:
        self.asked += 1
        if self.fault is not None:
            raise self.fault
        return self.real.get_secret_value(**which)


class Seconds:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def store(aws: boto3.Session) -> Counted:
    return Counted(aws.client("secretsmanager"))


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def secret(store: Counted, seconds: Seconds) -> ManagedSecret:
    return ManagedSecret(SecretsProvider(boto3_client=store), NAME, clock=seconds)  # type: ignore[arg-type]


def hold(store: Counted, token: str) -> None:
    """Store the token, new or in place of another."""
    text = json.dumps({"token": token})
    try:
        store.real.create_secret(Name=NAME, SecretString=text)
    except store.real.exceptions.ResourceExistsException:
        store.real.put_secret_value(SecretId=NAME, SecretString=text)


def test_a_secret_is_asked_for_once_for_many_calls(store: Counted, secret: ManagedSecret) -> None:
    # GIVEN a secret  WHEN it is read for many calls  THEN Secrets Manager is asked once, for five minutes
    hold(store, "a")
    assert [secret.read() for _ in range(5)] == [{"token": "a"}] * 5
    assert store.asked == 1
    assert SECRET_MAX_AGE == 300


def test_a_rotated_secret_is_read_when_it_is_renewed_and_cached_from_then_on(
    store: Counted, secret: ManagedSecret
) -> None:
    # GIVEN a secret that was read, and rotated since  WHEN it is read  THEN it is as it was
    hold(store, "a")
    secret.read()
    hold(store, "b")
    assert secret.read() == {"token": "a"}

    # WHEN it is renewed  THEN it is as it is now, also for the next reader
    assert secret.renew() == {"token": "b"}
    assert secret.read() == {"token": "b"}
    assert store.asked == 2


def test_a_token_that_stays_refused_does_not_ask_each_time(
    store: Counted, secret: ManagedSecret, seconds: Seconds
) -> None:
    # GIVEN a token that the vendor refuses again and again  WHEN it is renewed each time  THEN it is asked for once
    hold(store, "a")
    for _ in range(20):
        assert secret.renew() == {"token": "a"}
    assert store.asked == 1

    # WHEN some seconds have passed and it was rotated  THEN the next renewal finds that
    hold(store, "b")
    assert secret.renew() == {"token": "a"}
    seconds.now += RENEWAL_PAUSE
    assert secret.renew() == {"token": "b"}
    assert store.asked == 2


def test_a_renewal_that_fails_is_not_repeated_at_once_either(store: Counted, secret: ManagedSecret) -> None:
    # GIVEN a secret that was read  WHEN its renewal fails  THEN what is known goes on being used for some seconds
    hold(store, "a")
    secret.read()
    store.fault = refusal("InternalServiceError", 500)
    with pytest.raises(Unavailable):
        secret.renew()
    assert secret.renew() == {"token": "a"}
    assert store.asked == 2


def refusal(code: str, status: int = 400) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "GetSecretValue")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (refusal("ResourceNotFoundException"), Misconfigured),
        (refusal("AccessDeniedException"), Misconfigured),
        (refusal("DecryptionFailure"), Misconfigured),
        (refusal("ThrottlingException"), Unavailable),
        (refusal("InternalServiceError", 500), Unavailable),
        (EndpointConnectionError(endpoint_url="https://x"), Unavailable),
        (ReadTimeoutError(endpoint_url="https://x"), Unavailable),
    ],
)
def test_a_secret_that_cannot_be_read_is_reported_by_its_name(
    store: Counted, secret: ManagedSecret, fault: Exception, error: type[Exception]
) -> None:
    # GIVEN a Secrets Manager that refuses or is away  WHEN the secret is read  THEN it is named, with the kind of fault
    store.fault = fault
    with pytest.raises(error, match="secret 'csm/notion'") as raised:
        secret.read()

    # AND it is never unclear whether a call was carried out
    assert not isinstance(raised.value, Unclear)


def test_a_secret_that_does_not_exist_says_what_to_check(secret: ManagedSecret) -> None:
    # GIVEN no such secret  WHEN it is read  THEN that is reported
    with pytest.raises(Misconfigured, match=r"'csm/notion': ResourceNotFoundException.*check that it exists"):
        secret.read()


@pytest.mark.parametrize(
    "value",
    [
        {"SecretString": PLANTED},
        {"SecretString": f'["{PLANTED}"]'},
        {"SecretString": f'"{PLANTED}"'},
        {"SecretString": f'{{"token": "{PLANTED}"'},
        {"SecretString": "null"},
        {"SecretBinary": PLANTED.encode() + b"\xff"},
        {"SecretBinary": f'{{"token": "{PLANTED}"'.encode()},
    ],
)
def test_what_is_no_json_object_is_reported_and_never_shown(
    store: Counted, secret: ManagedSecret, value: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    # GIVEN something else in the secret  WHEN it is read  THEN the error says what is wrong, and quotes nothing of it
    store.real.create_secret(Name=NAME, **value)
    caplog.set_level("DEBUG", "customer_success")
    with pytest.raises(Misconfigured, match="secret 'csm/notion' does not hold a JSON object") as raised:
        secret.read()
    assert PLANTED[:8] not in "".join(traceback.format_exception(raised.value))
    assert PLANTED[:8] not in repr(raised.value) + caplog.text


def test_the_object_shows_the_name_alone(store: Counted, secret: ManagedSecret) -> None:
    # GIVEN a secret that was read  WHEN the object is shown  THEN nothing of its content is
    hold(store, PLANTED)
    secret.read()
    assert PLANTED not in f"{secret!r} {vars(secret)!r}"


def test_the_real_client_takes_the_same_way() -> None:
    # GIVEN the SDK's own client, and a closed address  WHEN a secret is read  THEN that is a passing fault
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=1)
    client = boto3.client(
        "secretsmanager",
        region_name="eu-central-1",
        endpoint_url="http://127.0.0.1:9",
        config=config,
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )
    secret = ManagedSecret(SecretsProvider(boto3_client=client), NAME)
    with pytest.raises(Unavailable, match="secret 'csm/notion': Could not connect"):
        secret.read()
