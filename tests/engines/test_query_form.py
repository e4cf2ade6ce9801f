"""Query forms: the text without constants, from which the query can be written again."""

from __future__ import annotations

from pathlib import Path

import pytest

from uphold.engines.oxigraph.query_form import MOST_FILLED, form_of, may_change
from uphold.sparql.parser import tokenize

ROOT = Path(__file__).parents[2]
QUERIES = sorted((ROOT / "queries").glob("*/*.rq"))
VOCABULARY = frozenset({"https://data.example/p", "https://data.example/C"})


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_a_query_is_its_form_with_its_constants(path: Path) -> None:
    text = path.read_text("utf-8")
    form = form_of(text, VOCABULARY)
    assert [str(token) for token in tokenize(form.filled(form.text))] == [str(token) for token in tokenize(text)]
    assert form_of(form.filled(form.text), VOCABULARY).text == form.text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('SELECT * { ?s ?p "x" } LIMIT 1', r'SELECT * { ?s ?p "\":0\" <:0>" } LIMIT 22'),
        ("ASK { <https://data.example/1> ?p ?o }", "ASK { <https://data.example/2#a> ?p ?o }"),
        ("ASK { VALUES ?x { :a :b } ?x ?p ?o }", "ASK { VALUES ?x { <https://data.example/1> :a   :c } ?x ?p ?o }"),
        ('ASK { ?s ?p "@en"@en }', "ASK { ?s ?p '''9999999990'''@en }"),
        ("ASK { ?s ?p ?o FILTER (?o > 7) }", "ASK { ?s ?p ?o FILTER (?o > 9999999990) }"),
    ],
)
def test_queries_that_differ_in_constants_have_one_form(one: str, other: str) -> None:
    assert form_of(one, VOCABULARY).text == form_of(other, VOCABULARY).text
    for text in (one, other):
        form = form_of(text, VOCABULARY)
        assert form.filled(form.text).split() == text.split()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ASK { ?s <https://data.example/p> ?o }", "ASK { ?s <https://data.example/q> ?o }"),
        ("ASK { ?s a <https://data.example/C> }", "ASK { ?s a <https://data.example/D> }"),
        ("ASK { VALUES ?x { :a } ?x ?p ?o }", "ASK { VALUES ?x { :a :b } ?x ?p ?o }"),
        ("ASK { VALUES ?x { :a } ?x ?p ?o }", 'ASK { VALUES ?x { "a" } ?x ?p ?o }'),
        ("PREFIX : <urn:a> ASK { ?s :p ?o }", "PREFIX : <urn:b> ASK { ?s :p ?o }"),
        ("ASK { ?s ?p 1.5 }", "ASK { ?s ?p 2.5 }"),
        ("ASK { ?s ?p ?o1 }", "ASK { ?s ?p ?o2 }"),
    ],
)
def test_what_can_change_an_order_is_in_the_form(one: str, other: str) -> None:
    """Properties, classes and prefixes, and whether VALUES have one IRI, several or something else."""
    assert form_of(one, VOCABULARY).text != form_of(other, VOCABULARY).text


def test_a_query_with_escapes_of_codepoints_keeps_its_order() -> None:
    """SPARQL 1.1 Query, 19.2: they are replaced before a query is read, so a string may end earlier than it seems."""
    assert may_change("SELECT * { ?s ?p ?o . ?o ?q 'x' }")
    assert not may_change(r"SELECT * { ?s ?p ?o . ?o ?q '\u0027 ' }")


def test_a_constant_is_not_repeated_without_limit() -> None:
    """A long subject of many patterns is written once for each in another order."""
    form = form_of(f"ASK {{ <https://data.example/{'a' * 10_000}> ?p ?o }}", VOCABULARY)
    assert len(form.in_order(f"{form.text} ")) > 10_000
    assert form.in_order(form.text * (MOST_FILLED // 10_000)) == ""
    assert form.in_order(form.text) == ""
