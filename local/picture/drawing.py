"""The picture as SVG text: the same for the same layout, readable on light and on dark ground."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from xml.sax.saxutils import escape

from local.picture import card
from local.picture.layout import Layout, Line, Placed, Point
from local.picture.parts import API, BUS, QUEUE, RULE, TABLE, TOPIC, Inlet, Part, Parts, Used, Watch

MARGIN = 18
HEADING = 44
CORNER = 6
SANS = "-apple-system, 'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"

KINDS = {
    RULE: "rule",
    API: "api",
    QUEUE: "queue",
    "AWS::Serverless::Function": "function",
    TOPIC: "topic",
    TABLE: "table",
    BUS: "bus",
    "vendor": "vendor",
    "alarm": "alarm",
}
"""Class in the style of each kind."""

Colours = dict[str, str | tuple[str, str, str]]
# Ground, its border, text, faint text, ways; then of each kind its fill, its border and its text.
LIGHT: Colours = {
    "ground": "#ffffff", "border": "#d8dee6", "ink": "#1f2933", "faint": "#5b6773", "way": "#8a97a6",
    "rule": ("#fff4e0", "#d99a2b", "#6b4404"), "api": ("#e9e6fb", "#7c6fd0", "#3a2f86"),
    "queue": ("#fdeef4", "#cf6a96", "#7a1f49"), "function": ("#f4f8fc", "#5f8fc2", "#123a66"),
    "topic": ("#e2f5f1", "#2f9c86", "#0d5446"), "table": ("#dcebfb", "#8db4dd", "#123a66"),
    "bus": ("#e0f3e4", "#84bd92", "#1c5a2c"), "vendor": ("#eceff2", "#b3bcc6", "#333d47"),
    "alarm": ("#fde8e6", "#d7685d", "#7f1d15"),
}  # fmt: skip
DARK: Colours = {
    "ground": "#0f151c", "border": "#2b3643", "ink": "#e6edf3", "faint": "#9aa7b4", "way": "#6d7c8c",
    "rule": ("#3a2b10", "#c68f2f", "#ffdf9e"), "api": ("#272248", "#8a7ee0", "#d8d2ff"),
    "queue": ("#3a1c2b", "#c9648f", "#ffc9de"), "function": ("#16283b", "#5f8fc2", "#cfe4fb"),
    "topic": ("#0f332c", "#35a58e", "#b4f0e2"), "table": ("#1c3a5a", "#4a7db3", "#d3e7fc"),
    "bus": ("#17391f", "#4f9a62", "#c6efcf"), "vendor": ("#2a323b", "#5b6773", "#dbe3ea"),
    "alarm": ("#401d1a", "#c95f55", "#ffcdc8"),
}  # fmt: skip


def draw(parts: Parts, layout: Layout) -> str:
    """The whole picture."""
    below = MARGIN + HEADING + layout.height + 34
    width = layout.width + 2 * MARGIN
    height = below + 106
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width)} {_n(height)}" role="img" '
        f'aria-label="Architecture" font-family="{SANS}">',
        "<title>Architecture, drawn from template.yaml</title>",
        f"<style>{_style()}</style>",
        f'<rect class="ground" x="0.5" y="0.5" width="{_n(width - 1)}" height="{_n(height - 1)}" rx="12"/>',
        f'<g transform="translate({MARGIN} {MARGIN})">',
        *_heading(layout),
        "</g>",
        f'<g transform="translate({MARGIN} {MARGIN + HEADING})">',
        *_ways(layout),
        *(line for box in layout.placed.values() for line in _placed(box)),
        "</g>",
        f'<g transform="translate({MARGIN} {_n(below)})">',
        *_strip(parts, layout.width),
        *_legend(layout.width),
        "</g>",
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _style() -> str:
    return f"{_colours(LIGHT)}@media (prefers-color-scheme: dark){{{_colours(DARK)}}}" + (
        ".way{fill:none;stroke-width:1.5}.halo{fill:none;stroke-width:5}.name{font-weight:600}"
    )


def _colours(colours: Colours) -> str:
    plain = (
        f".ground{{fill:{colours['ground']};stroke:{colours['border']}}}.rule-off{{stroke:{colours['border']}}}"
        f".ink{{fill:{colours['ink']}}}.faint{{fill:{colours['faint']}}}.head{{fill:{colours['way']}}}"
        f".way{{stroke:{colours['way']}}}.halo{{stroke:{colours['ground']}}}"
    )
    kinds = "".join(
        f".{kind}{{fill:{colour[0]};stroke:{colour[1]}}}.{kind}-ink{{fill:{colour[2]}}}.{kind}-way{{stroke:{colour[1]}}}"
        f".{kind}-head{{fill:{colour[1]}}}"
        for kind, colour in colours.items()
        if isinstance(colour, tuple)
    )
    return plain + kinds


def _heading(layout: Layout) -> Iterator[str]:
    yield _text(0, 14, "From the schedule to the people who are told", 16, "ink", "name")
    yield _text(layout.width, 14, "drawn from template.yaml", 11.5, "faint", anchor="end")


def _ways(layout: Layout) -> Iterator[str]:
    """All ways. What runs across is drawn again over a halo, so that one sees what crosses and what joins."""
    for line in layout.lines:
        title = f"<title>{line.source} to {line.target}</title>"
        yield f'<path class="way{_topical(layout, line, "way")}" d="{_path(line)}">{title}</path>'
    for line in layout.lines:
        joins = {corner for other in layout.lines if other.target == line.target for corner in other.corners}
        for across in _across(line, joins):
            yield f'<path class="halo" d="{across}"/><path class="way{_topical(layout, line, "way")}" d="{across}"/>'
    for end, line in {line.corners[-1]: line for line in layout.lines}.items():
        yield _head(end, _topical(layout, line, "head").strip() or "head")


def _topical(layout: Layout, line: Line, drawn: str) -> str:
    """The class of a way to a topic."""
    return f" topic-{drawn}" if layout.placed[line.target].part.kind == TOPIC else ""


def _across(line: Line, joins: set[Point]) -> Iterator[str]:
    """The level pieces of a way, without the round corners at their ends and where another way `joins`."""
    points = _without_doubles(line.corners)
    for start, end in pairwise(points):
        if start[1] != end[1]:
            continue
        at = sorted({x for x, y in joins if y == start[1] and start[0] < x < end[0]} | {start[0], end[0]})
        for left, right in pairwise(at):
            from_x = left + (0 if left == points[0][0] else CORNER + 1)
            if right - CORNER - 2 > from_x:
                yield f"M{_n(from_x)} {_n(start[1])}H{_n(right - CORNER - 2)}"


def _path(line: Line) -> str:
    """Straight pieces with round corners; the arrow's head covers the end."""
    points = _without_doubles(line.corners)
    points[-1] = (points[-1][0] - 6, points[-1][1])
    found = [f"M{_n(points[0][0])} {_n(points[0][1])}"]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(CORNER, _distance(before, here) / 2, _distance(here, after) / 2)
        start, end = _towards(here, before, radius), _towards(here, after, radius)
        found.append(f"L{_n(start[0])} {_n(start[1])}Q{_n(here[0])} {_n(here[1])} {_n(end[0])} {_n(end[1])}")
    found.append(f"L{_n(points[-1][0])} {_n(points[-1][1])}")
    return "".join(found)


