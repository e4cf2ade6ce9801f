"""Class diagram: the classes of the ontology and the properties between them, drawn from left to right.

A layered drawing (Sugiyama, Tagawa and Toda): layers by longest path, dummy nodes where an edge crosses a layer, and
the barycentre order within a layer. Equal ontologies produce equal drawings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from uphold.serving.descriptions import Thing
from uphold.serving.ontology import Ontology

__all__ = ["Diagram", "Join", "class_joins", "draw"]

BOX, HIGH, ACROSS, DOWN, MARGIN = 170, 34, 335, 58, 8
"""Width and height of a node, the distances between layers and between nodes in a layer, and the margin."""
SWEEPS = 12
SHARES, ROOM = (0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78), 17
"""Candidate label positions on a bend, the best first, and the minimum distance of two labels."""
LETTER = 6
"""The mean width of a letter of a label."""
Place = tuple[str, int]
"""A node, or a dummy node of an edge, in a layer."""


@dataclass(frozen=True, slots=True)
class Join:
    """Two classes, and the properties from one to the other."""

    start: Thing
    end: Thing
    properties: tuple[Thing, ...]

    @property
    def text(self) -> str:
        """The labels of the properties."""
        return ", ".join(each.label.text for each in self.properties)


@dataclass(frozen=True, slots=True)
class DiagramNode:
    """A class in the drawing, by its upper left corner, with the properties from the class to itself."""

    x: float
    y: float
    text: str
    own: str


@dataclass(frozen=True, slots=True)
class DiagramEdge:
    """A join in the drawing: an SVG path, and the position of its label."""

    path: str
    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Diagram:
    """A drawing with its size and its joins."""

    width: float
    height: float
    boxes: tuple[DiagramNode, ...]
    lines: tuple[DiagramEdge, ...]
    joins: tuple[Join, ...]
    box: tuple[int, int] = (BOX, HIGH)


def class_joins(ontology: Ontology) -> list[Join]:
    """The joins by domains and ranges, those of subclasses counted for their broadest superclass."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each in ontology.of_kind("object property"):
        for domain in ontology.iris(each, "rdfs:domain"):
            for range_ in ontology.iris(each, "rdfs:range"):
                if ontology.kind(domain) == ontology.kind(range_) == "class":
                    found[broadest(domain, ontology), broadest(range_, ontology)].append(each)
    pairs = sorted(found, key=lambda pair: [ontology.thing(iri).label.text for iri in pair])
    return [
        Join(ontology.thing(start), ontology.thing(end), tuple(map(ontology.thing, found[start, end])))
        for start, end in pairs
    ]


def broadest(iri: str, ontology: Ontology) -> str:
    """The broadest superclass of a class in the ontology."""
    return [iri, *ontology.above(iri, "rdfs:subClassOf")][-1]


def draw(joins: Sequence[Join]) -> Diagram | None:
    """The drawing of the joins; None without any."""
    if not joins:
        return None
    between = [join for join in joins if join.start != join.end]
    names = {thing.iri: thing.label.text for join in joins for thing in (join.start, join.end)}
    own = {join.start.iri: join.text for join in joins if join.start == join.end}
    layer = layers(names, [(join.start.iri, join.end.iri) for join in between])
    paths = [edge_path(join, layer) for join in between]
    rows = in_rows(names, layer, paths)
    most = max(map(len, rows))
    at = {
        place: (MARGIN + level * ACROSS, MARGIN + (index + (most - len(row)) / 2) * DOWN)
        for level, row in enumerate(rows)
        for index, place in enumerate(row)
    }
    boxes = tuple(
        DiagramNode(*at[iri, layer[iri]], names[iri], own.get(iri, "")) for iri in sorted(names, key=names.__getitem__)
    )
    ways = [[at[place] for place in each] for each in paths]
    texts: dict[int, tuple[float, float]] = {}
    # flat edges first: their labels have the fewest positions
    for each in sorted(range(len(ways)), key=lambda each: abs(ways[each][0][1] - ways[each][1][1])):
        texts[each] = beside(ways[each], between[each].text, texts.values())
    lines = tuple(
        DiagramEdge(line(way), *texts[each], join.text)
        for each, (way, join) in enumerate(zip(ways, between, strict=True))
    )
    width = 2 * MARGIN + (len(rows) - 1) * ACROSS + BOX
    return Diagram(width, 2 * MARGIN + most * DOWN, boxes, lines, tuple(joins))


