"""AWS in memory: each test gets its own, empty."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from cryptography.hazmat.primitives import serialization
from moto import mock_aws

from customer_success.aws.dynamodb.table import Table
from tests.builders.aws import REGION, TABLE, TENANT, Client, Clock, create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture(scope="session", autouse=True)
def _read_once() -> Iterator[None]:
    """Certificates and keys are read once: each vendor's client reads them anew, which takes longer than most tests.

    The sandbox is reached without TLS, so that no certificate is ever looked at.
    """
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ssl.SSLContext, "load_verify_locations", lambda *_, **__: None)
        patched.setattr(serialization, "load_pem_private_key", cache(serialization.load_pem_private_key))
        yield


@pytest.fixture(scope="session")
def session() -> boto3.Session:
    """One session for all tests: it reads what it knows of the services once. Its credentials are good nowhere."""
    return boto3.Session("testing", "testing", region_name=REGION)


@pytest.fixture
def aws(session: boto3.Session) -> Iterator[boto3.Session]:
    """AWS with nothing in it."""
    with mock_aws():
        yield session


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def _dynamodb(session: boto3.Session) -> Any:
    """The one client of all tests, which takes longer to make than most of them to run."""
    return session.client("dynamodb")


@pytest.fixture
def dynamodb(aws: boto3.Session, _dynamodb: Any) -> Client:  # noqa: ARG001, the client meets AWS in memory
    """DynamoDB with the table in it."""
    create_table(_dynamodb)
    return Client(_dynamodb)


@pytest.fixture
def table(dynamodb: Client, clock: Clock) -> Table:
    return Table(cast("DynamoDBClient", dynamodb), TABLE, TENANT, sleep=clock.sleep)
