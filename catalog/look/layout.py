"""Laying out a directed graph in columns, from left to right: what refers stands left of what it refers to.

The steps are those of Sugiyama, Tagawa and Toda (1981): cycles are opened, nodes get a column, edges over several
columns a bend in each, the order within columns is improved by barycentres, and the places are worked out last: there,
each column is a least-squares fit to its neighbours that keeps the order and the gaps (isotonic regression, by pooling
adjacent violators). The same graph always has the same layout.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

COLUMN_GAP, ROW_GAP, BEND = 56.0, 14.0, 8.0
SWEEPS = 8
SCREEN = 1.25
"""How wide the whole is, for the square root of its area."""

FEW = 2_000
"""Up to so many nodes and bends every sweep is made; beyond, half of them."""


class Placed(NamedTuple):
    """Where everything stands.

    Attributes:
        boxes: ``x y width height`` of each node, in the order of the nodes; the corner is the upper left one.
        lines: for each edge the points it runs through, from the right side of its source to the left side of its
            target.
        width, height: of the whole.
    """

    boxes: list[tuple[float, float, float, float]]
    lines: list[list[tuple[float, float]]]
    width: float
    height: float


def layered(sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]]) -> Placed:
    """Lay out nodes of these *sizes* (width, height) and *edges* (places of source and target); no node overlaps.

    What hangs together is laid out by itself; such parts stand in rows, so that the whole is about as wide as a screen.
    """
    leaving: list[list[int]] = [[] for _ in sizes]
    for place, (source, _) in enumerate(edges):
        leaving[source].append(place)
    parts = []
    for nodes in components(len(sizes), edges):
        chosen = [place for node in nodes for place in leaving[node]]
        number = {node: place for place, node in enumerate(nodes)}
        inner = [(number[edges[place][0]], number[edges[place][1]]) for place in chosen]
        parts.append((nodes, chosen, _component([sizes[node] for node in nodes], inner)))
    boxes: list[tuple[float, float, float, float]] = [(0.0, 0.0, 0.0, 0.0)] * len(sizes)
    lines: list[list[tuple[float, float]]] = [[] for _ in edges]
    area = sum((part.width + COLUMN_GAP) * (part.height + 2 * ROW_GAP) for _, _, part in parts)
    most = max([SCREEN * area**0.5, *(part.width for _, _, part in parts)])
    left = top = high = width = 0.0
    for nodes, chosen, part in parts:
        if left and left + part.width > most:
            left, top, high = 0.0, top + high + 2 * ROW_GAP, 0.0
        for node, (x, y, *size) in zip(nodes, part.boxes, strict=True):
            boxes[node] = (x + left, y + top, size[0], size[1])
        for place, points in zip(chosen, part.lines, strict=True):
            lines[place] = [(x + left, y + top) for x, y in points]
        width, high = max(width, left + part.width), max(high, part.height)
        left += part.width + COLUMN_GAP
    return Placed(boxes, lines, width, top + high)


def components(count: int, edges: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Return the nodes that hang together, the largest group first, then by their first node."""
    root = list(range(count))

    def find(node: int) -> int:
        while root[node] != node:
            root[node] = root[root[node]]
            node = root[node]
        return node

    for source, target in edges:
        root[find(target)] = find(source)
    groups: dict[int, list[int]] = {}
    for node in range(count):
        groups.setdefault(find(node), []).append(node)
    return sorted(groups.values(), key=lambda nodes: (-len(nodes), nodes[0]))


