"""What is published loads in other software as it does here: the same counts, and no character that stops a reader."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

import pyoxigraph as ox
import pytest

from uphold.snapshots.snapshot import Snapshot

NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
"""All but `Char`, production 2 of XML 1.0 (fifth edition)."""
DISCOURAGED = re.compile(
    "[\\x7F-\\x84\\x86-\\x9F\\uFDD0-\\uFDEF"
    + "".join(f"\\U{plane:04X}FFFE-\\U{plane:04X}FFFF" for plane in range(1, 17))
    + "]"
)
"""What section 2.2 of it says that authors should avoid."""


@pytest.fixture(scope="module")
def quads(project: Snapshot) -> list[ox.Quad]:
    """All statements of the project's own snapshot, each with its graph."""
    return list(ox.parse(path=str(project.data), format=ox.RdfFormat.N_QUADS))


def texts(quads: list[ox.Quad]) -> Iterator[tuple[str, str]]:
    """Each text of a literal or an IRI, with its statement."""
    for quad in quads:
        for term in quad:
            if isinstance(term, ox.Literal | ox.NamedNode):
                yield term.value, str(quad)


def test_each_statement_is_in_one_graph(quads: list[ox.Quad]) -> None:
    """Most engines match a triple once for each graph that has it, so that their counts would differ from ours."""
    graphs: dict[ox.Triple, set[str]] = defaultdict(set)
    for quad in quads:
        graphs[quad.triple].add(str(quad.graph_name))
    assert {str(triple): sorted(names) for triple, names in graphs.items() if len(names) > 1} == {}
    assert len(set().union(*graphs.values())) == 10  # as docs/model.md lists them


def test_no_text_holds_a_character_that_stops_a_reader(quads: list[ox.Quad]) -> None:
    """RDF/XML and the XML results of SPARQL cannot hold it, and some readers of N-Quads stop at its escape."""
    assert NOT_IN_XML.search("\b\ufffe")
    assert DISCOURAGED.search("\x85") is None
    assert DISCOURAGED.search("\U0010ffff")
    assert [held for text, held in texts(quads) if NOT_IN_XML.search(text) or DISCOURAGED.search(text)] == []
