"""Changes with outcomes that were computed by hand from the texts of the rules, and rules that cannot be divided."""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest

from uphold.errors import RuleFailed
from uphold.rdf.graphs import as_quads
from uphold.rdf.sources import Files, read, read_context
from uphold.rules.compiled import Rules, compile_rule, compile_rules
from uphold.rules.incremental import Derivation
from uphold.settings import CANONICAL_BASE as BASE

TINY = Files(Path(__file__).parents[1] / "tiny")
CASES = {
    case["name"]: case for case in tomllib.loads((Path(__file__).parent / "cases.toml").read_text("utf-8"))["case"]
}
MORE = {name: f"{BASE}id/{name}/" for name in ("observation", "participation")}
PREFIXES = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in {**read_context(TINY).prefixes, **MORE}.items())
P = ox.NamedNode("http://example.org/p")
Q = ox.NamedNode("http://example.org/q")


def quads(text: str) -> set[ox.Quad]:
    """The quads of TriG."""
    return set(ox.parse(PREFIXES + text, format=ox.RdfFormat.TRIG))


def triples(text: str) -> set[ox.Triple]:
    """The triples of Turtle, as a store has them: it writes numbers in one way."""
    store = ox.Store()
    store.extend(ox.parse(f"{PREFIXES}{text and text + ' .'}", format=ox.RdfFormat.TURTLE))
    return {quad.triple for quad in store}


@pytest.fixture(scope="module")
def derivation() -> Iterator[Derivation]:
    """What is derived from the tiny data set; each test takes its change back."""
    made = Derivation(compile_rules(TINY), as_quads(read(TINY)))
    before = made.statements
    yield made
    assert made.statements == before


@pytest.mark.parametrize("name", CASES)
def test_a_change_has_the_outcome_that_the_rules_say(name: str, derivation: Derivation) -> None:
    """What comes, what goes and what stays."""
    case = CASES[name]
    before, removed, added = (quads(case.get(key, "")) for key in ("before", "removed", "added"))
    derivation.change([], before)
    known = derivation.statements
    change = derivation.change(removed, added)
    back = derivation.change(added, removed)
    derivation.change(before, [])
    derived, gone, kept = (triples(case.get(key, "")) for key in ("derived", "gone", "kept"))
    assert derived <= change.added
    assert gone <= change.removed
    assert kept <= known - change.removed
    assert derived | gone | kept or not change.removed | change.added
    assert back == (change.added, change.removed)


def rules_of(*texts: str) -> Rules:
    """Rules of their own."""
    prefix = "PREFIX : <http://example.org/>\n"
    rules = tuple(compile_rule(f"{number}.rq", prefix + text) for number, text in enumerate(texts))
    return Rules(rules, f"{BASE}graph/derived", frozenset())


def quad(subject: str, predicate: ox.NamedNode, value: int) -> ox.Quad:
    """A quad in a partner's graph."""
    return ox.Quad(
        ox.NamedNode(f"http://example.org/{subject}"), predicate, ox.Literal(value), ox.NamedNode("urn:graph")
    )


UNDIVIDED = {
    "a total": ("CONSTRUCT { :all :total ?n } WHERE { SELECT (SUM(?v) AS ?n) WHERE { ?s :p ?v } }", "it has no key"),
    "a limit": ("CONSTRUCT { ?s :q ?v } WHERE { { SELECT * WHERE { ?s :p ?v } ORDER BY ?s LIMIT 1 } }", "limit"),
    "MINUS": ("CONSTRUCT { ?s :q ?v } WHERE { ?s :p ?v MINUS { ?s :hidden ?v } }", "minus"),
    "any property": ("CONSTRUCT { ?s :q ?v } WHERE { ?s ?p ?v FILTER (?p = :p) }", "is a variable"),
    "any graph": ("CONSTRUCT { ?s :q ?v } WHERE { GRAPH ?g { ?s :p ?v } }", "is a variable"),
    "a negated path": ("CONSTRUCT { ?s :q ?v } WHERE { ?s !:hidden ?v }", "!"),
    "no template": ("CONSTRUCT WHERE { ?s :p ?v }", "no template"),
}
"""Rules that cannot be divided, and part of the reason that the log gives."""


