"""Many nodes are validated in time that grows with their number, not with its square."""

from __future__ import annotations

import time

import pyoxigraph as ox

from uphold.validation.background import Background

SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<https://data.example/shapes/label> a sh:PropertyShape ;
    sh:targetSubjectsOf skos:prefLabel ; sh:path skos:prefLabel ; sh:minCount 1 .
"""


def seconds(number: int) -> float:
    """The processor time for validating so many things."""
    shapes = [quad.triple for quad in ox.parse(SHAPES, format=ox.RdfFormat.TURTLE)]
    background = Background([], shapes, "https://w3id.org/uphold/")
    label = ox.NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel")
    things = [
        ox.Triple(ox.NamedNode(f"https://data.example/thing/{each}"), label, ox.Literal("A thing", language="en"))
        for each in range(number)
    ]
    start = time.process_time()
    assert background.validate(things).conforms
    return time.process_time() - start


def test_four_times_as_many_things_take_about_four_times_as_long() -> None:
    """A search through all of them for each of them would take sixteen times as long."""
    seconds(100)
    assert seconds(6000) < 8 * seconds(1500)
