"""The tools that people use load the ontology from a running server, and find in it what its files say."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.request
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import owlready2
import pyhornedowl
import pytest
import rdflib
from owlready2 import OwlReadyInconsistentOntologyError
from rdflib import OWL, RDF, RDFS, SKOS, Literal, URIRef

from tests.standard.node import FOLDER, node_command, skip_without_packages

HERE = Path(__file__).parent
IRI = "https://w3id.org/uphold/ontology"
KINDS = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)
NARROW, BROADER, BROADEST = (f"{IRI}#{name}" for name in ("Ratification", "ConsentToBeBound", "TreatyAction"))
DATA_CUBE = "http://purl.org/linked-data/cube#"
PUNNED = "* Owlready2 * WARNING: {} {} belongs to more than one entity types: "


@dataclass(frozen=True, slots=True)
class Found:
    """What a tool found: the terms of each of `KINDS`, labels of classes, and superclasses of one, near to far."""

    terms: dict[URIRef, set[str]]
    labels: dict[str, str]
    above: list[str]


@pytest.fixture(scope="module")
def document(root: Path) -> rdflib.Graph:
    """What rdflib reads from the files of the ontology; `metadata.ttl` is in another graph."""
    graph = rdflib.Graph()
    for path in (root / "ontology").glob("*.ttl"):
        if path.name != "metadata.ttl":
            graph.parse(path)
    return graph


@pytest.fixture(scope="module")
def expected(document: rdflib.Graph) -> Found:
    """What the files say."""
    return read(document)


def read(graph: rdflib.Graph) -> Found:
    """What a graph of rdflib says."""
    classes = set(graph.subjects(RDF.type, OWL.Class))
    labels = {
        str(term): label
        for term in classes
        for label in graph.objects(term, RDFS.label)
        if isinstance(label, Literal) and label.language == "en"
    }
    ours = [str(term) for term in graph.transitive_objects(URIRef(NARROW), RDFS.subClassOf) if IRI in str(term)]
    return Found(
        {kind: {str(term) for term in graph.subjects(RDF.type, kind)} for kind in KINDS},
        {term: str(label) for term, label in labels.items()},
        ours[1:],
    )


def test_the_files_say_what_the_tools_should_find(expected: Found) -> None:
    """The tests below would pass on nothing."""
    assert all(len(expected.terms[kind]) > 10 for kind in KINDS)
    assert expected.labels[NARROW] == "ratification"
    assert expected.above == [BROADER, BROADEST]


def test_every_term_of_others_is_declared(document: rdflib.Graph) -> None:
    """OWL 2 DL, Structural Specification, 5.8.1: classes and properties in use are declared, properties as one kind."""
    built_in = (str(OWL), str(RDF), str(RDFS))
    used = {str(term) for term in document.predicates(unique=True)}
    upper = [RDFS.subClassOf, RDFS.subPropertyOf, RDFS.domain]
    used |= {str(term) for predicate in (RDF.type, *upper) for term in document.objects(None, predicate)}
    kinds = {str(term): [kind for kind in KINDS if (term, RDF.type, kind) in document] for term in document.subjects()}
    assert [term for term in sorted(used) if not term.startswith(built_in) and len(kinds.get(term, [])) != 1] == []
    narrow = {(str(a), str(b)) for a, b in document.subject_objects(RDFS.subPropertyOf)}
    assert [pair for pair in sorted(narrow) if kinds[pair[0]] != kinds[pair[1]]] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["/ontology"],
        ["--guess", "/ontology"],
        ["/ontology.rdf"],
        ["-i", "turtle", "/ontology.ttl"],
        ["-g", "/ontology.nt"],
    ],
    ids=" ".join,
)
def test_rapper_reads_it_without_warnings(served: str, expected: Found, arguments: list[str]) -> None:
    """By its own Accept header, or by suffix."""
    if not shutil.which("rapper"):
        pytest.skip("rapper is not installed: Debian has it in raptor2-utils")
    command = ["rapper", "--output", "ntriples", *arguments[:-1], served + arguments[-1]]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert [line for line in done.stderr.splitlines() if "Warning" in line or "Error" in line] == []
    assert read(rdflib.Graph().parse(data=done.stdout, format="nt")) == expected


@pytest.mark.parametrize(
    ("path", "accept"), [("/ontology", "text/turtle"), ("/ontology.ttl", ""), ("/ontology.nt", "")]
)
def test_n3_js_parses_it(served: str, expected: Found, path: str, accept: str) -> None:
    """What Node's fetch gets, in the format that the response names."""
    skip_without_packages()
    command = [*node_command(), "--input-type=module", "-", served + path, accept]
    script = (HERE / "load.mjs").read_bytes()
    done = subprocess.run(command, input=script, capture_output=True, check=True, cwd=FOLDER)
    graph = rdflib.Graph()
    for subject, predicate, value, language in json.loads(done.stdout):
        is_text = URIRef(predicate) in (RDFS.label, SKOS.definition)
        graph.add((URIRef(subject), URIRef(predicate), Literal(value, language) if is_text else URIRef(value)))
    assert done.stderr == b""
    assert read(graph) == expected


