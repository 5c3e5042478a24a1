"""The ids and names as the deployment takes them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping


def override(parameter: str, value: str) -> str:
    r"""One parameter in the way SAM takes it: quoted, with `\"` inside, where it is more than a word.

    A value with a backslash of its own would not arrive.
    """
    if value.replace("-", "").isalnum():
        return f"{parameter}={value}"
    quoted = value.replace('"', '\\"')
    return f'{parameter}="{quoted}"'


def in_samconfig(override: str) -> str:
    """The override as an element of `parameter_overrides` in samconfig.toml."""
    return f"'{override}'" if "'" not in override and '"' in override else json.dumps(override, ensure_ascii=False)


def on_command_line(override: str) -> str:
    """The override as a word of a shell, behind `--parameter-overrides`."""
    return shlex.quote(override)


def properties_value(theirs: Mapping[str, str]) -> str:
    """The value of NotionProperties. Its pattern takes no backslashes, so nothing is escaped that need not be."""
    return json.dumps(theirs, ensure_ascii=False, separators=(",", ":"))


def properties_variable(theirs: Mapping[str, str]) -> str:
    """The same as a variable behind `make`, quoted for the shell; make takes a dollar that stands twice for one."""
    return f"NOTION_PROPERTIES={shlex.quote(properties_value(theirs).replace('$', '$$'))}"
