"""One deployment that plays the same day again and again: brought back to the evening before between two plays."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from customer_success.batches import batches
from local.deployment import LocalDeployment, local_deployment
from local.sandbox.server import Sandbox
from tests.builders.aws_proxy import AwsProxy

Item = dict[str, Any]


@dataclass
class WarmStack:
    """A running deployment whose functions reach AWS by `proxy`. `remember` the evening, `return_to_evening` later."""

    deployment: LocalDeployment
    proxy: AwsProxy
    _evening: list[Item]

    def remember(self) -> None:
        """Take what is there now as the state to come back to."""
        self.deployment.sandbox.stop()
        self._restart_vendors(self._vendors, self._stored)
        self._evening = self._items()

    def return_to_evening(self) -> LocalDeployment:
        """Bring table, queues and vendors back to what was remembered; no fault is in force any more."""
        self.proxy.mend()
        self._empty_queues()
        self._restore_table()
        self.deployment.sandbox.stop()
        self._restart_vendors(self._stored, self._vendors)
        return self.deployment

    def cool(self, *names: str) -> None:
        """Let functions start anew with their next message, with nothing in their memory; all if none is named."""
        point_functions_at(self.deployment, self.proxy.url, names)

    @property
    def _vendors(self) -> Path:
        return self.deployment.folder / "vendors"

    @property
    def _stored(self) -> Path:
        return self.deployment.folder / "evening"

    def _restart_vendors(self, source: Path, target: Path) -> None:
        """Copy the vendors' state, and open them again at the address that the functions know."""
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)
        sandbox = Sandbox(self._vendors, port=self.deployment.sandbox.port).start()
        self.deployment = replace(self.deployment, sandbox=sandbox)

    def _items(self) -> list[Item]:
        scanned = self.deployment.aws.dynamodb.get_paginator("scan").paginate(TableName=self._table)
        return [item for page in scanned for item in page["Items"]]

    @property
    def _table(self) -> str:
        return self.deployment.stack.outputs["TableName"]

    def _restore_table(self) -> None:
        before = {(item["pk"]["S"], item["sk"]["S"]): item for item in self._evening}
        now = {(item["pk"]["S"], item["sk"]["S"]): item for item in self._items()}
        deletes = [
            {"DeleteRequest": {"Key": {"pk": now[key]["pk"], "sk": now[key]["sk"]}}} for key in now.keys() - before
        ]
        back = [{"PutRequest": {"Item": item}} for key, item in before.items() if now.get(key) != item]
        writes: list[Any] = [*deletes, *back]
        for batch in batches(writes, count=25):
            self.deployment.aws.dynamodb.batch_write_item(RequestItems={self._table: batch})

    def _empty_queues(self) -> None:
        for url in [*self.deployment.stack.queues.values(), self.deployment.bus_tap]:
            self.deployment.aws.sqs.purge_queue(QueueUrl=url)


@contextmanager
def warm_stack(folder: Path, parameters: Mapping[str, str]) -> Iterator[WarmStack]:
    """Deploy once, with the proxy between the functions and AWS."""
    with local_deployment(folder, parameters) as deployment, AwsProxy(deployment.aws.endpoint or "") as proxy:
        point_functions_at(deployment, proxy.url)
        stack = WarmStack(deployment, proxy, [])
        try:
            yield stack
        finally:
            with suppress(OSError):
                stack.deployment.sandbox.stop()


def point_functions_at(deployment: LocalDeployment, endpoint: str, names: tuple[str, ...] = ()) -> None:
    """Let the deployment's functions reach AWS at another address; they start anew with their next message."""
    prefix = f"customer-success-{deployment.stack.parameters['Stage']}-"
    for page in deployment.aws.functions.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            name = function["FunctionName"]
            if names and name.removeprefix(prefix) not in names:
                continue
            variables = {**function["Environment"]["Variables"], "AWS_ENDPOINT_URL": endpoint}
            deployment.aws.functions.update_function_configuration(
                FunctionName=name, Environment={"Variables": variables}
            )