@pytest.mark.parametrize("name", UNDIVIDED)
def test_what_cannot_be_divided_runs_in_full(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """The log says so, and the result is that of all data."""
    text, reason = UNDIVIDED[name]
    with caplog.at_level(logging.DEBUG):
        rules = rules_of(text, "CONSTRUCT { ?s :r ?v } WHERE { ?s :q|:total ?v }")
    assert reason in caplog.text
    one, two = quad("one", P, 1), quad("two", P, 2)
    derivation = Derivation(rules, [one])
    for removed, added, present in (([], [two], [one, two]), ([one], [], [two]), ([two], [one], [one])):
        before = derivation.statements
        change = derivation.change(removed, added)
        assert derivation.statements == Derivation(rules, present).statements
        assert (before - change.removed) | change.added == derivation.statements


def test_a_rule_that_reads_nothing_changed_does_not_run() -> None:
    """A statement with another property costs nothing."""
    rules = rules_of("CONSTRUCT { :all :total ?n } WHERE { SELECT (SUM(?v) AS ?n) WHERE { ?s :p ?v } }")
    derivation = Derivation(rules, [quad("one", P, 1)])
    assert derivation.change([], [quad("one", Q, 1)]) == (frozenset(), frozenset())
    assert not derivation.before


@pytest.mark.parametrize(
    "text",
    [
        "CONSTRUCT { ?s :q [] } WHERE { ?s :p ?v }",
        "CONSTRUCT { _:b :q ?v } WHERE { ?s :p ?v }",
        "SELECT ?s WHERE { ?s :p ?v }",
        "CONSTRUCT { ?s :q ?v } WHERE { ?s :p }",
    ],
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    """A derived node has an IRI, and a rule is a CONSTRUCT query."""
    with pytest.raises(RuleFailed, match=r"^0\.rq: "):
        rules_of(text)


def test_a_rule_that_fails_changes_nothing() -> None:
    """It derives something about a node without a name."""
    derivation = Derivation(rules_of("CONSTRUCT { ?v :q ?s } WHERE { ?s :p ?v }"), [])
    nameless = ox.Quad(ox.NamedNode("http://example.org/one"), P, ox.BlankNode("b"), ox.NamedNode("urn:graph"))
    with pytest.raises(RuleFailed, match="must have an IRI"):
        derivation.change([], [nameless])
    assert derivation.statements == set()
    assert derivation.change([nameless], []) == (frozenset(), frozenset())


def test_ways_to_nodes_without_a_name_are_found() -> None:
    """A query cannot name a blank node, but join with a graph that has it."""
    rules = rules_of("CONSTRUCT { ?s :q ?v } WHERE { ?s :has ?node . ?node :p ?v }")
    has, node = ox.NamedNode("http://example.org/has"), ox.BlankNode("b")
    one, graph = ox.NamedNode("http://example.org/one"), ox.NamedNode("urn:graph")
    derivation = Derivation(rules, [ox.Quad(one, has, node, graph)])
    change = derivation.change([], [ox.Quad(node, P, ox.Literal(1), graph)])
    assert change.added == {ox.Triple(one, Q, ox.Literal(1))}


def test_a_rule_reads_what_it_derived_itself_no_more_than_in_full() -> None:
    """Whether a date is stated does not depend on the date that the rule gave."""
    rules = rules_of("CONSTRUCT { ?s :q ?v } WHERE { ?s :p ?v FILTER NOT EXISTS { ?s :q ?stated } }")
    derivation = Derivation(rules, [quad("one", P, 1)])
    change = derivation.change([], [quad("one", P, 2)])
    assert change.added == {quad("one", Q, 2).triple}
    assert derivation.change([], [quad("one", Q, 3)]).removed == {quad("one", Q, 1).triple, quad("one", Q, 2).triple}
