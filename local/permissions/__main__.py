"""`python -m local.permissions [--check]`: writes docs/permissions.md from the template, or says that it is stale."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from local.generated import generated
from local.permissions.page import Page
from local.stack.template import read_template

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/permissions.md"


def page() -> str:
    """The page of the project's template, as its file holds it. Raises UnknownActionError."""
    return Page(read_template(ROOT / "template.yaml")).written()


def main(arguments: Sequence[str]) -> int:
    """Write the file, or with `--check` only compare it; see `generated`."""
    return generated(PAGE, page, "permissions", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