def layers(names: Mapping[str, str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The layer of each node, after those of its predecessors; the edge that closes a cycle leads back."""
    forward: list[tuple[str, str]] = []
    for start, end in edges:
        if not leads(end, start, forward):
            forward.append((start, end))
    layer = dict.fromkeys(names, 0)
    for _ in names:  # at most the length of the longest path
        for start, end in forward:
            layer[end] = max(layer[end], layer[start] + 1)
    for node in names:  # a node without predecessors goes next to its successor
        ends = [layer[end] for start, end in edges if start == node]
        if ends and all(end != node for _, end in edges):
            layer[node] = max(0, min(ends) - 1)
    return layer


def leads(start: str, end: str, edges: Sequence[tuple[str, str]]) -> bool:
    """Whether a path of these edges leads from one node to another."""
    reached, waiting = {start}, [start]
    while waiting:
        node = waiting.pop()
        found = {other for one, other in edges if one == node} - reached
        reached |= found
        waiting += found
    return end in reached


def edge_path(join: Join, layer: Mapping[str, int]) -> list[Place]:
    """The nodes of an edge, with its dummy nodes."""
    first, last = layer[join.start.iri], layer[join.end.iri]
    passing = [(f"{join.start.iri} {join.end.iri}", level) for level in range(first + 1, last)]
    return [(join.start.iri, first), *passing, (join.end.iri, last)]


def in_rows(names: Mapping[str, str], layer: Mapping[str, int], paths: Sequence[Sequence[Place]]) -> list[list[Place]]:
    """The nodes of each layer from top to bottom, ordered to reduce edge crossings."""
    near: dict[Place, list[Place]] = defaultdict(list)
    for each in paths:
        for one, other in pairwise(each):
            near[one].append(other)
            near[other].append(one)
    places = {*((node, level) for node, level in layer.items()), *(place for each in paths for place in each)}
    rows: list[list[Place]] = [[] for _ in range(max(level for _, level in places) + 1)]
    for place in sorted(places, key=lambda place: (names.get(place[0], ""), place[0])):
        rows[place[1]].append(place)
    for sweep in range(SWEEPS):
        for level in range(len(rows)) if sweep % 2 else reversed(range(len(rows))):
            index = {place: at - len(row) / 2 for row in rows for at, place in enumerate(row)}
            rows[level].sort(key=lambda place: mean([index[other] for other in near[place]], index[place]))
    return rows


def mean(values: Sequence[float], default: float) -> float:
    """The mean of some numbers; `default` for none."""
    return sum(values) / len(values) if values else default


def line(points: Sequence[tuple[float, float]]) -> str:
    """The path from the right of the first node to the left of the last, straight past the layers between."""
    middle, (x, y) = HIGH / 2, points[0]
    parts = [f"M{x + BOX:g} {y + middle:g}"]
    for at, ((start, high), (right, low)) in enumerate(pairwise(points)):
        left = start + BOX
        bend = (right - left) / 2
        parts.append(f"C{left + bend:g} {high + middle:g} {right - bend:g} {low + middle:g} {right:g} {low + middle:g}")
        parts += [f"H{right + BOX:g}"] if at < len(points) - 2 else []
    return " ".join(parts)


def beside(
    points: Sequence[tuple[float, float]], text: str, taken: Collection[tuple[float, float]]
) -> tuple[float, float]:
    """The position of an edge label: where the edge passes a layer, which no other does there, else on its bend."""
    if len(points) > 2:
        x, y = points[1]
        return x + BOX / 2, y + HIGH / 2
    (start, high), (right, low) = points
    left = start + BOX
    bend = (right - left) / 2
    most = max(0, bend - len(text) * LETTER / 2)  # how far from the middle it is clear of the nodes
    places = [
        (
            left + bend + max(-most, min(most, curve(-bend, 0, 0, bend, share))),
            curve(high, high, low, low, share) + HIGH / 2,
        )
        for share in SHARES
    ]
    free = (
        (x, y) for x, y in places if not any(abs(y - other) < ROOM and abs(x - place) < BOX for place, other in taken)
    )
    return next(free, places[0])


def curve(first: float, second: float, third: float, last: float, share: float) -> float:
    """A coordinate of a cubic Bézier curve."""
    rest = 1 - share
    return rest**3 * first + 3 * rest**2 * share * second + 3 * rest * share**2 * third + share**3 * last
