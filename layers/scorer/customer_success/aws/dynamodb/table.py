"""The one DynamoDB table: whole batches, nothing left unprocessed, refusals that say what stood there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from botocore.exceptions import ClientError

from customer_success.aws.dynamodb.items import Item, Key, Update, conditional, is_whole, key_of, text
from customer_success.aws.errors import code_of, translated
from customer_success.aws.retries import attempts
from customer_success.batches import batches
from customer_success.errors import NotTaken, Refused, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import WriteRequestUnionTypeDef

KEYS_PER_GET = 100
ITEMS_PER_WRITE = 25
UPDATES_PER_TRANSACTION = 100
LONGEST_PK = 2048
LONGEST_SK = 1024
CLASHES = frozenset(
    {"TransactionConflict", "TransactionInProgress", "ThrottlingError", "ProvisionedThroughputExceeded"}
)
"""Reasons for which a write may succeed a moment later, and which the client does not repeat by itself."""

INVALID = frozenset({"Validation", "ValidationError"})
"""Reasons that mean the item itself: by itself, and within a transaction."""

T = TypeVar("T")


class ConditionNotMetError(Exception):
    """A write was refused by its condition; `item` is what stands in the table, None if nothing does."""

    def __init__(self, item: Item | None) -> None:
        super().__init__("the condition of a write does not hold")
        self.item = item


class Table:
    """The table of one tenant. All reads are consistent. Raises `Unavailable` and `Misconfigured`."""

    def __init__(
        self,
        client: DynamoDBClient,
        name: str,
        tenant_id: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._name = name
        self._tenant_id = tenant_id
        self._where = f"table {name!r}"
        self._sleep = sleep

    def partition(self, kind: str, name: str) -> str:
        """The partition of this kind and name within the tenant."""
        return f"{self._tenant_id}#{kind}#{name}"

    def key(self, kind: str, name: str, sk: str) -> Key:
        """The key of an item in a partition. Raises `Refused` if it is empty, too long for the table, or no text."""
        key = Key(self.partition(kind, name), sk)
        pk_bytes, sk_bytes = (len(part.encode("utf-8", "surrogatepass")) for part in key)
        whole = is_whole(key.pk) and is_whole(sk)
        if pk_bytes > LONGEST_PK or not 1 <= sk_bytes <= LONGEST_SK or not whole:
            raise Refused(
                f"{kind} {name[:60]!r} / {sk[:60]!r} cannot be kept: a key takes {LONGEST_PK} bytes, "
                f"its second part 1 to {LONGEST_SK}, of whole characters"
            )
        return key

    def get(self, key: Key) -> Item | None:
        """The item, or None."""
        with translated(self._where):
            found = self._client.get_item(TableName=self._name, Key=key.attributes, ConsistentRead=True)
        return found.get("Item")

    def get_many(self, keys: Iterable[Key], *, only: str | None = None) -> Iterator[Item]:
        """The items that exist, in no order; `only` names the attributes wanted, separated by commas."""
        for batch in batches(dict.fromkeys(keys), count=KEYS_PER_GET):
            yield from self._get_batch(batch, {"ProjectionExpression": only} if only else {})

    def _get_batch(self, batch: list[Key], options: dict[str, Any]) -> Iterator[Item]:
        left: Sequence[Any] = [key.attributes for key in batch]
        for _ in attempts(self._sleep):
            with translated(self._where):
                answer = self._client.batch_get_item(
                    RequestItems={self._name: cast("Any", {"Keys": left, "ConsistentRead": True, **options})}
                )
            yield from answer["Responses"].get(self._name, [])
            if self._name not in answer["UnprocessedKeys"]:
                return
            left = answer["UnprocessedKeys"][self._name]["Keys"]
        raise Unavailable(f"{self._where}: {len(left)} items could not be read under the present load")

    def put_many(self, items: Iterable[Item]) -> None:
        """Write all items; of two with one key the later stays."""
        for batch in batches(items, count=ITEMS_PER_WRITE):
            unique = {key_of(item): item for item in batch}
            self._put_batch([{"PutRequest": {"Item": item}} for item in unique.values()])

    def _put_batch(self, left: Sequence[WriteRequestUnionTypeDef]) -> None:
        for _ in attempts(self._sleep):
            with translated(self._where), _item_refused(self._where):
                answer = self._client.batch_write_item(RequestItems={self._name: left})
            left = answer["UnprocessedItems"].get(self._name, [])
            if not left:
                return
        raise Unavailable(f"{self._where}: {len(left)} items could not be written under the present load")

    def put(self, item: Item, *, condition: str = "", given: Item | None = None) -> Item | None:
        """Write one item, and return the one it replaced. Raises `ConditionNotMetError`."""
        answer = self._written(
            lambda: self._client.put_item(
                TableName=self._name,
                Item=item,
                ReturnValues="ALL_OLD",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **(conditional(condition, given or {}) if condition else {}),
            )
        )
        return answer.get("Attributes")

    def update(self, update: Update) -> None:
        """Carry out one update. Raises `ConditionNotMetError`."""
        self._written(
            lambda: self._client.update_item(
                TableName=self._name, ReturnValuesOnConditionCheckFailure="ALL_OLD", **update.request()
            )
        )

    def delete(self, key: Key, *, condition: str, given: Item) -> None:
        """Delete one item. Raises `ConditionNotMetError`."""
        self._written(
            lambda: self._client.delete_item(TableName=self._name, Key=key.attributes, **conditional(condition, given))
        )

    def transact(self, updates: Iterable[Update]) -> None:
        """Carry out updates, up to 100 of them together or not at all; of two for one item the later counts.

        Raises `ConditionNotMetError`, without an item, if the condition of any does not hold.
        """
        for batch in batches(updates, count=UPDATES_PER_TRANSACTION):
            unique = {update.key: update for update in batch}
            together: list[Any] = [
                {"Update": {"TableName": self._name, **update.request()}} for update in unique.values()
            ]
            self._written(partial(self._client.transact_write_items, TransactItems=together))

    def _written(self, write: Callable[[], T]) -> T:
        """Carry out a write, again and again while another one has its item in hand."""
        for _ in attempts(self._sleep):
            with translated(self._where), _item_refused(self._where):
                try:
                    return write()
                except ClientError as error:
                    reasons = _reasons(error)
                    if "ConditionalCheckFailed" in reasons:
                        raise ConditionNotMetError(cast("Any", error.response.get("Item"))) from error
                    if reasons.isdisjoint(CLASHES):
                        raise
        raise Unavailable(f"{self._where}: an item stayed in the hands of other writers")

    def query(
        self,
        partition: str,
        *,
        between: tuple[str, str] | None = None,
        newest_first: bool = False,
        page: int | None = None,
    ) -> Iterator[Item]:
        """The items of a partition in order of their sk, read page by page as they are taken.

        `between` are the lowest and the highest sk wanted, `page` is the number of items to read at a time.
        """
        if between and between[0] > between[1]:
            return
        request: dict[str, Any] = {
            "TableName": self._name,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": text(partition)},
            "ConsistentRead": True,
            "ScanIndexForward": not newest_first,
        }
        if between:
            request["KeyConditionExpression"] += " AND sk BETWEEN :first AND :last"
            request["ExpressionAttributeValues"] |= {":first": text(between[0]), ":last": text(between[1])}
        if page:
            request["Limit"] = page
        while True:
            with translated(self._where):
                answer = self._client.query(**request)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


@contextmanager
def _item_refused(where: str) -> Iterator[None]:
    """Raise `NotTaken` where the table refuses what is to be written, such as an item of more than 400 KB."""
    try:
        yield
    except ClientError as error:
        reasons = _reasons(error)
        if not reasons.isdisjoint(INVALID) and reasons.isdisjoint(CLASHES):
            reason = error.response.get("Error", {}).get("Message", "no reason given")
            raise NotTaken(f"{where} does not take what is to be written: {reason}") from error
        raise


def _reasons(error: ClientError) -> set[str]:
    """Why a write was refused; a transaction has a reason for each of its items."""
    reasons = error.response.get("CancellationReasons", [])
    return {code_of(error).removesuffix("Exception"), *(reason.get("Code", "") for reason in reasons)}
