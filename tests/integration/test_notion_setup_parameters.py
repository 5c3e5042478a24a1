"""What a set-up prints reaches the deployment unchanged, through a shell or samconfig.toml and SAM's own reading."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest

from local.notion.setup.parameters import in_samconfig, on_command_line, override, properties_value
from local.stack.template import read_template

ROOT = Path(__file__).parents[2]
SAM_PYTHON = ROOT / ".sam/bin/python"
READING = """
import json, sys
from samcli.cli.types import CfnParameterOverridesType
print(json.dumps(CfnParameterOverridesType().convert(tuple(json.load(sys.stdin)), None, None)))
"""
NAMES = {
    "arr": "Annual value",
    "plan": "It's the tier, 'old' one",
    "notes": "Notizen für José → 🦊",
    "industry": "$HOME `id` = #",
    "nps_score": "NPS",
}


def read_by_sam(words: list[str]) -> dict[str, str]:
    """What SAM makes of the words behind `--parameter-overrides`."""
    done = subprocess.run(
        [SAM_PYTHON, "-c", READING], input=json.dumps(words), capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("names", [NAMES, {"arr": "Annual value"}, {"arr": "It's"}], ids=["all", "plain", "quote"])
def test_ids_and_names_arrive(names: dict[str, str]) -> None:
    wanted = {"NotionAccounts": "0123abcd-0000-4000-8000-00000000000a", "NotionProperties": properties_value(names)}
    overrides = [override(name, value) for name, value in wanted.items()]
    on_shell = shlex.split(" \\\n".join(on_command_line(each) for each in overrides))
    listed = tomllib.loads("parameter_overrides = [\n" + "".join(f"  {in_samconfig(o)},\n" for o in overrides) + "]")
    assert read_by_sam(on_shell) == wanted
    assert read_by_sam(listed["parameter_overrides"]) == wanted
    assert json.loads(wanted["NotionProperties"]) == names


def test_names_fit_the_parameters_pattern() -> None:
    parameter = read_template(ROOT / "template.yaml")["Parameters"]["NotionProperties"]
    assert re.fullmatch(parameter["AllowedPattern"], properties_value(NAMES))