def _without_doubles(corners: tuple[Point, ...]) -> list[Point]:
    """The corners, without those in which nothing turns."""
    found: list[Point] = []
    for corner in corners:
        if found and _distance(found[-1], corner) < 0.01:
            continue
        if len(found) > 1 and (found[-2][0] == found[-1][0] == corner[0] or found[-2][1] == found[-1][1] == corner[1]):
            found.pop()
        found.append(corner)
    return found


def _placed(box: Placed) -> Iterator[str]:
    part = box.part
    yield f'<g transform="translate({_n(box.x)} {_n(box.y)})" id="{part.id}">'
    if part.kind == RULE:
        yield from _rule(part)
    elif part.kind == TOPIC:
        yield from _topic(part)
    else:
        yield from _function(part)
    yield "</g>"


def _rule(part: Part) -> Iterator[str]:
    yield _box("rule", 0, 0, card.WIDTH, card.SMALL_BOX, 8)
    yield _clock(16, 16)
    yield _text(28, 20, part.name, card.name_size(part.name, card.WIDTH - 52), "rule-ink", "name")
    yield _text(11, 37, part.note, min(11.5, card.name_size(part.note, card.WIDTH - 18)), "rule-ink")
    if part.dead_letters:
        yield _dead_letters(card.WIDTH - 13, 12, part.dead_letters)


