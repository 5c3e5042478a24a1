"""Unit tests run with sockets closed: what needs the network is not a unit."""

import pytest
from pytest_socket import disable_socket


@pytest.fixture(autouse=True)
def _closed_sockets() -> None:
    disable_socket(allow_unix_socket=True)
