"""Pattern: the solutions of the WHERE of an update, in the data set of the operation (SPARQL 1.1 Update, 3.1.3).

The engine searches the graphs of a default graph one after the other, and finds a triple once for each graph that has
it. An update makes a set of quads, so that matters only to a pattern that counts; for one, the graphs are merged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox

from uphold.engines.oxigraph.datasets import Chosen, overlap_query, terms_in
from uphold.engines.oxigraph.rewriting import rewrite_on
from uphold.sparql.guard import Limits, inspect
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
    """The engine's solutions of a query on a draft, as by the standard; raises what the engine raises, and `Refusal`.

    `counts` says that a solution that is found twice makes a difference, whatever the text says.
    """
    named = draft.names() if graphs.named is None else list(graphs.named)
    arguments: dict[str, Any] = {"named_graphs": [ox.NamedNode(name) for name in named]}
    store, default = draft.store, (None,) if graphs.default is None else tuple(map(node, graphs.default))
    if not (counts or COUNTING.intersection(keywords(text))) or not may_share(graphs, draft):
        arguments |= {"use_default_graph_as_union": True} if graphs.default is None else {"default_graph": [*default]}
    else:
        store = merged(draft, [*draft.names(), ""] if graphs.default is None else graphs.default, named)
        default = (ox.DefaultGraph(),)
    base, prefixes = draft.workspace.base, draft.workspace.prefixes
    if inspect(text, Limits.of(draft.settings)).may_depart:
        chosen = Chosen(store, arguments, default, tuple(named))
        text = rewrite_on(text, chosen, StoreEvaluator(base, store), prefixes)
    return store.query(text, base_iri=base, prefixes=prefixes, **arguments)


@dataclass(frozen=True, slots=True)
class StoreEvaluator:
    """Evaluates what the rewriting of a query asks, on a store."""

    base: str
    store: ox.Store

    def terms(self, declared: str, texts: Iterable[str], prefixes: dict[str, str]) -> list[Any]:
        """See `Evaluator.terms`."""
        return terms_in(declared, texts, self.base, prefixes)

    def overlap(self, declared: str, one: str, other: str, prefixes: dict[str, str]) -> bool:
        """See `Evaluator.overlap`."""
        text = overlap_query(declared, one, other)
        return bool(self.store.query(text, base_iri=self.base, prefixes=prefixes, use_default_graph_as_union=True))


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
