"""Where everything stands: columns by the longest way from a start, rows near those before, ways around the cards.

The ways to one part run together, as one line with several beginnings: a lane in the gap before it, and tracks over or
under the columns between.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from local.picture import card
from local.picture.parts import Part

ROW_GAP = 26
LANE = 7
"""Between two ways that run side by side."""
GUTTER = 13
"""Between a card and the lane next to it."""
CLEAR = 10
"""Between a card and a track that passes it."""

Point = tuple[float, float]
Way = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Placed:
    """A part with its column and its upper left corner."""

    part: Part
    column: int
    x: float
    y: float

    @property
    def right(self) -> float:
        return self.x + card.width(self.part)

    @property
    def bottom(self) -> float:
        return self.y + card.height(self.part)

    @property
    def entry(self) -> float:
        return self.y + card.entry(self.part)


@dataclass(frozen=True, slots=True)
class Line:
    """A way from part to part: the corners that it goes around."""

    source: str
    target: str
    corners: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """All parts and ways with their places; the upper left corner is at 0, 0."""

    placed: dict[str, Placed]
    lines: list[Line]
    width: float
    height: float


def lay_out(parts: Sequence[Part], ways: Sequence[Way]) -> Layout:
    """Place the parts and draw the ways."""
    columns = _columns([part.id for part in parts], ways)
    rows = _rows(parts, ways, columns)
    lanes = _lanes(ways, columns, rows)
    placed = _placed(parts, columns, rows, lanes)
    tracks = _tracks(ways, columns, placed)
    lines = _lines(ways, placed, lanes, tracks)
    top = min(min(y for line in lines for _, y in line.corners), min(box.y for box in placed.values()))
    bottom = max(max(y for line in lines for _, y in line.corners), max(box.bottom for box in placed.values()))
    return _moved(placed, lines, -top, max(box.right for box in placed.values()), bottom - top)


def _columns(ids: Sequence[str], ways: Sequence[Way]) -> dict[str, int]:
    """Length of the longest way to each part; one that leads back is left out of account."""
    before: dict[str, list[str]] = defaultdict(list)
    for source, target in ways:
        before[target].append(source)
    known: dict[str, int] = {}

    def column(part: str, on_the_way: frozenset[str]) -> int:
        if part not in known:
            sources = [source for source in before[part] if source not in on_the_way]
            known[part] = 1 + max((column(source, on_the_way | {part}) for source in sources), default=-1)
        return known[part]

    return {part: column(part, frozenset({part})) for part in ids}


def _rows(parts: Sequence[Part], ways: Sequence[Way], columns: dict[str, int]) -> dict[str, float]:
    """Top of each card: as near as may be to where the first way to it comes from, no two over each other."""
    by_column = [[part for part in parts if columns[part.id] == column] for column in range(1 + max(columns.values()))]
    room = max(_stacked(column) for column in by_column)
    tops: dict[str, float] = {}
    outlets: dict[str, float] = {}
    for number, column in enumerate(by_column):
        wanted = _spread(column, room) if number == 0 else _wanted(column, ways, columns, outlets)
        column.sort(key=lambda part: wanted[part.id])
        starts = _apart([(wanted[part.id][0] - card.entry(part), card.height(part)) for part in column])
        last = starts[-1] + card.height(column[-1])
        shift = max(-starts[0], 0.0) + min(room - last, 0.0)
        for part, start in zip(column, starts, strict=True):
            tops[part.id] = start + shift
            outlets[part.id] = start + shift + card.middle(part)
    return tops


def _spread(column: Sequence[Part], room: float) -> dict[str, tuple[float, float]]:
    """The first column's entries, which nothing leads to: all over the room there is."""
    gap = (room - sum(card.height(part) for part in column)) / max(len(column) - 1, 1)
    found, top = {}, 0.0
    for part in column:
        found[part.id] = (top + card.entry(part), top)
        top += card.height(part) + gap
    return found


