"""The architecture's picture: everything of the template is in it, and can be read."""

from __future__ import annotations

import copy
import re
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from local.picture import __main__ as command
from local.picture import card
from local.picture.__main__ import PICTURE, picture
from local.picture.layout import Layout, lay_out
from local.picture.parts import Parts
from local.stack.template import Template, read_template

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def template() -> Template:
    return read_template(command.ROOT / "template.yaml")


@pytest.fixture(scope="module")
def layout(template: Template) -> Layout:
    return _laid_out(template)


def test_the_picture_is_that_of_the_template(template: Template) -> None:
    assert PICTURE.read_text("utf-8") == picture(template), "docs/architecture.svg is stale: run make picture"


@pytest.mark.parametrize(
    "kind",
    [
        "AWS::Serverless::Function",
        "AWS::SQS::Queue",
        "AWS::SNS::Topic",
        "AWS::Events::Rule",
        "AWS::Events::EventBus",
        "AWS::DynamoDB::Table",
        "AWS::Serverless::Api",
    ],
)
def test_everything_of_the_template_is_in_it(template: Template, kind: str) -> None:
    drawn = ElementTree.fromstring(picture(template))
    ids = {element.get("id") for element in drawn.iter()}
    titles = {title.text for title in drawn.iter(f"{SVG}title")}
    wanted = {name: body for name, body in template["Resources"].items() if body["Type"] == kind}
    assert wanted
    for name, body in wanted.items():
        dead_letters = f"dead letters: {_queue_name(body)}" if kind == "AWS::SQS::Queue" else None
        assert name in ids or dead_letters in titles, f"{name} is not in the picture"


def test_who_starts_whom_is_read_from_targets_subscriptions_and_permissions(template: Template) -> None:
    ways = set(Parts(template).ways)
    # A rule's target, what a role may send to, a topic's subscription, and through the API.
    assert {
        ("ScanRule", "HealthScan"),
        ("HealthScan", "ChurnAlerts"),
        ("HealthScan", "NotionSync"),
        ("CheckExpansion", "SalesHandoff"),
        ("ChurnAlerts", "AlertChat"),
        ("ApiFunction", "GenerateQbr"),
    } <= ways
    assert ("NotionSync", "ChurnAlerts") not in ways


def test_what_a_new_function_is_called_by_and_works_with_appears_by_itself(template: Template) -> None:
    # GIVEN a template with one more function, behind a queue that another one may send to
    grown = copy.deepcopy(template)
    resources = grown["Resources"]
    resources["TeamsQueue"] = _renamed(resources["AlertChatQueue"], "teams")
    resources["Teams"] = copy.deepcopy(resources["NotionSync"])
    properties = resources["Teams"]["Properties"]
    properties["CodeUri"] = "functions/alert_teams/"
    properties["Events"]["Updates"]["Properties"]["Queue"] = {"Fn::GetAtt": ["TeamsQueue", "Arn"]}
    properties["Environment"]["Variables"]["MICROSOFT_TEAMS_API_URL"] = "https://teams.example"
    resources["NotionSyncRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"].append(
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["TeamsQueue", "Arn"]}}
    )
    # WHEN it is drawn
    parts = Parts(grown)
    # THEN it stands behind the one that calls it, with its vendor, and nothing lies over anything
    assert ("NotionSync", "Teams") in parts.ways
    assert "Microsoft Teams" in [used.name for used in next(p for p in parts.all if p.id == "Teams").uses]
    assert ">alert_teams<" in picture(grown) and ">teams<" in picture(grown)
    _require_readable(_laid_out(grown))


def test_a_circle_of_functions_is_drawn_too(template: Template) -> None:
    # GIVEN a function behind the scan that starts the scan again
    circling = copy.deepcopy(template)
    circling["Resources"]["NotionSyncRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"].append(
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": {"Fn::GetAtt": ["ScanQueue", "Arn"]}}
    )
    # WHEN it is drawn, THEN the way back is there, around everything
    assert "<title>NotionSync to HealthScan</title>" in picture(circling)
    _require_readable(_laid_out(circling))


def test_what_is_let_through_to_a_queue_is_told(template: Template) -> None:
    drawn = picture(template)
    assert ">kind: alert, delivery: single<" in drawn
    assert drawn.count(">kind: alert<") == 2


def test_a_function_that_calls_itself_again_bears_a_mark(template: Template) -> None:
    marked = [part.name for part in Parts(template).all if part.goes_on]
    assert sorted(marked) == ["health_scan", "plan_qbrs"]


