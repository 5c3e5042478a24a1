"""The real template on the embedded stack, with roles and policies enforced, and the vendors' sandbox around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from local.deployment import LocalDeployment, local_deployment

Enter = Callable[[Mapping[str, str]], LocalDeployment]
Operate = Callable[[LocalDeployment], None]


@pytest.fixture
def enter(tmp_path: Path) -> Iterator[Enter]:
    """Deploys with some parameters of its own; entering again restarts everything on the saved state."""
    with ExitStack() as running:

        def enter_with(parameters: Mapping[str, str]) -> LocalDeployment:
            running.close()
            return running.enter_context(local_deployment(tmp_path / "deployment", parameters))

        yield enter_with


@pytest.fixture
def deployment(enter: Enter) -> LocalDeployment:
    """A fresh deployment."""
    return enter({})


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