def _wanted(
    column: Sequence[Part], ways: Sequence[Way], columns: dict[str, int], outlets: dict[str, float]
) -> dict[str, tuple[float, float]]:
    """Where each card's entry would best be, and what decides between two that want the same."""
    found = {}
    for part in column:
        before = {source: outlets[source] for source, target in ways if target == part.id and source in outlets}
        nearest = max(columns[source] for source in before)
        near = sorted(outlet for source, outlet in before.items() if columns[source] == nearest)
        found[part.id] = (near[(len(near) - 1) // 2], sum(before.values()) / len(before))
    return found


def _stacked(column: Sequence[Part]) -> float:
    """Height of a column whose cards stand as close as may be."""
    return sum(card.height(part) + ROW_GAP for part in column) - ROW_GAP


def _apart(wanted: Sequence[tuple[float, float]]) -> list[float]:
    """Tops of cards in one column: of wanted tops and heights, moved as little as keeps them apart."""
    offsets, offset = [], 0.0
    for _, height in wanted:
        offsets.append(offset)
        offset += height + ROW_GAP
    # Cards that would touch become a block, which stands where its cards want to be on average.
    blocks: list[tuple[float, int]] = []
    for (top, _), offset in zip(wanted, offsets, strict=True):
        mean, size = top - offset, 1
        while blocks and blocks[-1][0] > mean:
            other, others = blocks.pop()
            mean, size = (mean * size + other * others) / (size + others), size + others
        blocks.append((mean, size))
    starts = [mean for mean, size in blocks for _ in range(size)]
    return [start + offset for start, offset in zip(starts, offsets, strict=True)]


def _lanes(ways: Sequence[Way], columns: dict[str, int], rows: dict[str, float]) -> dict[tuple[int, str], int]:
    """Number of the lane, from the left, that the ways to a part take in the gap behind a column.

    Those that lead upwards lie the further left the higher they lead, those that pass on lie outermost.
    """
    used: dict[int, list[str]] = defaultdict(list)
    for source, target in ways:
        for gap in {columns[source], columns[target] - 1}:
            if target not in used[gap]:
                used[gap].append(target)
    return {
        (gap, target): number
        for gap, targets in used.items()
        for number, target in enumerate(sorted(targets, key=lambda each: _lane_order(gap, each, ways, columns, rows)))
    }


def _lane_order(
    gap: int, target: str, ways: Sequence[Way], columns: dict[str, int], rows: dict[str, float]
) -> tuple[int, float]:
    sources = [rows[source] for source, to in ways if to == target and columns[source] <= gap]
    passes_on = columns[target] > gap + 1
    rises = sum(rows[target] < source for source in sources)
    return (0 if passes_on else 1, rows[target] if rises * 2 >= len(sources) else -rows[target] + 10_000)


def _placed(
    parts: Sequence[Part], columns: dict[str, int], rows: dict[str, float], lanes: dict[tuple[int, str], int]
) -> dict[str, Placed]:
    counts = [0] * (max(columns.values()) + 1)
    for gap, _ in lanes:
        counts[gap] += 1
    lefts, x = [], 0.0
    for column, count in enumerate(counts):
        lefts.append(x)
        widest = max(card.width(part) for part in parts if columns[part.id] == column)
        x += widest + 2 * GUTTER + LANE * (count - 1)
    return {part.id: Placed(part, columns[part.id], lefts[columns[part.id]], rows[part.id]) for part in parts}


def _tracks(ways: Sequence[Way], columns: dict[str, int], placed: dict[str, Placed]) -> dict[tuple[int, str], float]:
    """How high the ways from a column to a part farther on pass the columns between."""
    tracks: dict[tuple[int, str], float] = {}
    taken: list[tuple[int, int, float]] = []
    for source, target in ways:
        start, end = columns[source], columns[target]
        if end == start + 1 or (start, target) in tracks:
            continue
        # A way that leads back passes its own column and that of its target, too.
        after, before = (start, end) if start < end else (end - 1, start + 1)
        between = [box for box in placed.values() if after < box.column < before]
        from_all = [placed[other].entry for other, to in ways if to == target and columns[other] == start]
        candidates = _free(between, taken, after, before)
        tracks[start, target] = min(
            candidates, key=lambda y: (sum(abs(y - each) for each in from_all) + abs(y - placed[target].entry), y)
        )
        taken.append((after, before, tracks[start, target]))
    return tracks


def _free(between: Iterable[Placed], taken: Iterable[tuple[int, int, float]], after: int, before: int) -> list[float]:
    """Heights at which nothing stands in the way, and no other track of these columns is too near."""
    boxes = list(between)
    top, bottom = min(box.y for box in boxes), max(box.bottom for box in boxes)
    steps = range(int(top) - 150, int(bottom) + 150)
    others = [y for other_after, other_before, y in taken if other_after < before and after < other_before]
    return [
        float(y)
        for y in steps
        if all(not box.y - CLEAR < y < box.bottom + CLEAR for box in boxes)
        and all(abs(y - other) >= LANE for other in others)
    ]


def _lines(
    ways: Sequence[Way],
    placed: dict[str, Placed],
    lanes: dict[tuple[int, str], int],
    tracks: dict[tuple[int, str], float],
) -> list[Line]:
    exits = _exits(ways, placed, tracks)
    lines = []
    for source, target in ways:
        start, end = placed[source], placed[target]

        def lane(gap: int, to: str = target) -> float:
            right = next(box.right for box in placed.values() if box.column == gap)
            return right + GUTTER + LANE * lanes[gap, to]

        corners = [(start.right, exits[source, target]), (lane(start.column), exits[source, target])]
        if (start.column, target) in tracks:
            y = tracks[start.column, target]
            corners += [(lane(start.column), y), (lane(end.column - 1), y)]
        corners += [(lane(end.column - 1), end.entry), (end.x, end.entry)]
        lines.append(Line(source, target, tuple(corners)))
    return lines


def _exits(ways: Sequence[Way], placed: dict[str, Placed], tracks: dict[tuple[int, str], float]) -> dict[Way, float]:
    """How high each way leaves its card: in the order in which they part, without a bend where that can be."""
    found = {}
    for source, box in placed.items():
        targets = [target for start, target in ways if start == source]
        targets.sort(key=lambda target: tracks.get((box.column, target), placed[target].entry))
        top = box.y + (card.box_top(box.part) if box.part.inlet else 0)
        room = box.bottom - top
        step = min(LANE, (room - 10) / max(len(targets), 1))
        for number, target in enumerate(targets):
            found[source, target] = top + room / 2 + step * (number - (len(targets) - 1) / 2)
    return found


def _moved(placed: dict[str, Placed], lines: list[Line], down: float, width: float, height: float) -> Layout:
    return Layout(
        {name: Placed(box.part, box.column, box.x, box.y + down) for name, box in placed.items()},
        [Line(line.source, line.target, tuple((x, y + down) for x, y in line.corners)) for line in lines],
        width,
        height,
    )
