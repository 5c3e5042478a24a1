"""docs/limits.md names the limits that the code has."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from local.stack.template import read_template

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/limits.md").read_text("utf-8")
TEMPLATE = read_template(ROOT / "template.yaml")
PARAMETERS, RESOURCES = TEMPLATE["Parameters"], TEMPLATE["Resources"]
ROWS = [
    (limit, source)
    for limit, sources in re.findall(r"^\| [^|]+ \| ([\d,]+(?: KB)?) \| (.+) \|$", PAGE, re.MULTILINE)
    for source in sources.split(", ")
]
UNITS = {"": 1, "KB": 1024}


def number(limit: str) -> int:
    """The limit as the code has it: "256 KB" is 262144."""
    digits, _, unit = limit.partition(" ")
    return int(digits.replace(",", "")) * UNITS[unit]


def in_code(source: str) -> Any:
    """The value of what a row names: a parameter's default, a variable of a Makefile, a bucket's expiry, a constant."""
    if parameter := re.fullmatch(r"parameter `(\w+)`", source):
        return float(PARAMETERS[parameter[1]]["Default"])
    if variable := re.fullmatch(r"`(\w+)` in `([\w/]+)`", source):
        (found,) = re.findall(rf"^{variable[1]} \?= (\d+)$", (ROOT / variable[2]).read_text("utf-8"), re.MULTILINE)
        return int(found)
    if expiry := re.fullmatch(r"`ExpirationInDays` of `(\w+)`", source):
        (rule,) = RESOURCES[expiry[1]]["Properties"]["LifecycleConfiguration"]["Rules"]
        return rule["ExpirationInDays"]
    module, _, constant = source.strip("`").rpartition(".")
    found = getattr(import_module(module), constant, None)
    assert found is not None, f"docs/limits.md names {source}, which is not there: write the name that it has now"
    return found


@pytest.mark.parametrize(("limit", "source"), ROWS)
def test_each_limit_is_that_of_the_code(limit: str, source: str) -> None:
    assert in_code(source) == number(limit), f"docs/limits.md names {limit}: write what {source} is"


def test_every_row_of_the_table_is_compared() -> None:
    table = PAGE.partition("| what | limit | where |")[2].partition("\n\n")[0].splitlines()[2:]
    assert len(table) > 20
    sources = re.compile(r"parameter `|` (?:in|of) `|`\w+\.[\w.]+`")
    assert sum(len(sources.findall(row)) for row in table) == len(ROWS)


def test_the_readme_leads_there() -> None:
    assert "(docs/limits.md)" in (ROOT / "README.md").read_text("utf-8")
