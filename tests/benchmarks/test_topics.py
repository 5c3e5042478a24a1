"""Each topic of `make bench` runs, in its quick form; and one that breaks off hides no other."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from local.cold_start.environment import value_of
from local.stack.template import read_template
from tests.benchmarks.__main__ import QUICK, TOPICS, main
from tests.benchmarks.cold_start import WORK
from tests.benchmarks.figures import Promise, at_most
from tests.benchmarks.functions import ROOT


def printing() -> tuple[Console, io.StringIO]:
    written = io.StringIO()
    return Console(file=written, width=160), written


def test_every_topic_has_a_quick_form() -> None:
    assert set(QUICK) == set(TOPICS)


@pytest.mark.parametrize("topic", QUICK)
def test_a_topic_runs_and_prints_figures(topic: str, capsys: pytest.CaptureFixture[str]) -> None:
    # WHEN a topic is run on next to nothing
    console, written = printing()
    code = main([topic], console, QUICK)
    # THEN it reaches its end, with a table of figures before the promises
    output = capsys.readouterr().err
    assert "Traceback" not in output and "broken off" not in output, output
    assert code in (0, 1)  # what is promised of a big book may not hold for a tiny one
    figures, _, _ = written.getvalue().partition("Promises")
    assert figures.count("┏") >= 1 and any(sign.isdigit() for sign in figures)


def test_a_topic_that_breaks_off_hides_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    # GIVEN three topics, of which the second has a defect
    def fine(console: Console) -> list[Promise]:
        console.print("figures of a fine one")
        return [at_most("calls", 1, 2)]

    def defect(_: Console) -> list[Promise]:
        raise KeyError("Fn::GetAtt")

    # WHEN all are run
    console, written = printing()
    code = main([], console, {"first": fine, "second": defect, "third": fine})
    # THEN the others and their promises are there, and the defect is reported last
    assert code == 1
    assert written.getvalue().count("figures of a fine one") == 2
    assert written.getvalue().count("kept") >= 2
    output = capsys.readouterr().err
    assert "KeyError: 'Fn::GetAtt'" in output
    assert output.splitlines()[-1] == "broken off, see above: second"


def test_an_unknown_topic_is_reported_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    console, _ = printing()
    assert main(["speed"], console, QUICK) == 1
    assert "speed: no such topic; there are growth, notion_limit" in capsys.readouterr().err


def test_the_environment_of_every_function_can_be_worked_out() -> None:
    # GIVEN the variables of the template, by any function of CloudFormation
    template = read_template(ROOT / "template.yaml")
    functions = [each for each in template["Resources"].values() if each["Type"] == "AWS::Serverless::Function"]
    for function in functions:
        for name, value in function["Properties"]["Environment"]["Variables"].items():
            # THEN each has a value
            assert isinstance(value_of(value, template["Parameters"]), str), name
    # AND what is started to build a function's clients is that of a function that there is
    assert set(WORK) <= {Path(function["Properties"]["CodeUri"]).name for function in functions}


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("INFO", "INFO"),
        (5, "5"),
        ({"Ref": "TenantId"}, "acme"),
        ({"Ref": "Stage"}, "dev"),
        ({"Ref": "AWS::Region"}, "AWS::Region"),
        ({"Fn::GetAtt": ["Key", "Id"]}, "Key.Id"),
        ({"Fn::If": ["Any", {"Ref": "Stage"}, ""]}, "dev"),
        ({"Fn::Sub": "CustomerSuccess/${Stage}"}, "CustomerSuccess/dev"),
    ],
)
def test_a_variable_has_the_value_that_a_deployment_would_give_it(given: object, value: str) -> None:
    assert value_of(given, {"Stage": {"Default": "dev"}}) == value


def test_a_function_of_cloudformation_that_is_not_known_is_reported() -> None:
    with pytest.raises(ValueError, match="Fn::FindInMap"):
        value_of({"Fn::FindInMap": ["a", "b", "c"]}, {})
