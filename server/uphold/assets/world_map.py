"""World map: the outlines of states and territories for a map in a page, by UN M49 code.

`make setup` creates it from the atlas that charts use; `draw` projects it with the chart library.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["World", "draw", "load"]

WIDTH, HEIGHT = 2000, 940
DOT = 11
"""Radius of the dot for a state too small to have an outline."""
ANTARCTICA = "010"
OUTLINE = re.compile(r'<path aria-label="(\d{3})"[^>]* d="([^"]*)"')
UNNAMED = re.compile(r'<path aria-label="undefined"[^>]* d="([^"]*)"')
POINT = re.compile(r"([ML])([\d.-]+),([\d.-]+)|Z")


@dataclass(frozen=True, slots=True)
class World:
    """An SVG path for each M49 code, and one for land without a code; all within width and height."""

    width: int
    height: int
    outlines: Mapping[str, str]
    rest: str


@cache
def load(path: Path) -> World | None:
    """The outlines that `draw` wrote; None if they are not installed."""
    return World(**json.loads(path.read_text("utf-8"))) if path.is_file() else None


def draw(coarse: Mapping[str, Any], fine: Mapping[str, Any]) -> str:
    """JSON for `load` from two TopoJSON files: outlines of the coarse one, dots for states only the fine one has."""
    drawn = project(coarse)
    outlines = {code: small(path) for code, path in OUTLINE.findall(drawn)}
    dots = {code: dot(path) for code, path in OUTLINE.findall(project(fine)) if code not in outlines}
    rest = "".join(small(path) for path in UNNAMED.findall(drawn))
    return json.dumps(
        {"width": WIDTH, "height": HEIGHT, "outlines": dict(sorted((outlines | dots).items())), "rest": rest}
    )


def project(atlas: Mapping[str, Any]) -> str:
    """The countries of an atlas as SVG, in an equal-area projection, so that no state looks larger than it is."""
    import vl_convert  # heavy to import

    found: str = vl_convert.vegalite_to_svg(
        {
            "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
            "width": WIDTH,
            "height": HEIGHT,
            "data": {"values": atlas, "format": {"type": "topojson", "feature": "countries"}},
            "transform": [{"filter": f"datum.id !== '{ANTARCTICA}'"}],
            "projection": {"type": "equalEarth"},
            "mark": "geoshape",
            "encoding": {"description": {"field": "id", "type": "nominal"}},
        },
        allowed_base_urls=[],
    )
    return found


def points(path: str) -> Iterator[tuple[str, int, int]]:
    """The commands of a path of lines, with integer coordinates; a closing command is at 0, 0."""
    for found in POINT.finditer(path):
        yield (found[1], round(float(found[2])), round(float(found[3]))) if found[1] else ("Z", 0, 0)


def small(path: str) -> str:
    """A path with integer relative coordinates, which is a third as long."""
    written, x, y = [], 0, 0
    for command, to_x, to_y in points(path):
        if command == "Z":
            written.append("Z")
        elif command == "M":
            written.append(f"M{to_x},{to_y}")
            x, y = to_x, to_y
        elif (to_x, to_y) != (x, y):
            written.append(f"l{to_x - x},{to_y - y}")
            x, y = to_x, to_y
    return "".join(written)


def dot(path: str) -> str:
    """A dot in the middle of the largest part of a path, for small islands the main one."""
    parts = [[(x, y) for command, x, y in points(part + "Z") if command != "Z"] for part in path.split("Z") if part]
    xs, ys = zip(*max(parts, key=extent), strict=True)
    x, y = (min(xs) + max(xs)) // 2, (min(ys) + max(ys)) // 2
    return f"M{x - DOT},{y}a{DOT},{DOT} 0 1,0 {2 * DOT},0a{DOT},{DOT} 0 1,0 {-2 * DOT},0Z"


def extent(part: list[tuple[int, int]]) -> int:
    """The area of the box around a part."""
    xs, ys = [x for x, _ in part], [y for _, y in part]
    return (max(xs) - min(xs) + 1) * (max(ys) - min(ys) + 1)
