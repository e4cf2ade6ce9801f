"""Portable shapes: the shapes as other processors need them, for download.

Some processors look for the subclasses of a target in the shapes graph only, and some cannot run shapes that contain
`sh:sparql`. So both downloads contain the subclass statements of the ontology, and one of them has no SPARQL. The graph
`shapes` itself repeats nothing of the ontology.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

import pyoxigraph as ox

from uphold.rdf.graphs import as_triples, lines_of

__all__ = ["portable_shapes", "subclass_statements", "without_sparql"]

SHACL = "http://www.w3.org/ns/shacl#"
SPARQL, DECLARE = ox.NamedNode(f"{SHACL}sparql"), ox.NamedNode(f"{SHACL}declare")
SUBCLASS = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#subClassOf")


def portable_shapes(graphs: Mapping[str, Iterable[str]], base: str) -> dict[str, set[str]]:
    """The statements of each download as lines, by its name without ending: all rules, and those without SPARQL."""
    shapes, ontology = (as_triples(graphs.get(f"{base}graph/{name}", ())) for name in ("shapes", "ontology"))
    subclasses = subclass_statements(ontology, base)
    found = {"shapes": [*shapes, *subclasses], "shapes-core": [*without_sparql(shapes), *subclasses]}
    return {name: set(lines_of(triples)) for name, triples in found.items()}


def subclass_statements(ontology: Iterable[ox.Triple], base: str) -> list[ox.Triple]:
    """What the ontology and its alignments say about the superclasses of our own classes."""
    ours = f"{base}ontology#"
    return [
        triple
        for triple in ontology
        if triple.predicate == SUBCLASS
        and isinstance(triple.subject, ox.NamedNode)
        and triple.subject.value.startswith(ours)
    ]


def without_sparql(shapes: Collection[ox.Triple]) -> list[ox.Triple]:
    """The named shapes that have no `sh:sparql`, in themselves or in a part, and no prefixes for queries."""
    described: dict[object, list[ox.Triple]] = defaultdict(list)
    for triple in shapes:
        if triple.predicate != DECLARE:
            described[triple.subject].append(triple)
    names = [subject for subject in described if isinstance(subject, ox.NamedNode)]
    wholes = {name: whole(name, described) for name in names}
    left_out = {name for name, triples in wholes.items() if any(triple.predicate == SPARQL for triple in triples)}
    return [
        triple
        for name, triples in wholes.items()
        if name not in left_out
        for triple in triples
        if triple.object not in left_out
    ]


def whole(name: ox.NamedNode, described: dict[object, list[ox.Triple]]) -> list[ox.Triple]:
    """The triples about a thing and about its parts without a name."""
    found: list[ox.Triple] = []
    following: list[object] = [name]
    while following:
        triples = described.get(following.pop(), [])
        found += triples
        following += [triple.object for triple in triples if isinstance(triple.object, ox.BlankNode)]
    return found
