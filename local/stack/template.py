"""The SAM template as data, and which of its resources carry code."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

Template = dict[str, Any]

# Where each kind of resource names its code.
CODE_PROPERTIES = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}


def read_template(path: Path) -> Template:
    """The template at `path`, short forms such as `!Ref` written out."""
    return copy.deepcopy(_parsed(path.read_text(encoding="utf-8")))


@cache
def _parsed(text: str) -> Template:
    """The template of a text, which takes half a second for ours."""
    template: Template = yaml_parse(text)
    return template


def resources_with_code(template: Template) -> Iterator[tuple[str, str, str]]:
    """Logical id, the property that names the code, and the folder it names."""
    for logical_id, resource in template["Resources"].items():
        if code_property := CODE_PROPERTIES.get(resource["Type"]):
            yield logical_id, code_property, resource["Properties"][code_property]


def without_metric_math(template: Template) -> Template:
    """A copy without the alarms that work out something from several metrics.

    The embedded stack refuses to make them; it counts no metrics, so that no alarm rings there in any case.
    """
    deployed = copy.deepcopy(template)
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]:
            del deployed["Resources"][logical_id]
    return deployed
