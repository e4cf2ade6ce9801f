"""Rules: runs `queries/rules/*.rq`, which CONSTRUCT the derived graph from the source graphs.

Rules run in the order of their names, and a later rule sees the statements of an earlier one. A rule states its own
`uphold:Rule` node, and its derived nodes link to that rule and to their inputs. Statements already in the data are not
derived again, so that each is in only one graph.
"""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pyoxigraph as ox

from uphold.errors import RuleFailed
from uphold.rdf.graphs import Graphs, in_graph, read_lines, split_line, union
from uphold.rdf.sources import Files

__all__ = ["derive", "rule_files"]

ALL = ox.NamedNode("urn:uphold:all")
"""The union of all graphs: the engine's own would have a statement as often as there are graphs with it."""


def rule_files(files: Files) -> list[Path]:
    """The rule files in the order of execution."""
    return sorted((files.root / "queries" / "rules").glob("*.rq"))


def derive(files: Files, graphs: Graphs) -> set[str]:
    """The statements of graph `derived`; raises `RuleFailed` naming the rule that fails."""
    store, known = ox.Store(), union(graphs)
    named = (in_graph(lines, name) for name, lines in graphs.items() if name)
    store.bulk_load("\n".join(chain.from_iterable(named)), format=ox.RdfFormat.N_QUADS)
    store.bulk_load("\n".join(known), format=ox.RdfFormat.N_TRIPLES, to_graph=ALL)
    derived: set[str] = set()
    for path in rule_files(files):
        new = run(files, path, store) - known
        store.bulk_load("\n".join(new), format=ox.RdfFormat.N_TRIPLES, to_graph=ALL)
        known |= new
        derived |= new
    return derived


def run(files: Files, path: Path, store: ox.Store) -> set[str]:
    """The statements that one rule derives."""
    try:
        result = store.query(files.text(path), default_graph=ALL)
    except (SyntaxError, ValueError) as problem:
        raise RuleFailed(f"{files.name(path)}: {problem}") from problem
    if not isinstance(result, ox.QueryTriples):
        raise RuleFailed(f"{files.name(path)}: a rule must be a CONSTRUCT query.")
    found = set(read_lines(result.serialize(format=ox.RdfFormat.N_TRIPLES) or b""))
    for line in found:
        subject, _, value = split_line(line)
        if subject.startswith("_:") or value.startswith("_:"):
            raise RuleFailed(f"{files.name(path)}: a derived node must have an IRI, so that it can be cited.")
    return found
