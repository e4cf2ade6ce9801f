"""Pattern: the solutions of the WHERE of an update, in the data set of the operation (SPARQL 1.1 Update, 3.1.3).

The engine searches the graphs of a default graph one after the other, and finds a triple once for each graph that has
it. An update makes a set of quads, so that matters only to a pattern that counts; for one, the graphs are merged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox

from uphold.sparql.lexer import keywords
from uphold.writes.draft import Draft
from uphold.writes.workspace import node

__all__ = ["DataSet", "solutions"]

COUNTING = frozenset("count sum avg group_concat limit offset bnode uuid struuid rand".split())  # noqa: SIM905
"""Words with which a solution that is found twice differs from one that is found once."""


@dataclass(frozen=True, slots=True)
class DataSet:
    """The graphs that a pattern sees: None is all of them, as the default graph their union."""

    default: tuple[str, ...] | None = None
    named: tuple[str, ...] | None = None


def solutions(text: str, graphs: DataSet, draft: Draft, *, counts: bool = False) -> Any:
    """The engine's solutions of a query on a draft; raises what the engine raises.

    `counts` says that a solution that is found twice makes a difference, whatever the text says.
    """
    named = draft.names() if graphs.named is None else list(graphs.named)
    arguments: dict[str, Any] = {"named_graphs": [ox.NamedNode(name) for name in named]}
    store = draft.store
    if not (counts or COUNTING.intersection(keywords(text))) or not may_share(graphs, draft):
        if graphs.default is None:
            arguments["use_default_graph_as_union"] = True
        else:
            arguments["default_graph"] = [node(name) for name in graphs.default]
    else:
        store = merged(draft, [*draft.names(), ""] if graphs.default is None else graphs.default, named)
    return store.query(text, base_iri=draft.workspace.base, prefixes=draft.workspace.prefixes, **arguments)


def may_share(graphs: DataSet, draft: Draft) -> bool:
    """Whether two graphs of the default graph may have a triple in common."""
    if graphs.default is not None:
        return len(graphs.default) > 1
    counted = draft.workspace.counts
    return bool(draft.added) or counted.quads != counted.triples


def merged(draft: Draft, default: Iterable[str], named: Iterable[str]) -> ox.Store:
    """A store with the merge of some graphs as its default graph, and with named graphs."""
    store = ox.Store()
    for name in default:
        store.bulk_extend(ox.Quad(quad.subject, quad.predicate, quad.object) for quad in draft.quads(name))
    for name in named:
        store.bulk_extend(draft.quads(name))
    return store
