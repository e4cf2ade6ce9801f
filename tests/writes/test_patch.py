"""RDF Patch changes what its rows say, or is refused with the line of the wrong row."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.writes.updating import after, fill, parsed
from uphold.errors import BodySyntaxError, BodyTooLarge, GraphProtected, UnsafeBody
from uphold.rdf.graphs import graphs_of
from uphold.settings import Settings
from uphold.snapshots.identity import digests_of
from uphold.writes.operations import Kind, Operation, carry_out
from uphold.writes.workspace import Workspace

TABLE = tomllib.loads((Path(__file__).parent / "patches.toml").read_text("utf-8"))


def patch(text: str, graph: str | None = None) -> Operation:
    """The operation that a patch is."""
    return Operation(Kind.PATCH, graph, patch=text)


@pytest.mark.parametrize("case", TABLE["case"], ids=lambda case: case["name"])
def test_a_patch_does_what_its_rows_say(case: dict[str, Any], workspace: Workspace, tiny: Settings) -> None:
    """Contents are compared by their digests, for which the labels of blank nodes do not matter."""
    fill(workspace, parsed(TABLE["before"], tiny.base))
    found = after(workspace, tiny, patch(case["patch"], case.get("graph")))
    expected = graphs_of(parsed(case.get("after", TABLE["before"]), tiny.base))
    assert digests_of(found) == digests_of(expected), found


@pytest.mark.parametrize("case", TABLE["wrong"], ids=lambda case: case["patch"])
def test_a_wrong_row_is_named(case: dict[str, Any], workspace: Workspace, tiny: Settings) -> None:
    """And nothing changes."""
    fill(workspace, parsed(TABLE["before"], tiny.base))
    before = set(workspace.store)
    with pytest.raises(BodySyntaxError, match=case.get("words")) as caught:
        carry_out([patch(case["patch"])], workspace, tiny)
    assert caught.value.line == case["line"]
    assert set(workspace.store) == before


def test_labels_of_blank_nodes_are_those_of_the_data(workspace: Workspace, tiny: Settings) -> None:
    """So a statement about one can be deleted."""
    fill(workspace, parsed("GRAPH :g { _:x :p 1 ; :q 2 }", tiny.base))
    (node,) = {str(quad.subject) for quad in workspace.store}
    found = after(workspace, tiny, patch(f"D {node} <urn:t:p> 1 .\nA <{node}> <urn:t:r> 3 .", "urn:t:g"))
    assert digests_of(found) == digests_of(graphs_of(parsed("GRAPH :g { _:x :q 2 ; :r 3 }", tiny.base)))


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("A <urn:a> <urn:p> 'x' <urn:t:h> .", GraphProtected),
        ("A <javascript:a> <urn:p> 'x' .", UnsafeBody),
        ("A <urn:a> <urn:p> <vbscript:a> .", UnsafeBody),
        ("\n".join(f"A <urn:a> <urn:p> {number} ." for number in range(101)), BodyTooLarge),
    ],
)
def test_what_a_patch_may_not_do(text: str, error: type[Exception], workspace: Workspace, tiny: Settings) -> None:
    """Change another graph than that of the request, name unsafe IRIs, or be too large."""
    few = Settings(files=tiny.files, state=tiny.state, upload_max_triples=100)
    with pytest.raises(error):
        carry_out([patch(text, "urn:t:g")], workspace, few)
