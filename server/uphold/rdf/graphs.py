"""Graphs: the statements of a data set as N-Triples lines, by graph.

A build counts, compares and sorts all statements several times. Strings make that about ten times faster than terms.
A line has no final newline; the unnamed graph has the empty name. Labels of blank nodes mean the same in all graphs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

import pyoxigraph as ox

from uphold.errors import UnreadableSource

__all__ = [
    "Graphs",
    "as_quads",
    "as_triples",
    "graphs_of",
    "in_graph",
    "lines_of",
    "objects",
    "read_lines",
    "split_line",
    "union",
]

Graphs = dict[str, set[str]]


def lines_of(statements: Iterable[ox.Triple]) -> list[str]:
    """The statements as lines."""
    return read_lines(ox.serialize(statements, format=ox.RdfFormat.N_TRIPLES) or b"")


def read_lines(written: bytes) -> list[str]:
    """The lines of N-Triples or N-Quads; only a newline ends a line, which `str.splitlines` does not know."""
    return written.decode().removesuffix("\n").split("\n") if written else []


def graphs_of(quads: Iterable[ox.Quad]) -> Graphs:
    """The graphs of a data set; raises `UnreadableSource` if a blank node names one."""
    found: dict[str, list[ox.Triple]] = defaultdict(list)
    for quad in quads:
        if isinstance(quad.graph_name, ox.BlankNode):
            raise UnreadableSource("A blank node names a graph; the name of a graph must be an IRI.")
        found[getattr(quad.graph_name, "value", "")].append(quad.triple)
    return {name: set(lines_of(triples)) for name, triples in found.items()}


def as_quads(graphs: Graphs) -> Iterator[ox.Quad]:
    """The statements as quads."""
    written = "\n".join(chain.from_iterable(in_graph(lines, name) for name, lines in graphs.items()))
    return iter(ox.parse(written, format=ox.RdfFormat.N_QUADS))


def as_triples(lines: Iterable[str]) -> list[ox.Triple]:
    """The lines as triples."""
    return [quad.triple for quad in ox.parse("\n".join(lines), format=ox.RdfFormat.N_TRIPLES)]


def in_graph(lines: Iterable[str], name: str) -> Iterable[str]:
    """The lines as N-Quads, in the graph with this name."""
    end = f"<{name}> ."
    return (line[:-1] + end for line in lines) if name else lines


def split_line(line: str) -> tuple[str, str, str]:
    """Subject, predicate and object of a line, as N-Triples writes them."""
    subject, predicate, rest = line.split(" ", 2)  # only objects contain spaces
    return subject, predicate, rest[:-2]


def objects(lines: Iterable[str], predicate: str) -> Iterator[tuple[str, str]]:
    """Subject and object of the statements with this property, as N-Triples writes them."""
    for line in lines:
        subject, found, value = split_line(line)
        if found == predicate:
            yield subject, value


def union(graphs: Mapping[str, Iterable[str]]) -> set[str]:
    """The statements of all graphs, each once."""
    return set[str]().union(*graphs.values())