def test_the_number_of_alarms_is_that_of_the_template(template: Template) -> None:
    alarms = sum(body["Type"] == "AWS::CloudWatch::Alarm" for body in template["Resources"].values())
    assert f">{alarms} alarms<" in picture(template)


def test_nothing_lies_over_anything(layout: Layout) -> None:
    _require_readable(layout)


def test_every_way_begins_at_its_source_and_ends_at_its_target(layout: Layout) -> None:
    for line in layout.lines:
        source, target = layout.placed[line.source], layout.placed[line.target]
        (x, y), end = line.corners[0], line.corners[-1]
        assert x == source.right and source.y < y < source.bottom
        assert end == (target.x, target.entry)
        assert all(a[0] == b[0] or a[1] == b[1] for a, b in pairwise(line.corners)), "slanting"


def test_ways_to_different_parts_run_side_by_side(layout: Layout) -> None:
    pieces = [(line.target, *sorted(piece)) for line in layout.lines for piece in pairwise(line.corners)]
    for (target, start, end), (other, other_start, other_end) in combinations(pieces, 2):
        for along, across in ((0, 1), (1, 0)):
            on_one_line = start[across] == end[across] == other_start[across] == other_end[across]
            overlap = min(end[along], other_end[along]) - max(start[along], other_start[along])
            assert target == other or not (on_one_line and overlap > 0), (
                f"ways to {target} and {other} run on each other"
            )


def test_labels_stay_within_their_card(layout: Layout) -> None:
    for box in layout.placed.values():
        for line in card.chip_lines(box.part):
            assert all(chip.x + chip.width <= card.WIDTH for chip in line)
            assert all(one.x + one.width < other.x for one, other in pairwise(line))


def test_it_is_small_enough_to_be_read_in_a_readme(template: Template) -> None:
    # A README shows a picture some 900 wide: a letter of 11 is to stay above 8.
    drawn = picture(template)
    width = float(re.findall(r'viewBox="0 0 ([\d.]+)', drawn)[0])
    smallest = min(map(float, re.findall(r'font-size="([\d.]+)"', drawn)))
    assert smallest * min(900 / width, 1) > 8


def test_it_fits_light_and_dark_ground() -> None:
    drawn = PICTURE.read_text("utf-8")
    light, dark = drawn.split("@media (prefers-color-scheme: dark)", 1)
    styled = re.compile(r"\.([a-z-]+)\{fill:#")
    assert set(styled.findall(light)) == set(styled.findall(dark.split("</style>")[0])) != set()


def test_a_stale_picture_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # GIVEN a project whose picture is not that of its template
    (tmp_path / "docs").mkdir()
    (tmp_path / "template.yaml").write_text((command.ROOT / "template.yaml").read_text("utf-8"), "utf-8")
    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.setattr(command, "PICTURE", tmp_path / "docs/architecture.svg")
    # WHEN it is checked, written, and checked again
    assert command.main(["--check"]) == 1
    assert capsys.readouterr().err == "docs/architecture.svg is stale: run make picture\n"
    assert command.main([]) == 0
    assert command.main(["--check"]) == 0
    # THEN anything else is refused
    assert command.main(["--colour"]) == 2


def _laid_out(template: Template) -> Layout:
    parts = Parts(template)
    return lay_out(parts.all, parts.ways)


def _require_readable(layout: Layout) -> None:
    """Raise AssertionError if a card lies over another, or a way over a card, or outside."""
    boxes = list(layout.placed.values())
    for one, other in combinations(boxes, 2):
        apart = one.right < other.x or other.right < one.x or one.bottom < other.y or other.bottom < one.y
        assert apart, f"{one.part.id} lies over {other.part.id}"
    for line in layout.lines:
        for (x1, y1), (x2, y2) in pairwise(line.corners):
            assert min(x1, x2) >= 0 and max(x1, x2) <= layout.width
            assert min(y1, y2) >= 0 and max(y1, y2) <= layout.height
            for box in boxes:
                crosses = min(x1, x2) < box.right and max(x1, x2) > box.x
                crosses = crosses and min(y1, y2) < box.bottom and max(y1, y2) > box.y
                assert not crosses, f"{line.source} to {line.target} runs through {box.part.id}"


def _queue_name(body: dict[str, Any]) -> str:
    return str(body["Properties"]["QueueName"]["Fn::Sub"]).split("${Stage}-")[-1]


def _renamed(queue: dict[str, Any], name: str) -> dict[str, Any]:
    changed = copy.deepcopy(queue)
    changed["Properties"]["QueueName"] = {"Fn::Sub": f"customer-success-${{Stage}}-{name}"}
    return changed
