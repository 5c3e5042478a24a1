"""The real template on the embedded stack, with roles and policies enforced, and the vendors' sandbox around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from local.demo import environment
from local.deployment import LocalDeployment, local_deployment
from tests.builders.demo import WarmDemos
from tests.builders.warm_stack import WarmStack, WarmStacks

Enter = Callable[[Mapping[str, str]], LocalDeployment]
Operate = Callable[[LocalDeployment], None]


@pytest.fixture
def enter_anew(tmp_path: Path) -> Iterator[Enter]:
    """Deploys with some parameters of its own; entering again restarts everything on the saved state."""
    with ExitStack() as running:

        def enter_with(parameters: Mapping[str, str]) -> LocalDeployment:
            running.close()
            return running.enter_context(local_deployment(tmp_path / "deployment", parameters))

        yield enter_with


@pytest.fixture(scope="session")
def warm_stacks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarmStacks]:
    """The worker's one deployment with the parameters of every day."""
    stacks = WarmStacks(tmp_path_factory.mktemp("warm"))
    yield stacks
    stacks.close()


@pytest.fixture
def warm_stack(warm_stacks: WarmStacks) -> WarmStack:
    """That deployment, at rest, on the evening that an earlier test ended with."""
    return warm_stacks.stack()


@pytest.fixture
def deployment(warm_stack: WarmStack) -> LocalDeployment:
    """A deployment on which nothing has been played.

    A test that alters the deployment by more than its parameters, or starts it again, uses `enter_anew`.
    """
    return warm_stack.return_to()


@pytest.fixture
def enter(warm_stacks: WarmStacks) -> Enter:
    """The same with some parameters of its own; entering again updates them on the stored state."""
    entered: list[WarmStack] = []

    def enter_with(parameters: Mapping[str, str]) -> LocalDeployment:
        if entered:
            return entered[0].configure(parameters)
        entered.append(warm_stacks.stack(parameters))
        return entered[0].return_to()

    return enter_with


@pytest.fixture
def warm_demos(warm_stacks: WarmStacks, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Demos that are played in this process find everything started."""
    demos = WarmDemos(warm_stacks)
    monkeypatch.setattr(environment, "deployed", demos.deployed)
    yield
    demos.move_out()


@pytest.fixture
def operate(monkeypatch: pytest.MonkeyPatch) -> Operate:
    """Gives this process the credentials with which a person operates a deployment, as a shell has them."""

    def operate_on(deployment: LocalDeployment) -> None:
        credentials = deployment.aws.session.get_credentials()
        assert credentials is not None
        for name, value in {
            "AWS_ENDPOINT_URL": deployment.aws.endpoint,
            "AWS_ACCESS_KEY_ID": credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
            "AWS_DEFAULT_REGION": deployment.aws.session.region_name,
        }.items():
            monkeypatch.setenv(name, str(value))

    return operate_on
