"""docs/model.md and its picture are what `make model` makes from the ontology, the shapes and the data."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from tests.docs.model import MADE, PAGE, PARTNER, PICTURE, QUERY, Model, partner
from uphold.snapshots.snapshot import Snapshot
from uphold.validation.background import Background
from uphold.validation.worker import background_of

TEXT = PAGE.read_text("utf-8")


@pytest.fixture(scope="module")
def model(project: Snapshot) -> Model:
    """The page with everything made taken out of it, and the project's data."""
    empty = MADE.sub(r"\1\4", TEXT)
    return Model(project, QUERY.sub(r"\1\3", empty))


@pytest.fixture(scope="module")
def background(project: Snapshot) -> Background:
    """The project's data and shapes."""
    return background_of(project)


def test_the_page_is_what_the_ontology_and_the_data_say(model: Model) -> None:
    """Otherwise run `make model`."""
    assert len(model.page) < len(TEXT) / 2
    assert model.written() == TEXT


def test_the_picture_is_what_the_ontology_says(model: Model) -> None:
    """Otherwise run `make model`."""
    assert model.drawn() == PICTURE.read_text("utf-8")


def test_every_class_that_the_page_names_is_in_the_ontology(model: Model) -> None:
    """A renamed class is renamed here too, in the diagram and in the order of the table."""
    named = {name for part in MADE.finditer(TEXT) if part[2] in ("diagram", "classes") for name in part[3].split()}
    assert len(named) > 20
    assert named == {model.thing(iri).label.text for iri in model.top.values()}


def test_the_picture_has_a_title_and_both_colour_schemes() -> None:
    """It is readable alone, and in light and dark."""
    text = PICTURE.read_text("utf-8")
    title = ET.parse(PICTURE).findtext("{http://www.w3.org/2000/svg}title")  # noqa: S314 our own
    assert f"![{title}]({PICTURE.name})" in TEXT
    light, dark = re.findall(r"\.paper { fill: (#\w+) }", text)
    assert light != dark
    assert text.index(light) < text.index("@media (prefers-color-scheme: dark)") < text.index(dark)


def test_the_graph_of_the_partner_conforms(background: Background) -> None:
    """Without a warning, and with nothing that we do not know."""
    report = background.validate(partner(TEXT)).as_json()
    assert (report["conforms"], report["results"], report["warnings"]) == (True, [], [])
    assert report["things"] == report["thingsOfKnownClass"] == 5


@pytest.mark.parametrize(
    ("text", "instead", "shape"),
    [
        ("uphold:rating rating:partial", "uphold:rating rating:purple", "Assessment-rating-kind"),
        ("  uphold:card partner:utopia-2030 ;\n", "", "Assessment-card"),
        ('"2030"^^xsd:gYear', '"2030"', "ProgressCard-year-type"),
    ],
)
def test_a_wrong_graph_of_the_partner_does_not_conform(
    text: str, instead: str, shape: str, background: Background
) -> None:
    """The test above can fail."""
    found = PARTNER.search(TEXT)
    assert found
    wrong = found[0].replace(text, instead)
    assert wrong != found[0]
    results = background.validate(partner(wrong)).results
    assert shape in {result.shape.rpartition("/")[2] for result in results}