def _topic(part: Part) -> Iterator[str]:
    width = card.width(part)
    size = card.name_size(part.name, width - 16)
    yield _box("topic", 0, 0, width, card.SMALL_BOX, card.SMALL_BOX / 2)
    yield _text(width / 2, 20, part.name, size, "topic-ink", "name", anchor="middle")
    yield _text(width / 2, 36, "topic", 11.5, "topic-ink", anchor="middle")


def _function(part: Part) -> Iterator[str]:
    if part.inlet:
        yield from _inlet(part.inlet, card.pill_top(part))
        top = card.pill_top(part) + card.PILL
        yield f'<path class="way" d="M{card.WIDTH / 2} {_n(top)}v{card.GAP - 3}"/>'
        yield f'<path class="head" d="M{card.WIDTH / 2 - 4} {_n(top + 2)}h8l-4 5z"/>'
    top = card.box_top(part)
    yield _box("function", 0, top, card.WIDTH, card.height(part) - top, 6)
    room = card.WIDTH - (34 if part.goes_on else 14)
    yield _text(9, top + 17, part.name, card.name_size(part.name, room), "function-ink", "name")
    if part.goes_on:
        yield _goes_on(card.WIDTH - 16, top + 13, part.name)
    for number, line in enumerate(card.chip_lines(part)):
        y = top + card.NAME + card.CHIP * number
        for chip in line:
            yield _chip(chip.used, chip.x, y, chip.width)


def _inlet(inlet: Inlet, top: float) -> Iterator[str]:
    if inlet.filter:
        yield _text(card.WIDTH / 2, top - 5, inlet.filter, 11, "faint", anchor="middle")
    kind = KINDS[inlet.kind]
    yield f'<g id="{inlet.id}">'
    yield _box(kind, 0, top, card.WIDTH, card.PILL, card.PILL / 2 if inlet.kind == QUEUE else 4)
    yield _text(12, top + 16, inlet.name, 12, f"{kind}-ink")
    if inlet.dead_letters:
        yield _dead_letters(card.WIDTH - 16, top + card.PILL / 2, inlet.dead_letters)
    yield "</g>"


def _chip(used: Used, x: float, y: float, width: float) -> str:
    kind = KINDS[used.kind]
    box = _box(kind, x, y, width, 16, 3)
    return box + _text(x + width / 2, y + 12, used.name, card.CHIP_SIZE, f"{kind}-ink", anchor="middle")


def _dead_letters(x: float, y: float, name: str) -> str:
    """A small cross in a ring; its title names the queue."""
    return (
        f'<g transform="translate({_n(x)} {_n(y)})"><title>dead letters: {escape(name)}</title>'
        '<circle class="alarm" r="6.5"/><path class="way alarm-way" d="M-2.6 -2.6l5.2 5.2M2.6 -2.6l-5.2 5.2"/></g>'
    )


def _goes_on(x: float, y: float, name: str) -> str:
    """A circling arrow; its title says who calls itself again."""
    return (
        f'<g transform="translate({_n(x)} {_n(y)})"><title>{escape(name)} puts messages on its own queue</title>'
        '<path class="way function-way" d="M3.8 -3.2A5 5 0 1 0 5 1"/>'
        '<path class="function-head" d="M6.6 -5.6v5h-5z"/></g>'
    )


