"""`python -m local.picture [--check]`: writes docs/architecture.md from the template, or says that it is stale."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from local.generated import generated
from local.picture.flowchart import Flowchart
from local.stack.policies import of_type, shown
from local.stack.template import Template, read_template

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/architecture.md"
TEXT = """\
# The functions and what starts them

Drawn from `template.yaml` by `make picture`; a test fails when it is stale. Each blue box is one Lambda function: the
queue that it is called by, its name, and the vendors that it calls. What the API starts on request is dotted.

```mermaid
{flowchart}
```

Not drawn:

- the table: every function works on it, and [permissions.md](permissions.md) says which of them write
- dead letters: every queue has a queue for what failed, named after it (`scan-dlq`), and the rules share `schedule-dlq`
- messages on a function's own queue, by which it goes on where it stopped: {repeating}
- the {alarms} alarms and their topic: [operating.md](operating.md) has a heading for each
"""


def page(template: Template) -> str:
    """The page of a template, as its file holds it."""
    flowchart = Flowchart(template)
    return TEXT.format(
        flowchart=flowchart.drawn(),
        repeating=", ".join(f"`{shown(template, name)}`" for name in flowchart.repeating),
        alarms=len(of_type(template, "AWS::CloudWatch::Alarm")),
    )


def main(arguments: Sequence[str]) -> int:
    """Write the file, or with `--check` only compare it; see `generated`."""
    return generated(PAGE, lambda: page(read_template(ROOT / "template.yaml")), "picture", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