def _component(sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]]) -> Placed:
    forward = _without_cycles(len(sizes), edges)
    column = _columns(len(sizes), forward)
    grid = _Grid(sizes, column, forward)
    grid.order()
    grid.place()
    boxes = [(grid.left[column[node]], grid.y[node] - high / 2, wide, high) for node, (wide, high) in enumerate(sizes)]
    lines = []
    for (source, target), bends in zip(edges, grid.bends, strict=True):
        wide = sizes[source][0]
        if source == target:
            x, y, apart = boxes[source][0] + wide, grid.y[source], sizes[source][1] / 5
            lines.append([(x, y - apart), (x + 26, y - apart), (x + 26, y + apart), (x, y + apart)])
            continue
        points = [(grid.left[column[source]] + wide, grid.y[source])]
        backwards = column[source] > column[target]
        if backwards:
            points = [(grid.left[column[source]], grid.y[source])]
        for bend in reversed(bends) if backwards else bends:
            left, widest = grid.left[grid.column[bend]], grid.widest[grid.column[bend]]
            both = [(left, grid.y[bend]), (left + widest, grid.y[bend])]
            points += reversed(both) if backwards else both
        points.append((boxes[target][0] + (sizes[target][0] if backwards else 0.0), grid.y[target]))
        lines.append(points)
    return Placed(boxes, lines, grid.left[-1] + grid.widest[-1], grid.height)


