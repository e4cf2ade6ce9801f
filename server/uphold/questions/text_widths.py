"""Text widths: fits each text of an SVG image to the width it was laid out with, whatever font the reader has.

The chart library measures texts with its bundled Liberation Sans. `fit` gets the width of every text from it and writes
it as SVG's `textLength`, so that a wider font is condensed and a narrower one expanded. The texts stay texts, for
screen readers, search and copying.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree as ET

__all__ = ["fit"]

NAMESPACE = "http://www.w3.org/2000/svg"
FAMILIES = "Liberation Sans, Arimo, Arial, Helvetica, sans-serif"
"""The measured font, those with the same metrics, and the reader's own."""
SPACES = re.compile(r"[ \t\r\n]+")
BOLD = ("bold", "bolder", "600", "700", "800", "900")

Lettered = tuple[str, float, bool]
"""A text, its size and whether it is bold."""


def fit(svg: str, title: str = "", description: str = "") -> str:
    """The image with the width of every text, and with a title and a description for screen readers.

    An existing `textLength` is the maximum width of its text. Invisible texts are removed: Vega hides axis labels that
    would overlap. Raises `ParseError` for invalid XML.
    """
    ET.register_namespace("", NAMESPACE)
    root = ET.fromstring(svg)  # noqa: S314 our own image, which declares no entities
    for group in list(root.iter()):
        for text in group.findall(f"{{{NAMESPACE}}}text"):
            if text.get("opacity") == "0" or not "".join(text.itertext()).strip():
                group.remove(text)
    texts = list(pieces(root))
    widths = measure({lettered for _, lettered in texts})
    for element, lettered in texts:
        room = float(element.get("textLength", "inf"))
        if width := min(widths[lettered], room):
            element.set("textLength", f"{width:.2f}")
            element.set("lengthAdjust", "spacingAndGlyphs")
    for element in root.iter():
        if element.get("font-family") == "sans-serif":
            element.set("font-family", FAMILIES)
    for place, (name, said) in enumerate(pair for pair in (("title", title), ("desc", description)) if pair[1]):
        element = ET.Element(f"{{{NAMESPACE}}}{name}")
        element.text = said
        root.insert(place, element)
    return ET.tostring(root, encoding="unicode")


def pieces(root: ET.Element) -> Iterator[tuple[ET.Element, Lettered]]:
    """Each line of text, with its style."""
    for text in root.iter(f"{{{NAMESPACE}}}text"):
        size, bold = float(text.get("font-size", "16").removesuffix("px")), text.get("font-weight") in BOLD
        for line in list(text) or [text]:
            if said := SPACES.sub(" ", line.text or "").strip():
                yield line, (said, size, bold)


def measure(texts: set[Lettered]) -> Mapping[Lettered, float]:
    """The width of each text in the layout of a chart.

    Vega renders the texts, and for each a second one that states the width of its bounds.
    """
    import vl_convert  # heavy to import

    ordered = sorted(texts)
    style = {"fontSize": {"field": "size"}, "fontWeight": {"field": "weight"}, "font": {"value": "sans-serif"}}
    values = [{"text": text, "size": size, "weight": "bold" if bold else "normal"} for text, size, bold in ordered]
    width = "datum.bounds.x2 - datum.bounds.x1"
    spec: dict[str, Any] = {
        "$schema": "https://vega.github.io/schema/vega/v6.json",
        "data": [{"name": "texts", "values": values}],
        "marks": [
            {
                "type": "text",
                "name": "drawn",
                "from": {"data": "texts"},
                "encode": {"enter": {"text": {"field": "text"}, **style}},
            },
            {"type": "text", "from": {"data": "drawn"}, "encode": {"enter": {"text": {"signal": width}}}},
        ],
    }
    scene = vl_convert.vega_to_scenegraph(spec, allowed_base_urls=[])
    widths = scene["scenegraph"]["items"][0]["items"][1]["items"]
    return {text: item["text"] for text, item in zip(ordered, widths, strict=True)}
