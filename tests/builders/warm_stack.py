"""One deployment for many tests: brought back to an evening that it remembers before each of them."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from customer_success.batches import batches
from local.deployment import BUILT, ROOT, STACK, STACK_PYTHON, LocalDeployment, local_deployment
from local.sandbox.server import Sandbox
from local.stack.build import build
from local.stack.deploy import deploy
from local.stack.queues import DEAD_LETTERS, depths
from local.stack.template import read_template
from tests.builders.aws_proxy import AwsProxy

Item = dict[str, Any]
RETRY_AT_ONCE = "retry-at-once"
"""The file that `local/stack/server.py` looks for."""

EMPTY = "empty"
"""The evening of a deployment on which nothing has been played yet."""


@cache
def zips() -> Mapping[str, Path]:
    """The zip of each function and layer, built once: no test changes what they are made of."""
    return build(read_template(ROOT / "template.yaml"), ROOT, BUILT, STACK_PYTHON)


@dataclass
class WarmStack:
    """A running deployment: `remember` an evening, `return_to` it later. Its functions stay warm."""

    deployment: LocalDeployment
    _evenings: dict[str, list[Item]] = field(default_factory=dict)
    _usual: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self._usual = self.deployment.stack.parameters

    def configure(self, parameters: Mapping[str, str]) -> LocalDeployment:
        """Update the deployment to the usual parameters with these laid over them; what is stored stays."""
        wanted = {**self._usual, **parameters}
        if wanted != self.deployment.stack.parameters:
            template = read_template(ROOT / "template.yaml")
            stack = deploy(self.deployment.aws, template, zips(), STACK, wanted)
            self.deployment = replace(self.deployment, stack=stack)
        return self.deployment

    def remember(self, evening: str = EMPTY) -> None:
        """Take what is there now as the state to come back to."""
        self.deployment.sandbox.stop()
        self._restart_vendors(self._vendors, self._stored(evening))
        self._evenings[evening] = self._items()

    def remembers(self, evening: str) -> bool:
        return evening in self._evenings

    def return_to(self, evening: str = EMPTY) -> LocalDeployment:
        """Bring table, queues and vendors back to what was remembered; a failed message waits for its next try."""
        (self.deployment.folder / "stack" / RETRY_AT_ONCE).unlink(missing_ok=True)
        self._empty_queues()
        self._restore_table(self._evenings[evening])
        self.deployment.sandbox.stop()
        self._restart_vendors(self._stored(evening), self._vendors)
        return self.deployment

    def start_again(self, parameters: Mapping[str, str]) -> LocalDeployment:
        """As after a new start on what is stored: no fault is in force, and the vendors count from 0."""
        self.deployment.sandbox.stop()
        self._open_vendors()
        return self.configure(parameters)

    @property
    def at_rest(self) -> bool:
        """True if no function works and none will: nothing is on its way but dead letters."""
        queues = self.deployment.stack.queues
        alive = {name: url for name, url in queues.items() if not name.endswith(DEAD_LETTERS)}
        return not any(depth.total for depth in depths(self.deployment.aws, alive).values())

    def cool(self, *names: str) -> None:
        """Let functions start anew with their next message, with nothing in their memory; all if none is named."""
        point_functions_at(self.deployment, self._endpoint, names)

    @property
    def _endpoint(self) -> str:
        """Where the functions reach AWS."""
        return self.deployment.aws.endpoint or ""

    def stop(self) -> None:
        """Let go of the vendors that were started last."""
        with suppress(OSError):
            self.deployment.sandbox.stop()

    @property
    def _vendors(self) -> Path:
        return self.deployment.folder / "vendors"

    def _stored(self, evening: str) -> Path:
        return self.deployment.folder / "evenings" / evening

    def _restart_vendors(self, source: Path, target: Path) -> None:
        """Copy the vendors' state, and open them again at the address that the functions know."""
        known = _slack_names(self._vendors)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)
        _add_slack_names(self._vendors, known)
        self._open_vendors()

    def _open_vendors(self) -> None:
        sandbox = Sandbox(self._vendors, port=self.deployment.sandbox.port).start()
        self.deployment = replace(self.deployment, sandbox=sandbox)

    def _items(self) -> list[Item]:
        scanned = self.deployment.aws.dynamodb.get_paginator("scan").paginate(TableName=self._table)
        return [item for page in scanned for item in page["Items"]]

    @property
    def _table(self) -> str:
        return self.deployment.stack.outputs["TableName"]

    def _restore_table(self, evening: list[Item]) -> None:
        before = {(item["pk"]["S"], item["sk"]["S"]): item for item in evening}
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


class ProxiedStack(WarmStack):
    """A warm stack whose functions reach AWS by `proxy`, so that AWS can fail, too."""

    def __init__(self, deployment: LocalDeployment, proxy: AwsProxy) -> None:
        super().__init__(deployment)
        self.proxy = proxy

    def return_to(self, evening: str = EMPTY) -> LocalDeployment:
        """The same; no fault is in force any more."""
        self.proxy.mend()
        return super().return_to(evening)

    @property
    def _endpoint(self) -> str:
        return self.proxy.url


class WarmStacks:
    """One warm stack for all tests of a process, one after the other, each with the parameters that it asks for.

    It is deployed anew after a test that left it in disorder, and updated for one that asks for other parameters.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running = ExitStack()
        self._stack: WarmStack | None = None
        self._count = 0

    def stack(self, parameters: Mapping[str, str] = MappingProxyType({})) -> WarmStack:
        """The stack, at rest; it is at the evening on which its last test ended."""
        if self._stack and not self._stack.at_rest:
            self.close()
        if self._stack is None:
            self._count += 1
            folder = self._folder / f"deployment-{self._count}"
            self._stack = WarmStack(self._running.enter_context(local_deployment(folder)))
            self._running.callback(self._stack.stop)
            self._stack.remember()
        self._stack.configure(parameters)
        return self._stack

    def close(self) -> None:
        """End everything."""
        self._stack = None
        self._running.close()


def _slack_names(vendors: Path) -> list[tuple[str, str, str]]:
    """The people and channels of Slack: warm functions remember their ids, so they stay from test to test."""
    with closing(sqlite3.connect(vendors / "state.sqlite")) as state:
        return state.execute("SELECT name, key, body FROM rows WHERE name = 'slack.names'").fetchall()


def _add_slack_names(vendors: Path, names: list[tuple[str, str, str]]) -> None:
    with closing(sqlite3.connect(vendors / "state.sqlite")) as state, state:
        state.executemany("INSERT OR IGNORE INTO rows (name, key, body) VALUES (?, ?, ?)", names)


@contextmanager
def proxied_stack(folder: Path, parameters: Mapping[str, str]) -> Iterator[ProxiedStack]:
    """Deploy once, with the proxy between the functions and AWS."""
    with local_deployment(folder, parameters) as deployment, AwsProxy(deployment.aws.endpoint or "") as proxy:
        point_functions_at(deployment, proxy.url)
        stack = ProxiedStack(deployment, proxy)
        try:
            yield stack
        finally:
            stack.stop()


def retry_at_once(deployment: LocalDeployment) -> None:
    """From now on a message that fails is tried again at once, as often as its queue allows.

    For what stays broken until its messages are dead letters. Where a test puts something right while messages are
    tried again, they have to wait for it.
    """
    (deployment.folder / "stack" / RETRY_AT_ONCE).touch()


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
