"""What requests make of a workspace with other data than those it was made for."""

from __future__ import annotations

import pyoxigraph as ox

from uphold.rdf.graphs import as_quads, graphs_of
from uphold.settings import Settings
from uphold.writes.operations import Operation, carry_out
from uphold.writes.workspace import Counts, Workspace


def fill(workspace: Workspace, quads: set[ox.Quad]) -> None:
    """Give a workspace other data; blank nodes get the labels that snapshots have."""
    workspace.store.clear()
    workspace.known.clear()
    workspace.prefixes = {"": "urn:t:", "base": f"{workspace.base}graph/"}
    for name, lines in graphs_of(quads).items():
        added = workspace.difference(name, lines)[1]
        workspace.known.clear()
        workspace.store.extend(as_quads({name: added}))
    graphs = graphs_of(workspace.store)
    union = {quad.triple for quad in workspace.store}
    sizes = {name: len(lines) for name, lines in graphs.items()}
    workspace.counts = Counts("", len(workspace.store), len(union), sizes, {})


def parsed(text: str, base: str) -> set[ox.Quad]:
    """The quads of a text in TriG."""
    start = f"PREFIX : <urn:t:> PREFIX base: <{base}graph/>"
    return set(ox.parse(f"{start} {text}", format=ox.RdfFormat.TRIG, rename_blank_nodes=False))


def after(workspace: Workspace, settings: Settings, *requests: Operation) -> dict[str, set[str]]:
    """The lines of each graph after requests, which leave the store as it was."""
    before = set(workspace.store)
    requested, _ = carry_out(requests, workspace, settings)
    assert set(workspace.store) == before
    graphs = graphs_of(before)
    for name, (removed, added) in requested.items():
        held = graphs.setdefault(name, set())
        assert removed <= held
        assert not added & held
        graphs[name] = (held - removed) | added
    return {name: lines for name, lines in graphs.items() if lines}
