"""Many nodes are validated in time that grows with their number, not with its square."""

from __future__ import annotations

import time

import rdflib
from rdflib.namespace import RDF, SH, SKOS

from uphold.validation.shacl import validate

THING = "https://data.example/thing/"


def seconds(number: int) -> float:
    """The processor time for validating so many things."""
    shapes, data_graph = rdflib.Graph(), rdflib.Graph()
    shape = rdflib.URIRef("https://data.example/shapes/label")
    shapes.add((shape, RDF.type, SH.PropertyShape))
    shapes.add((shape, SH.targetSubjectsOf, SKOS.prefLabel))
    shapes.add((shape, SH.path, SKOS.prefLabel))
    shapes.add((shape, SH.minCount, rdflib.Literal(1)))
    for each in range(number):
        data_graph.add((rdflib.URIRef(f"{THING}{each}"), SKOS.prefLabel, rdflib.Literal("A thing", "en")))
    start = time.process_time()
    assert validate(data_graph, rdflib.Graph(), shapes).conforms
    return time.process_time() - start


def test_four_times_as_many_things_take_about_four_times_as_long() -> None:
    """A search through all of them for each of them would take sixteen times as long."""
    seconds(100)
    assert seconds(6000) < 8 * seconds(1500)
