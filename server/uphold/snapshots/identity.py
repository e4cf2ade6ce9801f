"""Identity: the id of a data set, a digest of the digests of its graphs.

A graph's digest is the SHA-256 of its canonical N-Quads (RDF Dataset Canonicalization, RDFC-1.0). The id is the SHA-256
of a line for each graph, `<name> <digest>` without the angle brackets, sorted by name. So a changed graph costs its own
digest alone. docs/architecture.md states the format, with a check for other tools.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from itertools import chain

import pyoxigraph as ox

from uphold.errors import BlankNodeInTwoGraphs
from uphold.rdf.graphs import Graphs, as_quads, in_graph, lines_of

__all__ = ["canonical", "digest_of", "digests_of", "identity_of", "marked", "sorted_lines"]


def canonical(graphs: Graphs) -> Graphs:
    """The same graphs with labels of blank nodes that follow from each graph's name and statements alone.

    A label is the canonical one in its graph (RDFC-1.0) after the start of a digest of the graph's name, so that a
    change of one graph changes no label in another. Raises `BlankNodeInTwoGraphs`.
    """
    nameless = with_blank_nodes(graphs)
    require_one_graph_each(as_quads(nameless))
    return {
        name: (lines - nameless[name]) | labelled(name, nameless[name], mark(name)) for name, lines in graphs.items()
    }


def mark(name: str) -> str:
    """The start of the labels of blank nodes in the graph with this name."""
    return f"g{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def labelled(name: str, lines: Collection[str], start: str) -> set[str]:
    """The statements of a graph, with its canonical labels of blank nodes after `start`."""
    if not lines:
        return set()
    quads = ox.Dataset(as_quads({name: set(lines)}))
    quads.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return set(lines_of(marked(quad.triple, start) for quad in quads))


def marked(triple: ox.Triple, start: str) -> ox.Triple:
    """A triple whose blank nodes have labels with this start."""
    subject, value = (
        ox.BlankNode(f"{start}{term.value}") if isinstance(term, ox.BlankNode) else term
        for term in (triple.subject, triple.object)
    )
    return ox.Triple(subject, triple.predicate, value)  # type: ignore[arg-type] # it is a subject


def with_blank_nodes(graphs: Graphs) -> Graphs:
    """The statements that may have a blank node."""
    return {name: {line for line in lines if "_:" in line} for name, lines in graphs.items()}


def require_one_graph_each(quads: Iterable[ox.Quad]) -> None:
    """Raise `BlankNodeInTwoGraphs` if a blank node is in more than one graph."""
    found: dict[str, object] = {}
    for quad in quads:
        for term in (quad.subject, quad.object):
            if isinstance(term, ox.BlankNode) and found.setdefault(term.value, quad.graph_name) != quad.graph_name:
                graphs = (found[term.value], quad.graph_name)
                names = sorted(str(name) if isinstance(name, ox.NamedNode) else "the unnamed graph" for name in graphs)
                raise BlankNodeInTwoGraphs(" and ".join(names), f"{quad.predicate}")


def digest_of(name: str, lines: Collection[str]) -> str:
    """The digest of one graph: the SHA-256 of its canonical N-Quads, in hexadecimal."""
    nameless = [line for line in lines if "_:" in line]
    if nameless:
        lines = set(lines).difference(nameless) | labelled(name, nameless, "")
    return hashlib.sha256(sorted_lines({name: lines})).hexdigest()


def digests_of(graphs: Mapping[str, Collection[str]]) -> dict[str, str]:
    """The digest of each graph that is not empty, by name."""
    return {name: digest_of(name, lines) for name, lines in sorted(graphs.items()) if lines}


def identity_of(digests: Mapping[str, str]) -> str:
    """The id of the data set whose graphs have these digests."""
    lines = "".join(f"{name} {digest}\n" for name, digest in sorted(digests.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def sorted_lines(graphs: Mapping[str, Iterable[str]]) -> bytes:
    """The statements of all graphs as sorted N-Quads; fast if those of each graph are in order."""
    lines = sorted(chain.from_iterable(in_graph(lines, name) for name, lines in graphs.items()))
    return "\n".join([*lines, ""]).encode()
