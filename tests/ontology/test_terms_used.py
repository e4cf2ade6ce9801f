"""No file uses a term of the project's namespace that the ontology does not declare."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib

NAMESPACE = "https://w3id.org/uphold/ontology#"
NAMED = re.compile(r"(?<![\w:/-])uphold:(\w+)|https://w3id\.org/uphold/ontology#(\w+)")
WHOLE_TEXT = (".ttl", ".rq", ".jsonld", ".json")
FOLDERS = ("data", "ontology", "queries", "shapes")


def used(root: Path) -> Iterator[tuple[str, str]]:
    """The files with the terms they use, by local name."""
    for path in sorted(path for folder in FOLDERS for path in (root / folder).rglob("*") if path.is_file()):
        terms = [*written(path)]
        if path.suffix == ".ttl":
            terms += parsed(path)
        if path.suffix == ".csv":
            terms += types(path)
        for term in terms:
            yield path.relative_to(root).as_posix(), term


def written(path: Path) -> Iterator[str]:
    """The terms that the text of a file spells out, in strings and comments too."""
    if path.suffix in WHOLE_TEXT:
        for match in NAMED.finditer(path.read_text(encoding="utf-8")):
            yield match[1] or match[2]


def parsed(path: Path) -> Iterator[str]:
    """The terms in the triples of a Turtle file, whatever their prefix."""
    for triple in ox.parse(path.read_bytes(), format=ox.RdfFormat.TURTLE):
        for term in (triple.subject, triple.predicate, triple.object):
            if isinstance(term, ox.NamedNode) and term.value.startswith(NAMESPACE):
                yield term.value.removeprefix(NAMESPACE)


def types(path: Path) -> Iterator[str]:
    """The classes of a table's rows: by its own name, or by the column `type`."""
    if path.stem[:1].isupper():
        yield path.stem
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            for term in (row.get("type") or "").split("|"):
                if term.strip() and ":" not in term:
                    yield term.strip()


def undeclared(root: Path, declared: set[str]) -> list[tuple[str, str]]:
    """The uses of terms that are not declared, each once."""
    return sorted({(name, term) for name, term in used(root) if term not in declared})


@pytest.fixture(scope="module")
def declared(classes: set[rdflib.URIRef], properties: set[rdflib.URIRef]) -> set[str]:
    """The local names of all declared terms."""
    return {str(term).removeprefix(NAMESPACE) for term in classes | properties}


def test_only_declared_terms_are_used(root: Path, declared: set[str]) -> None:
    """Data, shapes, queries and the ontology itself use declared terms only."""
    assert undeclared(root, declared) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("data/x/a.ttl", "@prefix u: <https://w3id.org/uphold/ontology#> . [] u:invented 1 ."),
        ("data/x/Invented.csv", "id\n"),
        ("data/x/CallToAction.csv", "id,type\ncall:x-1,CallToAction|invented\n"),
        ("data/context.jsonld", '{"@context": {"uphold": "https://…", "x": {"@id": "uphold:invented"}}}'),
        ("queries/a.rq", "SELECT * WHERE { ?s uphold:invented ?o }"),
        ("queries/b.rq", "SELECT * WHERE { ?s <https://w3id.org/uphold/ontology#invented> ?o }"),
        ("shapes/a.ttl", '[] <http://www.w3.org/ns/shacl#select> "SELECT $this { $this uphold:invented ?o }" .'),
    ],
)
def test_an_undeclared_term_is_noticed(tmp_path: Path, declared: set[str], name: str, text: str) -> None:
    """A term that nobody declared is found in each kind of file."""
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    assert [(file, term.lower()) for file, term in undeclared(tmp_path, declared)] == [(name, "invented")]
