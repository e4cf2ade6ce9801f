"""Rules: runs `queries/rules/*.rq`, which CONSTRUCT the derived graph from the source graphs.

Rules run in the order of their names, and a later rule sees the statements of an earlier one. A rule states its own
`uphold:Rule` node, and its derived nodes link to that rule and to their inputs. Statements already in the data are not
derived again, so that each is in only one graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyoxigraph as ox

from uphold.errors import RuleFailed
from uphold.rdf.sources import Files, graph_name

__all__ = ["derive", "rule_files"]


def rule_files(files: Files) -> list[Path]:
    """The rule files in the order of execution."""
    return sorted((files.root / "queries" / "rules").glob("*.rq"))


def derive(files: Files, quads: ox.Dataset) -> Iterator[ox.Quad]:
    """The quads of graph `derived`; raises `RuleFailed` naming the rule that fails."""
    store = ox.Store()
    store.extend(with_union(quads))
    graph = graph_name(files.base, "derived")
    for path in rule_files(files):
        found = [q for q in run(files, path, store, graph) if ox.Quad(q.subject, q.predicate, q.object) not in store]
        store.extend(with_union(found))
        yield from found


def with_union(quads: Iterable[ox.Quad]) -> Iterator[ox.Quad]:
    """The quads, with their union as the default graph, which the rules query."""
    for quad in quads:
        yield quad
        yield ox.Quad(quad.subject, quad.predicate, quad.object)


def run(files: Files, path: Path, store: ox.Store, graph: ox.NamedNode) -> Iterator[ox.Quad]:
    """The triples that one rule derives."""
    try:
        result = store.query(files.text(path))
    except (SyntaxError, ValueError) as problem:
        raise RuleFailed(f"{files.name(path)}: {problem}") from problem
    if not isinstance(result, ox.QueryTriples):
        raise RuleFailed(f"{files.name(path)}: a rule must be a CONSTRUCT query.")
    for triple in result:
        if isinstance(triple.subject, ox.BlankNode) or isinstance(triple.object, ox.BlankNode):
            raise RuleFailed(f"{files.name(path)}: a derived node must have an IRI, so that it can be cited.")
        yield ox.Quad(triple.subject, triple.predicate, triple.object, graph)