def _without_cycles(count: int, edges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the edges, those turned round that would close a circle; an edge of a node to itself stays."""
    outgoing: list[list[int]] = [[] for _ in range(count)]
    for place, (source, target) in enumerate(edges):
        if source != target:
            outgoing[source].append(place)
    turned = [False] * len(edges)
    state = [0] * count  # 0 not seen, 1 on the path, 2 done
    for start in range(count):
        if state[start]:
            continue
        path = [(start, iter(outgoing[start]))]
        state[start] = 1
        while path:
            node, waiting = path[-1]
            place = next(waiting, -1)
            if place < 0:
                state[node] = 2
                path.pop()
                continue
            target = edges[place][1]
            if state[target] == 1:
                turned[place] = True
            elif state[target] == 0:
                state[target] = 1
                path.append((target, iter(outgoing[target])))
    return [(b, a) if turn else (a, b) for (a, b), turn in zip(edges, turned, strict=True)]


def _columns(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Return the column of each node: right of all that lead to it; what nothing leads to stands close to its first."""
    outgoing: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for source, target in edges:
        if source != target:
            outgoing[source].append(target)
            waiting[target] += 1
    column = [0] * count
    ready = [node for node in range(count) if not waiting[node]]
    first = list(ready)
    for node in ready:
        for target in outgoing[node]:
            column[target] = max(column[target], column[node] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    for node in first:
        if outgoing[node]:
            column[node] = min(column[target] for target in outgoing[node]) - 1
    least = min(column, default=0)
    return [place - least for place in column]


class _Grid:
    """Nodes and bends by column; both have a number, nodes come first."""

    def __init__(self, sizes: Sequence[tuple[float, float]], column: Sequence[int], edges: Sequence[tuple[int, int]]):
        self.column = list(column)
        self.height_of = [high for _, high in sizes]
        self.before: list[list[int]] = [[] for _ in sizes]
        self.after: list[list[int]] = [[] for _ in sizes]
        self.bends: list[list[int]] = []
        for source, target in edges:
            self.bends.append([] if source == target else self._chain(source, target))
        count = max(self.column, default=0) + 1
        self.rows: list[list[int]] = [[] for _ in range(count)]
        for node, place in enumerate(self.column):
            self.rows[place].append(node)
        self.widest = [0.0] * count
        for node, (wide, _) in enumerate(sizes):
            self.widest[column[node]] = max(self.widest[column[node]], wide)
        self.left = [0.0] * count
        for place in range(1, count):
            crowd = min(len(self.rows[place - 1]), len(self.rows[place])) * 1.5  # more lines need more room to turn
            self.left[place] = self.left[place - 1] + self.widest[place - 1] + COLUMN_GAP + min(crowd, 120.0)
        self.y = [0.0] * len(self.column)
        self.height = 0.0
        self._sweeps = SWEEPS if len(self.column) <= FEW else SWEEPS // 2

    def _chain(self, source: int, target: int) -> list[int]:
        """Join two nodes by bends in the columns between them; return the bends."""
        made = []
        last = source
        for place in range(self.column[source] + 1, self.column[target]):
            bend = len(self.column)
            self.column.append(place)
            self.height_of.append(BEND)
            self.before.append([])
            self.after.append([])
            self._join(last, bend)
            made.append(bend)
            last = bend
        self._join(last, target)
        return made

    def _join(self, source: int, target: int) -> None:
        self.after[source].append(target)
        self.before[target].append(source)

    def order(self) -> None:
        """Order each column by the middle of what its nodes are joined to, forth and back."""
        at = [0.0] * len(self.column)
        for row in self.rows:
            for place, node in enumerate(row):
                at[node] = float(place)
        best, fewest = [list(row) for row in self.rows], self._crossings(at)
        for sweep in range(self._sweeps):
            forth = sweep % 2 == 0
            joined = self.before if forth else self.after
            for row in self.rows[1:] if forth else reversed(self.rows[:-1]):
                middle = {
                    node: sum(at[other] for other in joined[node]) / len(joined[node]) if joined[node] else at[node]
                    for node in row
                }
                row.sort(key=lambda node, middle=middle: (middle[node], at[node]))  # type: ignore[misc]  # a default of a lambda
                for place, node in enumerate(row):
                    at[node] = float(place)
            crossings = self._crossings(at)
            if crossings < fewest:
                best, fewest = [list(row) for row in self.rows], crossings
        self.rows = best

    def _crossings(self, at: Sequence[float]) -> int:
        """Return how many pairs of lines cross between neighbouring columns."""
        total = 0
        for row in self.rows[:-1]:
            ends = [int(at[target]) for node in row for target in sorted(self.after[node], key=lambda other: at[other])]
            total += _inversions(ends)
        return total

    def place(self) -> None:
        """Give every node a place in its column, near the middle of what it is joined to."""
        for row in self.rows:
            top = 0.0
            for node in row:
                self.y[node] = top + self.height_of[node] / 2
                top += self.height_of[node] + ROW_GAP
        for sweep in range(2 * self._sweeps):
            forth = sweep % 2 == 0
            for row in self.rows if forth else reversed(self.rows):
                wanted = []
                for node in row:
                    joined = self.before[node] if forth else self.after[node]
                    joined = joined or (self.after[node] if forth else self.before[node])
                    wanted.append(sum(self.y[other] for other in joined) / len(joined) if joined else self.y[node])
                self._fit(row, wanted)
        least = min(self.y[node] - self.height_of[node] / 2 for node in range(len(self.y)))
        self.y = [place - least for place in self.y]
        self.height = max(self.y[node] + self.height_of[node] / 2 for node in range(len(self.y)))

    def _fit(self, row: Sequence[int], wanted: Sequence[float]) -> None:
        """Put a column as near to the places *wanted* as its order and gaps allow, in the sense of least squares."""
        offsets = [0.0]
        for above, below in pairwise(row):
            offsets.append(offsets[-1] + (self.height_of[above] + self.height_of[below]) / 2 + ROW_GAP)
        pools: list[tuple[float, int]] = []  # the sum of the places of a pool, and how many there are
        for place, offset in zip(wanted, offsets, strict=True):
            total, count = place - offset, 1
            while pools and pools[-1][0] / pools[-1][1] > total / count:
                above_total, above_count = pools.pop()
                total, count = total + above_total, count + above_count
            pools.append((total, count))
        places = [total / count for total, count in pools for _ in range(count)]
        for node, place, offset in zip(row, places, offsets, strict=True):
            self.y[node] = place + offset


def _inversions(numbers: list[int]) -> int:
    """Return how many pairs stand in the wrong order, by merging."""
    if len(numbers) < 2:
        return 0
    size = max(numbers) + 1
    tree = [0] * (size + 1)
    total = 0
    for seen, number in enumerate(numbers):
        place, smaller = number + 1, 0
        while place:
            smaller += tree[place]
            place &= place - 1
        total += seen - smaller
        place = number + 1
        while place <= size:
            tree[place] += 1
            place += place & -place
    return total
