"""`python -m local.permissions [--check]`: writes docs/permissions.md from the template, or tells that it is stale."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from local.permissions.page import Page, WithoutReasonError
from local.stack.template import read_template

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/permissions.md"
COMMAND = "python -m local.permissions"


def page() -> str:
    """The page of the project's template, as its file holds it. Raises WithoutReasonError."""
    template = ROOT / "template.yaml"
    return Page(read_template(template), template.read_text("utf-8")).written()


def main(arguments: Sequence[str]) -> int:
    """Write the file, or with `--check` only compare it: 1 if it is stale, or a role has no reason."""
    if list(arguments) not in ([], ["--check"]):
        print(f"{COMMAND} [--check]", file=sys.stderr)
        return 2
    try:
        made = page()
    except WithoutReasonError as error:
        print(error, file=sys.stderr)
        return 1
    if not arguments:
        PAGE.write_text(made, "utf-8")
    elif not PAGE.exists() or PAGE.read_text("utf-8") != made:
        print(f"{PAGE.relative_to(ROOT)} is stale: run make permissions", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
