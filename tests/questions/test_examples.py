"""The questions as data follow the convention that editors list examples by, with an IRI for every node."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import rdflib
from rdflib import DCTERMS, FOAF, OWL, RDF, RDFS, SH, XSD, Literal, URIRef

from uphold.questions.examples import as_data
from uphold.questions.files import Catalogue, Question, load_questions
from uphold.rdf.sources import Files
from uphold.settings import CANONICAL_BASE as BASE
from uphold.settings import Settings

SCHEMA = rdflib.Namespace("https://schema.org/")
GRAPH = URIRef(f"{BASE}graph/questions")
QUESTIONS = load_questions(Files(Settings().files))


def graph_of(questions: Catalogue) -> rdflib.Graph:
    """The questions as an rdflib graph."""
    quads = list(as_data(questions, BASE))
    assert {str(quad.graph_name) for quad in quads} == {GRAPH.n3()}
    lines = "".join(f"{quad.triple} .\n" for quad in quads)
    return rdflib.Graph().parse(data=lines, format="nt")


@pytest.fixture(scope="module")
def graph() -> rdflib.Graph:
    """The project's own questions."""
    return graph_of(QUESTIONS)


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=lambda question: question.name)
def test_a_question_is_an_executable_with_words_query_keywords_and_endpoint(
    question: Question, graph: rdflib.Graph
) -> None:
    """Of the form of its query, and with the way to its page."""
    form = "Construct" if question.returns_graph else "Select"
    stated = graph[URIRef(f"{BASE}id/question/{question.name}")]
    expected = {
        (RDF.type, SH.SPARQLExecutable),
        (RDF.type, SH[f"SPARQL{form}Executable"]),
        (SH[form.lower()], Literal(question.example)),
        (SH.prefixes, GRAPH),
        (RDFS.label, Literal(question.head.summary, lang="en")),
        (RDFS.comment, Literal(question.head.summary, lang="en")),
        *((DCTERMS.description, Literal(text, lang="en")) for text in [question.head.description] if text),
        *((SCHEMA.keywords, Literal(tag)) for tag in question.head.tags),
        (SCHEMA.target, URIRef(f"{BASE}sparql")),
        (FOAF.page, URIRef(f"{BASE}api/{question.name}")),
        (RDFS.isDefinedBy, GRAPH),
    }
    assert {fact for fact in stated if fact[0] not in (OWL.deprecated, DCTERMS.isReplacedBy)} == expected


def test_the_prefixes_are_declared_once_on_the_graph(graph: rdflib.Graph) -> None:
    """As SHACL requires: a text, and an address that is an xsd:anyURI."""
    declared = {
        str(graph.value(node, SH.prefix)): graph.value(node, SH.namespace) for node in graph.objects(GRAPH, SH.declare)
    }
    assert declared["uphold"] == Literal(f"{BASE}ontology#", datatype=XSD.anyURI)
    assert set(declared) == {str(prefix) for prefix in graph.objects(None, SH.prefix)}


def test_no_node_is_without_a_name(graph: rdflib.Graph) -> None:
    """So that two snapshots can be compared line by line."""
    assert not [node for node in graph.all_nodes() if isinstance(node, rdflib.BNode)]


def test_no_questions_make_no_graph() -> None:
    """Nothing is declared for examples that are not there."""
    assert list(as_data(Catalogue([]), BASE)) == []


def test_a_question_that_is_given_up_says_which_one_to_ask(tmp_path: Path) -> None:
    """As its head does."""
    (tmp_path / "data").mkdir()
    (tmp_path / "queries" / "outcomes").mkdir(parents=True)
    shutil.copy(Settings().files / "data" / "context.jsonld", tmp_path / "data")
    text = (Settings().files / "queries" / "outcomes" / "calls-met.rq").read_text("utf-8")
    (tmp_path / "queries" / "outcomes" / "old.rq").write_text(
        f"#+ deprecated: calls-met since 2026-11-24\n{text}", "utf-8"
    )
    found = graph_of(load_questions(Files(tmp_path)))[URIRef(f"{BASE}id/question/old")]
    assert {
        (OWL.deprecated, Literal("true", datatype=XSD.boolean)),
        (DCTERMS.isReplacedBy, URIRef(f"{BASE}id/question/calls-met")),
    } <= set(found)
