"""Each text of a picture has the width that it was laid out with, and each row of an answer its own place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest
from flask.testing import FlaskClient

from uphold.assets.vendor import VENDOR
from uphold.questions.charts import ChartRenderer
from uphold.questions.text_widths import fit

SVG = "image/svg+xml"
SPACE = "{http://www.w3.org/2000/svg}"
QUERIES = Path(__file__).parents[2] / "queries"
CHARTS = sorted(path.name.removesuffix(".vl.json") for path in QUERIES.rglob("*.vl.json"))
NAMES = re.compile(r"(?:Name|Label)$")
EM = 2048
ADVANCES = {"4": 1139, "1": 1139, "W": 1933, "i": 455}
"""Widths of letters in the table `hmtx` of Liberation Sans, in units of which an em has 2048; Arial has the same."""
BOLD_ADVANCES = {"4": 1139, "1": 1139, "W": 1933, "i": 569}


@pytest.fixture(scope="module")
def renderer() -> Iterator[ChartRenderer]:
    """What draws, with the map of the world where it is installed."""
    made = ChartRenderer(VENDOR / "world-110m.json")
    yield made
    made.close()


def read(svg: str | bytes) -> Element:
    """The root of a picture."""
    return fromstring(svg)  # noqa: S314 our own picture


def drawing(text: str, **attributes: str) -> str:
    """A picture with one text."""
    said = " ".join(f'{name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    return f'<svg xmlns="http://www.w3.org/2000/svg"><text font-size="20px" {said}>{text}</text></svg>'


def only_text(svg: str) -> Element:
    """The text of a picture with one."""
    (found,) = read(svg).iter(f"{SPACE}text")
    return found


@pytest.mark.parametrize("text", ["41", "WWW", "iiii"])
@pytest.mark.parametrize(
    ("weight", "advances"), [("normal", ADVANCES), ("bold", BOLD_ADVANCES), ("600", BOLD_ADVANCES)]
)
def test_a_text_is_as_wide_as_in_the_font_of_the_layout(text: str, weight: str, advances: dict[str, int]) -> None:
    """The sum of its letters, in every font."""
    found = only_text(fit(drawing(text, font_weight=weight)))
    assert float(found.get("textLength", "nan")) == pytest.approx(
        20 * sum(advances[each] for each in text) / EM, abs=0.01
    )
    assert found.get("lengthAdjust") == "spacingAndGlyphs"


def test_a_text_takes_no_more_than_its_room() -> None:
    """One that needs less is not stretched to fill it."""
    wide, narrow = fit(drawing("W" * 40, textLength="100")), fit(drawing("41", textLength="100"))
    assert float(only_text(wide).get("textLength", "nan")) == 100
    assert float(only_text(narrow).get("textLength", "nan")) == pytest.approx(20 * 2 * ADVANCES["4"] / EM, abs=0.01)


def test_what_nobody_sees_is_left_out() -> None:
    """No reader and no screen reader gets a text that is hidden."""
    assert "<text" not in fit(drawing("hidden", opacity="0"))
    assert "<text" not in fit(drawing(" "))


@pytest.mark.parametrize("text", ["日本語", "العربية", "हिन्दी"])
def test_a_text_in_any_script_has_a_width(text: str) -> None:
    """At least half an em for a letter by itself, whatever fonts the server has."""
    assert float(only_text(fit(drawing(text))).get("textLength", "nan")) > 20


@pytest.mark.parametrize("name", CHARTS)
def test_every_line_of_a_chart_has_its_width(project_client: FlaskClient, name: str) -> None:
    """The picture also says what it shows, and uses the measured font where the reader has it."""
    root = read(project_client.get(f"/api/{name}.svg").get_data())
    spec = project_client.get(f"/api/{name}.vl").get_json()
    lines = [line for text in root.iter(f"{SPACE}text") for line in list(text) or [text] if line.text]
    assert lines
    assert [line.text for line in lines if not line.get("textLength")] == []
    assert {text.get("font-family", "").split(",")[0] for text in root.iter(f"{SPACE}text")} == {"Liberation Sans"}
    assert (root[0].text, root[1].text) == (spec["title"]["text"], spec["description"])


def marks(svg: bytes) -> tuple[int, int]:
    """How many labels the axes and rows of a chart have, and how many marks that differ in place or form."""
    root = read(svg)
    labels = [
        text
        for group in root.iter(f"{SPACE}g")
        if re.search(r"role-(?:axis-label|.*-title|legend-label)", group.get("class", ""))
        for text in group.findall(f"{SPACE}text")
    ]
    drawn = [
        json.dumps([path.get("d"), path.get("transform"), place])
        for place, group in enumerate(root.iter(f"{SPACE}g"))
        if "role-mark" in group.get("class", "")
        for path in group.findall(f"{SPACE}path")
    ]
    return len(labels), len(set(drawn))


@pytest.mark.parametrize("name", CHARTS)
def test_rows_of_one_name_have_a_place_each(project_client: FlaskClient, renderer: ChartRenderer, name: str) -> None:
    """As many labels and marks as when all names differ: none is stacked on another, or hidden by it."""
    spec: dict[str, Any] = project_client.get(f"/api/{name}.vl").get_json()
    rows = spec["datasets"]["rows"]
    alike = [{key: "Same" if NAMES.search(key) and value else value for key, value in row.items()} for row in rows]
    assert marks(renderer.draw({**spec, "datasets": {"rows": alike}}, SVG)) == marks(renderer.draw(spec, SVG))
