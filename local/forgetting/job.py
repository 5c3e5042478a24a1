"""Forgets an account of a deployment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from customer_success.accounts.row import AccountRow
from customer_success.aws.dynamodb.accounts import DynamoAccountRows
from customer_success.aws.dynamodb.directories import DynamoDirectories
from customer_success.aws.dynamodb.items import Item, Key, key_of, text
from customer_success.aws.dynamodb.table import Table
from customer_success.settings import shadow_of
from customer_success.signals.directory import Directory, ExternalId, Known
from local.forgetting.files import naming
from local.forgetting.items import Found, Subject, own
from local.stack.aws import Aws
from local.stack.deploy import Deployment

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

MOST_LINKS = 50
STAYS = (
    "Notion: the account's page, its reviews, health records and offers. Delete the account's page first: the next "
    "scan reads every account that stands there.",
    "Gmail: drafts about it in the mailboxes of its owner and its seller. Search there for the account's name.",
    "Slack or Google Chat: messages about it. Search there for the account's name.",
    "Digests of past days and runs name it for up to 90 days, the last portfolio until the next scan.",
    "CloudWatch logs name its id until they expire; a backup of the table has it for up to 35 days.",
)
"""What lies where no command of ours may delete."""


class UnknownAccountError(Exception):
    """Nothing of the account is stored, and it was never forgotten."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was removed, by what it was; `links` lead to what stays at vendors."""

    account_id: str
    removed: dict[str, int]
    links: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        if not self.removed:
            return [f"nothing is left of account {self.account_id!r}: it was forgotten before"]
        counted = ", ".join(f"{what} {count}" for what, count in sorted(self.removed.items()))
        stays = [f"  {line}" for line in STAYS]
        links = [f"    {link}" for link in self.links[:MOST_LINKS]]
        return [
            f"account {self.account_id!r} is forgotten. Removed: {counted}",
            "What stays, and is yours to delete:",
            stays[0],
            *links,
            *stays[1:],
        ]


@dataclass(frozen=True, slots=True)
class Forget:
    """The job. `bucket` is the inbox, None where the deployment has none."""

    dynamodb: DynamoDBClient
    s3: S3Client
    table_name: str
    tenant_id: str
    bucket: str | None
    now: datetime

    def __call__(self, account_id: str) -> Forgotten:
        """Remove what is stored of the account. Safe to repeat, also after it was broken off: the row goes last.

        Raises `UnknownAccountError`.
        """
        spaces = [self.tenant_id, shadow_of(self.tenant_id)]
        tables = [Table(self.dynamodb, self.table_name, space) for space in spaces]
        directories = DynamoDirectories(tables[0])
        directory = directories.read()
        row = next((row for table in tables if (row := DynamoAccountRows(table).get(account_id))), None)
        subject = _subject(account_id, row, directory)
        found = own(self._items(), spaces, subject)
        files = list(naming(self.s3, self.bucket, subject.names_for)) if self.bucket else []
        known = directory is not None and account_id in directory.accounts
        if not found and not files and not known and not self._was_forgotten(tables[0], account_id):
            raise UnknownAccountError(f"ACCOUNT={account_id}: nothing is stored of an account with this id")
        self._note(tables[0], account_id)
        for key, version in files:
            self.s3.delete_object(Bucket=str(self.bucket), Key=key, VersionId=version)
        removed = {what: len(items) for what, items in found.items.items()}
        if files:
            removed["file of the inbox"] = len(files)
        self._delete(found)
        if directory is not None and known:
            directories.write(_without(directory, account_id))
            removed["entry of the directory"] = 1
        links = sorted({*found.links, *([row.account.page_url] if row else [])} - {""})
        return Forgotten(account_id, removed, tuple(links))

    def _items(self) -> Iterator[Item]:
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=self.table_name, ConsistentRead=True)
        for page in pages:
            yield from page["Items"]

    def _delete(self, found: Found) -> None:
        """Delete the items, the row last: it says by which ids and pages the others are found."""
        by_row = sorted(found.items.items(), key=lambda entry: entry[0] == "account row")
        for _, items in by_row:
            for item in items:
                self.dynamodb.delete_item(TableName=self.table_name, Key=key_of(item).attributes)

    def _note(self, table: Table, account_id: str) -> None:
        """Note that it was asked for, by a hash: a repeat has something to go by, and the id is not stored."""
        table.put({**_note_key(table, account_id).attributes, "at": text(self.now.isoformat())})

    def _was_forgotten(self, table: Table, account_id: str) -> bool:
        return table.get(_note_key(table, account_id)) is not None


def forget(aws: Aws, deployed: Deployment, account_id: str, now: datetime) -> Forgotten:
    """Forget an account of a deployment. Raises `UnknownAccountError`, and `Refused` for what can be no id."""
    outputs, parameters = deployed.outputs, deployed.parameters
    job = Forget(
        aws.dynamodb, aws.s3, outputs["TableName"], parameters["TenantId"], outputs.get("InboxBucketName"), now
    )
    return job(account_id)


def _note_key(table: Table, account_id: str) -> Key:
    hashed = sha256(f"{table.partition('FORGOTTEN', '')}{account_id}".encode()).hexdigest()
    return table.key("FORGOTTEN", "ALL", hashed)


def _subject(account_id: str, row: AccountRow | None, directory: Directory | None) -> Subject:
    typed, _ = ExternalId.parse_all(row.account.external_ids) if row else ((), ())
    known = [external for external, id_ in directory.by_external.items() if id_ == account_id] if directory else []
    external = frozenset((*typed, *known))
    if row is None:
        return Subject(account_id, external=external)
    return Subject(account_id, row.account.page_id, row.account.page_url, external)


def _without(directory: Directory, account_id: str) -> list[Known]:
    """The ids of the book without one account."""
    external: dict[str, list[ExternalId]] = {id_: [] for id_ in sorted(directory.accounts) if id_ != account_id}
    for found, id_ in directory.by_external.items():
        if id_ != account_id:
            external[id_].append(found)
    for found, ids in directory.ambiguous.items():
        for id_ in ids:
            if id_ != account_id:
                external[id_].append(found)
    return [Known(id_, tuple(ids)) for id_, ids in external.items()]
