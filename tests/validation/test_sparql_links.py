"""The queries of SPARQL-based constraints: what is refused, and how a changed triple leads to focus nodes."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pyoxigraph as ox
import pytest
from rdflib.namespace import SH

from tests.validation.conformance_cases import Case, changed
from uphold.errors import UnsupportedShape
from uphold.validation.changes import RDF_TYPE
from uphold.validation.rules import Rule

CASES: dict[str, Any] = {
    case["name"]: case
    for case in tomllib.loads((Path(__file__).parent / "sparql-links.toml").read_text("utf-8"))["case"]
}
SUPPORTED = [name for name, case in CASES.items() if "refused" not in case]
EXAMPLE, RDF = "http://example.org/", RDF_TYPE.removesuffix("type")
NODES = [ox.NamedNode(f"{EXAMPLE}{name}") for name in "abcp"]
WITHOUT_RESULTS = ("literals",)
SEEDS, SEEDS_IN_A_LONG_RUN = 25, 500


def shape(name: str) -> list[ox.Triple]:
    """The shape of a case; it targets the subjects of :p, and :b."""
    case, node, constraint = CASES[name], ox.NamedNode("urn:test:shape"), ox.BlankNode("constraint")
    query = case.get("query") or f"SELECT $this WHERE {{ {case['where']} }}"
    return [
        ox.Triple(node, ox.NamedNode(f"{SH}targetSubjectsOf"), ox.NamedNode(f"{EXAMPLE}p")),
        ox.Triple(node, ox.NamedNode(f"{SH}targetNode"), ox.NamedNode(f"{EXAMPLE}b")),
        ox.Triple(node, ox.NamedNode(f"{SH}sparql"), constraint),
        ox.Triple(constraint, ox.NamedNode(f"{SH}select"), ox.Literal(f"PREFIX : <{EXAMPLE}>\n{query}")),
    ]


def rule(name: str) -> Rule:
    """The rule of a case."""
    return Case(tuple(shape(name))).compiled().rules[0]


def links(name: str) -> Iterator[str]:
    """The links of a case as text."""
    for link in dict.fromkeys(read.link for read in rule(name).reads):
        assert link is not None
        others = "all" if link.others is None else " ".join(pattern.text for pattern in link.others)
        text = f"{link.pattern.text} <- {others}".strip()
        yield re.sub(rf"<{EXAMPLE}([^>]*)>", r":\1", re.sub(rf"<{RDF}([^>]*)>", r"rdf:\1", text))


@pytest.mark.parametrize("name", SUPPORTED)
def test_patterns_are_linked_to_this(name: str) -> None:
    assert list(links(name)) == CASES[name]["links"]


@pytest.mark.parametrize("name", [name for name in CASES if name not in SUPPORTED])
def test_other_queries_are_refused(name: str) -> None:
    with pytest.raises(UnsupportedShape, match=re.escape(CASES[name]["refused"])):
        rule(name)


@pytest.mark.parametrize("name", SUPPORTED)
def test_links_lead_to_all_new_results(name: str, request: pytest.FixtureRequest) -> None:
    """In random data, a random addition has the results that validating all data has afterwards and not before."""
    properties = sorted({read.predicate or f"{EXAMPLE}p" for read in rule(name).reads} | {f"{EXAMPLE}p"})
    values: list[ox.NamedNode | ox.Literal] = [
        *NODES,
        ox.Literal(1),
        *([ox.NamedNode(f"{RDF}nil")] if f"{RDF}rest" in properties else []),
    ]
    some = 0
    for seed in range(SEEDS_IN_A_LONG_RUN if request.config.getoption("long") else SEEDS):
        random = Random(seed)  # noqa: S311 not for secrets
        data = [
            ox.Triple(random.choice(NODES), ox.NamedNode(random.choice(properties)), random.choice(values))
            for _ in range(random.randint(3, 6 * len(properties)))
        ]
        background = [*shape(name), *data[random.randint(1, 3) :]]
        change = changed(Case((*shape(name), *data)), background)
        assert change.found == change.after - change.before, seed
        some += len(change.found)
    assert some or name in WITHOUT_RESULTS
