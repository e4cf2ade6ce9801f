"""Assessments and statistics fit the Data Cube structures of the ontology."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from rdflib import QB, RDF, RDFS, SKOS, URIRef

from uphold.rdf.csv_tables import Context, table_to_jsonld

TERM = "https://w3id.org/uphold/ontology#"
STRUCTURES = {"Assessment": "assessments", "Statistic": "statistics"}
ROLES = {QB.dimension: QB.DimensionProperty, QB.measure: QB.MeasureProperty, QB.attribute: QB.AttributeProperty}


def structure(name: str) -> URIRef:
    """The structure with this name."""
    return URIRef(f"https://w3id.org/uphold/id/structure/{name}")


def parts(ontology: rdflib.Graph, name: str, role: URIRef) -> list[str]:
    """The properties that have this role in a structure."""
    components = ontology.objects(structure(name), QB.component)
    return sorted(str(part) for component in components for part in ontology.objects(component, role))


@pytest.mark.parametrize("name", STRUCTURES.values())
def test_a_structure_is_well_formed(ontology: rdflib.Graph, name: str) -> None:
    """It serves a data set, has dimensions and one measure, types each part, and declares the range of dimensions."""
    assert set(ontology.subjects(QB.structure, structure(name))) == {
        URIRef(f"https://w3id.org/uphold/id/data-cube/{name}")
    }
    assert parts(ontology, name, QB.dimension)
    assert len(parts(ontology, name, QB.measure)) == 1
    for role, kind in ROLES.items():
        for part in map(URIRef, parts(ontology, name, role)):
            assert {one for one in ROLES.values() if (part, RDF.type, one) in ontology} == {kind}, part
            assert role != QB.dimension or (part, RDFS.range, None) in ontology, part
            for scheme in ontology.objects(part, QB.codeList):
                assert (scheme, RDF.type, SKOS.ConceptScheme) in ontology, scheme


@pytest.mark.parametrize("kind", STRUCTURES)
def test_the_observations_fit(ontology: rdflib.Graph, root: Path, kind: str) -> None:
    """Each observation has every dimension, measure and required attribute, and no two share all dimensions."""
    path = root / "data" / "context.jsonld"
    context = Context.read(path, path.read_text(encoding="utf-8"))
    store = ox.Store()
    for table in sorted((root / "data").rglob(f"{kind}.csv")):
        document = table_to_jsonld(table, table.read_text(encoding="utf-8"), context)
        store.extend(ox.parse(document, format=ox.RdfFormat.JSON_LD))
    name = STRUCTURES[kind]
    dimensions = parts(ontology, name, QB.dimension)
    required = dimensions + parts(ontology, name, QB.measure)
    places: dict[tuple[str, ...], ox.NamedNode] = {}
    observations = store.quads_for_pattern(None, ox.NamedNode(str(RDF.type)), ox.NamedNode(TERM + kind), None)
    for one in sorted({quad.subject for quad in observations if isinstance(quad.subject, ox.NamedNode)}, key=str):
        values = {part: [str(quad.object) for quad in about(store, one, part)] for part in required}
        assert [part for part, found in values.items() if len(found) != 1] == [], one
        place = tuple(values[part][0] for part in dimensions)
        assert places.setdefault(place, one) == one, f"{one} and {places[place]} stand in one place of the cube"


def about(store: ox.Store, subject: ox.NamedNode, predicate: str) -> list[ox.Quad]:
    """What the store says of a subject with one predicate."""
    return list(store.quads_for_pattern(subject, ox.NamedNode(predicate), None, None))
