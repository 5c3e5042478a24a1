"""The template as it is written, and as CloudFormation gets to see it."""

from __future__ import annotations

import pytest

from local.stack.template import Template, read_template
from tests.template.cloud import SOURCE, Cloud, transform


@pytest.fixture(scope="session")
def source() -> Template:
    return read_template(SOURCE)


@pytest.fixture(scope="session")
def cloud(source: Template) -> Cloud:
    return transform(source)