@pytest.mark.parametrize("path", ["/ontology", "/ontology.ttl"])
def test_ontospy_shows_it(served: str, expected: Found, path: str, capfd: pytest.CaptureFixture[str]) -> None:
    """By its own Accept header, or by suffix."""
    with warnings.catch_warnings(action="ignore"):  # of its own use of rdflib
        import ontospy

        model = ontospy.Ontospy(served + path)
    found = (model.all_classes, model.all_properties_object, model.all_properties_datatype)
    assert [{str(term.uri) for term in terms} for terms in found] == [expected.terms[kind] for kind in KINDS[:3]]
    assert [str(each.uri) for each in model.all_ontologies] == [IRI]
    labels = {str(term.uri): str(term.bestLabel()) for term in model.all_classes if str(term.uri) in expected.labels}
    assert labels == expected.labels
    assert [str(term.uri) for term in model.get_class(uri=NARROW).ancestors()][:2] == expected.above
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("accept", ["application/rdf+xml", "application/rdf+xml, application/xml; q=0.7, */*; q=0.1"])
def test_horned_owl_reads_it(served: str, expected: Found, accept: str) -> None:
    """As RDF/XML, which is its own format for the web."""
    request = urllib.request.Request(f"{served}/ontology", headers={"Accept": accept})
    with urllib.request.urlopen(request) as response:
        found = pyhornedowl.open_ontology_from_string(response.read().decode("utf-8"), "rdf")
    terms = (
        found.get_classes(),
        found.get_object_properties(),
        found.get_data_properties(),
        found.get_annotation_properties(),
    )
    assert {kind: set(map(str, each)) for kind, each in zip(KINDS, terms, strict=True)} == expected.terms
    assert str(found.get_iri()) == IRI
    labels = {term: found.get_annotations(term, str(RDFS.label)) for term in expected.labels}
    assert [term for term, label in expected.labels.items() if label not in labels[term]] == []
    assert [found.get_superclasses(each) for each in (NARROW, BROADER)] == [{BROADER}, {BROADEST}]


@pytest.fixture
def world(served: str) -> Iterator[owlready2.World]:
    """Owlready2 with the ontology, apart from all else that it has."""
    made = owlready2.World()
    made.get_ontology(f"{served}/ontology.rdf").load()
    yield made
    made.close()


def test_owlready2_loads_it(
    world: owlready2.World, expected: Found, document: rdflib.Graph, capfd: pytest.CaptureFixture[str]
) -> None:
    """By the address that ends like a file; it warns of nothing but properties that also have a role in a data cube."""
    found = (world.classes(), world.object_properties(), world.data_properties(), world.annotation_properties())
    assert {kind: {term.iri for term in each} for kind, each in zip(KINDS, found, strict=True)} == expected.terms
    assert {term: str(world[term].label.en.first()) for term in expected.labels} == expected.labels
    assert [above.iri for above in world[NARROW].is_a + world[BROADER].is_a] == expected.above
    assert world[BROADEST] in world[NARROW].ancestors()
    loaded = world.get_ontology(IRI)
    assert loaded.base_iri == f"{IRI}#"
    assert [str(text) for text in loaded.metadata.title] == ["Uphold ontology"]
    concepts = set(document.subjects(RDF.type, SKOS.Concept))
    assert {each.iri for each in world[str(SKOS.Concept)].instances()} == {str(each) for each in concepts}
    assert [str(text) for text in world["https://w3id.org/uphold/id/outcome/met"].prefLabel.en] == ["Met"]
    roles = {str(term) for term, kind in document.subject_objects(RDF.type) if str(kind).startswith(DATA_CUBE)}
    punned = {PUNNED.format(kind, term) for term in roles for kind in ("ObjectProperty", "DataProperty")}
    lines = capfd.readouterr().err.splitlines()
    assert [line for line in lines if not line.startswith(tuple(punned))] == []


@pytest.mark.parametrize(
    ("types", "consistent"),
    [((), True), (("Signature", "Ratification"), False)],
    ids=lambda value: "+".join(value) if isinstance(value, tuple) else "",
)
def test_hermit_decides_whether_it_is_consistent(
    world: owlready2.World, types: tuple[str, ...], *, consistent: bool
) -> None:
    """The ontology with its alignments is; with a thing of two classes that exclude each other it is not."""
    if not shutil.which("java"):
        pytest.skip("Java is not installed, on which HermiT runs: Debian has it in default-jre-headless")
    loaded = world.get_ontology(IRI)
    with loaded:
        for name in types[:1]:
            loaded[name]("thing").is_a.extend(loaded[other] for other in types[1:])
        try:
            owlready2.sync_reasoner(world, debug=0, ignore_unsupported_datatypes=True)  # xsd:date, which OWL 2 lacks
            found = not list(world.inconsistent_classes())
        except OwlReadyInconsistentOntologyError:
            found = False
    assert found == consistent