def _clock(x: float, y: float) -> str:
    return (
        f'<g transform="translate({x} {y})"><circle class="way rule-way" r="6"/>'
        '<path class="way rule-way" d="M0 -3.4V0.4L2.6 2"/></g>'
    )


def _strip(parts: Parts, width: float) -> Iterator[str]:
    """What functions work with, each with how many do; then what watches over all."""
    yield f'<path class="rule-off" d="M0 -16H{_n(width)}"/>'
    yield _text(0, 3, "What the functions work with, and how many of them do", 11.5, "faint")
    x = 0.0
    for used, count in parts.used.items():
        box = card.text_width(used.name, 12) + card.text_width(str(count), 11) + 32
        yield f'<g id="{used.id or "vendor-" + used.name.replace(" ", "-")}">'
        yield _box(KINDS[used.kind], x, 13, box, 28, 5)
        yield _text(x + 11, 31, used.name, 12, f"{KINDS[used.kind]}-ink", "name")
        yield _text(x + box - 11, 31, str(count), 11, f"{KINDS[used.kind]}-ink", anchor="end")
        yield "</g>"
        x += box + 9
    yield from _watches(parts.watches, width)


def _watches(watches: list[Watch], width: float) -> Iterator[str]:
    """Each topic that alarms tell, with their number, at the right edge."""
    yield _text(width, 3, "What watches over them", 11.5, "faint", anchor="end")
    right = width
    for watch in watches:
        yield f'<g id="{watch.topic}"><title>{watch.topic}</title>'
        yield _box("topic", right - 82, 13, 82, 28, 14)
        yield _text(right - 41, 31, "topic " + watch.name, 11.5, "topic-ink", anchor="middle")
        yield "</g>"
        yield f'<path class="way" d="M{_n(right - 106)} 27h17"/>' + _head((right - 83, 27), "head")
        yield _box("alarm", right - 188, 13, 82, 28, 5)
        yield _text(right - 147, 31, f"{watch.alarms} alarms", 12, "alarm-ink", "name", anchor="middle")
        right -= 200


def _legend(width: float) -> Iterator[str]:
    yield f'<path class="rule-off" d="M0 58H{_n(width)}"/>'
    x = 0.0
    y = 80.0
    for kind, radius, words in (
        ("rule", 4, "rule (UTC)"),
        ("api", 3, "API"),
        ("queue", 8, "queue"),
        ("function", 3, "function"),
        ("topic", 8, "topic"),
        ("table", 3, "table"),
        ("bus", 3, "bus"),
        ("vendor", 3, "vendor"),
    ):
        yield _box(kind, x, y - 8, 24, 16, radius)
        yield _text(x + 31, y + 4, words, 11.5, "ink")
        x += 31 + card.text_width(words, 11.5) + 18
    yield _dead_letters(x + 7, y, "one for each queue")
    yield _text(x + 20, y + 4, "dead-letter queue", 11.5, "ink")
    x += 20 + card.text_width("dead-letter queue", 11.5) + 18
    yield _goes_on(x + 7, y, "a function")
    yield _text(x + 20, y + 4, "goes on by itself", 11.5, "ink")


def _box(kind: str, x: float, y: float, width: float, height: float, radius: float) -> str:
    return f'<rect class="{kind}" x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" rx="{_n(radius)}"/>'


def _text(x: float, y: float, words: str, size: float, *classes: str, anchor: str = "start") -> str:
    where = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return (
        f'<text class="{" ".join(classes)}" x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}"{where}>'
        f"{escape(words)}</text>"
    )


def _head(at: Point, kind: str) -> str:
    return f'<path class="{kind}" d="M{_n(at[0] - 8)} {_n(at[1] - 4.5)}v9l8 -4.5z"/>'


def _towards(start: Point, end: Point, length: float) -> Point:
    share = length / (_distance(start, end) or 1)
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def _distance(one: Point, other: Point) -> float:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _n(number: float) -> str:
    """A number as short as it can be, to a tenth."""
    return f"{number:.1f}".removesuffix(".0")
