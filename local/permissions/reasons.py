"""The comment above each resource, which says why it is as it is."""

from __future__ import annotations

from collections.abc import Iterator

RESOURCES = "Resources:"


def reasons(text: str) -> dict[str, str]:
    """The comment that stands right above each resource, as one line, by the resource's logical id.

    `text` is the template as it is written. A resource without a comment is not among them.
    """
    found: dict[str, str] = {}
    said: list[str] = []
    for line in _resources(text):
        comment = line.strip()
        if line.startswith("  #"):
            said.append(comment.lstrip("# "))
            continue
        if line.startswith("  ") and line[2:3].isalpha() and comment.endswith(":") and said:
            found[comment.rstrip(":")] = " ".join(said)
        said = []
    return found


def _resources(text: str) -> Iterator[str]:
    """The lines of the section of resources."""
    within = False
    for line in text.splitlines():
        if line and not line[0].isspace() and not line.startswith("#"):
            within = line.startswith(RESOURCES)
        elif within:
            yield line
