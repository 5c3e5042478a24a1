"""Clients for the embedded stack, or for AWS itself where no endpoint is named."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

NO_STACK = "ValidationError"
"""The code with which `DescribeStacks` answers for a stack that is not there."""


@dataclass(frozen=True)
class Aws:
    """One client per service, made when first asked for.

    Attributes:
        session: whose credentials and region are used.
        endpoint: base URL of the embedded stack; None means AWS.
    """

    session: boto3.Session
    endpoint: str | None = None

    @classmethod
    def of_operator(cls) -> Aws:
        """By the credentials and the region of the shell, under either of AWS's two names for a region."""
        region = os.environ.get("AWS_DEFAULT_REGION") or os.environ.get("AWS_REGION")
        return cls(boto3.Session(region_name=region), os.environ.get("AWS_ENDPOINT_URL"))

    @cached_property
    def cloudformation(self) -> CloudFormationClient:
        return self.session.client("cloudformation", endpoint_url=self.endpoint, config=self._config)

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        return self.session.client("dynamodb", endpoint_url=self.endpoint, config=self._config)

    @cached_property
    def events(self) -> EventBridgeClient:
        return self.session.client("events", endpoint_url=self.endpoint, config=self._config)

    @cached_property
    def functions(self) -> LambdaClient:
        return self.session.client("lambda", endpoint_url=self.endpoint, config=self._config)

    @cached_property
    def logs(self) -> Any:
        return self.session.client("logs", endpoint_url=self.endpoint, config=self._config)

    @cached_property
    def s3(self) -> S3Client:
        return self.session.client("s3", endpoint_url=self.endpoint, config=self._config)

    @cached_property
    def secrets(self) -> SecretsManagerClient:
        return self.session.client("secretsmanager", endpoint_url=self.endpoint, config=self._config)

    @cached_property
    def sqs(self) -> SQSClient:
        return self.session.client("sqs", endpoint_url=self.endpoint, config=self._config)

    @cached_property
    def _config(self) -> Config | None:
        if self.endpoint is None:
            return None
        # Loopback is reached by no proxy, and no name server knows <bucket>.127.0.0.1.
        return Config(proxies={}, s3={"addressing_style": "path"})
