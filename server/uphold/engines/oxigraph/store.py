"""Store: the engine's store with a snapshot in memory or on disk, and changes to it.

Each graph has its name in the store. The unnamed graph has one of our own there, because the store's default graph is
the union of all graphs if two of them share a triple: the engine's own union has a triple once for each graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox

from uphold.snapshots.change import Change
from uphold.snapshots.snapshot import Snapshot

__all__ = ["UNNAMED", "add_union", "apply", "load", "open_store"]

UNNAMED = ox.NamedNode("urn:uphold:unnamed-graph")
DEFAULT = ox.DefaultGraph()
READ_AT_ONCE = 16_000_000


def open_store(snapshot: Snapshot, index: str) -> ox.Store:
    """The snapshot's store: loaded into memory, or its index opened read-only."""
    if index == "disk":
        return ox.Store.read_only(str(snapshot.index))
    store = ox.Store()
    load(store, snapshot.data, unnamed="" in snapshot.graphs, union=snapshot.shares_triples)
    return store


def load(store: ox.Store, data: Path, *, unnamed: bool, union: bool) -> None:
    """Load the N-Quads of a snapshot into an empty store: whether any have no graph, and whether graphs share triples.

    Bulk loading renames blank nodes at random, and the order of rows depends on their labels; so lines with blank nodes
    are added with their own labels, and every process that loads a snapshot returns the same rows in the same order.
    """
    with data.open("rb") as file:
        while lines := file.readlines(READ_AT_ONCE):
            if unnamed:
                store.bulk_extend(quads(b"".join(lines)))
                continue
            store.bulk_load(b"".join(line for line in lines if b"_:" not in line), format=ox.RdfFormat.N_QUADS)
            store.bulk_extend(quads(b"".join(line for line in lines if b"_:" in line)))
    if union:
        add_union(store)


def add_union(store: ox.Store) -> None:
    """Make the union of all graphs the default graph."""
    store.extend([in_default(quad) for quad in store])


def quads(lines: bytes) -> Iterator[ox.Quad]:
    """The statements of N-Quads, with the name of the unnamed graph in the store."""
    for quad in ox.parse(lines, format=ox.RdfFormat.N_QUADS):
        named = quad.graph_name != DEFAULT
        yield quad if named else ox.Quad(quad.subject, quad.predicate, quad.object, UNNAMED)


def apply(store: ox.Store, change: Change, *, union: bool) -> bool:
    """Make a change to a store in memory; `union` says whether its default graph is the union of all graphs.

    The value says whether it is so afterwards: it is from the first statement on that two graphs share. No bulk
    loading, which needs threads that a forked process does not have.
    """
    for quad in quads(change.removed):
        store.remove(quad)
        if union and holders(store, quad) == [in_default(quad)]:
            store.remove(in_default(quad))
    added = list(quads(change.added))
    store.extend(added)
    if union:
        store.extend(map(in_default, added))
    elif any(len(holders(store, quad)) > 1 for quad in added):
        add_union(store)
        return True
    return union


def holders(store: ox.Store, quad: ox.Quad) -> list[ox.Quad]:
    """A statement in each graph that has it."""
    return list(store.quads_for_pattern(quad.subject, quad.predicate, quad.object))


def in_default(quad: ox.Quad) -> ox.Quad:
    """A statement in the default graph."""
    return ox.Quad(quad.subject, quad.predicate, quad.object)
