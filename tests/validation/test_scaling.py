"""Many nodes are validated in time that grows with their number, not with its square."""

from __future__ import annotations

import time

import pyoxigraph as ox

from uphold.settings import Settings
from uphold.snapshots.snapshot import current
from uphold.validation.background import Background
from uphold.validation.evaluation import nodes_of_change
from uphold.validation.worker import background_of

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
    some, many = (min(seconds(number) for _ in range(5)) for number in (1500, 6000))  # other tests run beside this one
    assert many < 8 * some


def test_many_new_records_leave_the_background_alone(tiny: Settings) -> None:
    """No rule is applied to all its targets because there are new publications, with and without a date."""
    background = background_of(current(tiny.state))
    new = "\n".join(
        f"<https://data.example/{each}> a <https://w3id.org/uphold/ontology#Publication> ; "
        f'<http://purl.org/dc/terms/issued> "20{each % 90 + 10}"^^<http://www.w3.org/2001/XMLSchema#gYear> .'
        for each in range(1500)
    )
    triples = [quad.triple for quad in ox.parse(new, format=ox.RdfFormat.TURTLE)]
    background.store.extend(ox.Quad(*triple) for triple in triples)
    nodes = nodes_of_change(background.compiled, triples, background.query)
    assert len(nodes) > 10
    assert [rule.shape for rule, some in nodes.items() if some is None] == []
