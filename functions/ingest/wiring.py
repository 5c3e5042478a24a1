"""Composes what takes files in."""

from __future__ import annotations

from functools import cached_property

import boto3

from customer_success.aws.function import QueueFunction
from customer_success.aws.inbox import S3Files
from customer_success.aws.retries import CLIENT_CONFIG
from customer_success.settings import Settings, Text
from customer_success.signals.entries import Mark
from customer_success.signals.inbox import TakeFile
from customer_success.signals.ingest import Ingest
from customer_success.signals.spool import DiskSpool


class IngestSettings(Settings):
    """The inbox."""

    inbox_bucket: Text


class TakeFiles(QueueFunction[IngestSettings]):
    """Takes files in."""

    settings_model = IngestSettings

    @cached_property
    def take_file(self) -> TakeFile:
        settings = self.settings
        ingest = Ingest(
            self.store.observations, self.store.feeds, self.store.directories, DiskSpool, Mark(settings.tenant_id)
        )
        return TakeFile(S3Files(boto3.client("s3", config=CLIENT_CONFIG), settings.inbox_bucket), ingest)
