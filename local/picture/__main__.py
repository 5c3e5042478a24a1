"""`python -m local.picture [--check]`: draws docs/architecture.svg from the template, or tells that it is stale."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from local.generated import generated
from local.picture.drawing import draw
from local.picture.layout import lay_out
from local.picture.parts import Parts
from local.stack.template import Template, read_template

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs/architecture.svg"


def picture(template: Template) -> str:
    """The picture of a template, as its file holds it."""
    parts = Parts(template)
    return draw(parts, lay_out(parts.all, parts.ways))


def main(arguments: Sequence[str]) -> int:
    """Write the file, or with `--check` only compare it; see `generated`."""
    return generated(PICTURE, lambda: picture(read_template(ROOT / "template.yaml")), "picture", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
