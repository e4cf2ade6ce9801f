"""The id of a snapshot is made of the digests of its graphs, as docs/architecture.md states."""

from __future__ import annotations

import hashlib
import random
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from tests.standard.node import FOLDER, node_command, skip_without_packages
from uphold.errors import BlankNodeInTwoGraphs, UnreadableSource
from uphold.rdf.graphs import Graphs, graphs_of
from uphold.settings import Settings
from uphold.snapshots.identity import canonical, digests_of, identity_of
from uphold.snapshots.snapshot import current

ARCHITECTURE = Path(__file__).parents[2] / "docs" / "architecture.md"
CODE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def parsed(trig: str) -> Graphs:
    """The graphs of a TriG document."""
    return graphs_of(ox.parse(trig, format=ox.RdfFormat.TRIG))


def sha256(text: str) -> str:
    """The digest of a text, apart from our code."""
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture(scope="module")
def graphs(tiny: Settings) -> Graphs:
    """The graphs of the tiny data set, among them some with blank nodes."""
    return graphs_of(ox.parse(path=str(current(tiny.state).data), format=ox.RdfFormat.N_QUADS))


def test_another_library_finds_the_same_id_in_the_dump(client: FlaskClient, tiny: Settings, tmp_path: Path) -> None:
    """With the script of the documentation."""
    skip_without_packages()
    section = ARCHITECTURE.read_text("utf-8").split("## Snapshots\n")[1]
    language, script = CODE.findall(section)[0]
    assert language == "js"
    dump = client.get("/dumps/uphold.nq.gz")
    (tmp_path / "uphold.nq.gz").write_bytes(dump.data)
    (tmp_path / "node_modules").symlink_to(FOLDER / "node_modules")
    (tmp_path / "check.mjs").write_text(script, "utf-8")
    done = subprocess.run([*node_command(), "check.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == dump.headers["Uphold-Snapshot"] == current(tiny.state).id


def test_the_dump_has_the_lines_of_a_graph_without_blank_nodes(tiny: Settings) -> None:
    """Their digest is that of the graph, with no library at all."""
    snapshot = current(tiny.state)
    name = f"{snapshot.base}graph/places"
    lines = [line for line in snapshot.data.read_text("utf-8").split("\n") if line.endswith(f" <{name}> .")]
    assert len(lines) == snapshot.graphs[name] > 0
    assert snapshot.digests[name] == sha256("".join(f"{line}\n" for line in lines))


def test_the_metadata_have_the_digests_that_make_the_id(graphs: Graphs, tiny: Settings) -> None:
    """So that a write can update one."""
    snapshot = current(tiny.state)
    assert snapshot.digests == digests_of(graphs)
    assert snapshot.id == identity_of(snapshot.digests)
    assert snapshot.digests.keys() == snapshot.graphs.keys()


def test_the_id_is_a_digest_of_a_line_for_each_graph() -> None:
    """The unnamed graph has the empty name, and comes first."""
    found = digests_of(
        parsed('<urn:s> <urn:p> "a" . <urn:b> { <urn:s> <urn:p> 1 } <urn:a> { <urn:s> <urn:p> <urn:o> }')
    )
    expected = {
        "": sha256('<urn:s> <urn:p> "a" .\n'),
        "urn:a": sha256("<urn:s> <urn:p> <urn:o> <urn:a> .\n"),
        "urn:b": sha256('<urn:s> <urn:p> "1"^^<http://www.w3.org/2001/XMLSchema#integer> <urn:b> .\n'),
    }
    assert found == expected
    lines = f" {expected['']}\nurn:a {expected['urn:a']}\nurn:b {expected['urn:b']}\n"
    assert identity_of(found) == sha256(lines)
    assert identity_of(dict(reversed(found.items()))) == sha256(lines)


def test_the_labels_of_blank_nodes_are_canonical_in_each_graph() -> None:
    """Each graph begins with c14n0, whatever the labels and graphs beside it."""
    alone = digests_of(parsed("<urn:g> { _:x <urn:p> <urn:o> }"))
    beside = digests_of(parsed("<urn:a> { _:z <urn:p> _:y } <urn:g> { _:y2 <urn:p> <urn:o> }"))
    assert alone["urn:g"] == beside["urn:g"] == sha256("_:c14n0 <urn:p> <urn:o> <urn:g> .\n")


def test_a_label_in_the_data_set_names_its_graph() -> None:
    """So labels are unique, and what happens to other graphs changes none."""
    trig = '<urn:g> { _:x <urn:p> "_:x" . <urn:s> <urn:p> _:x }'
    start = f"g{sha256('urn:g')[:8]}"
    expected = {f'_:{start}c14n0 <urn:p> "_:x" .', f"<urn:s> <urn:p> _:{start}c14n0 ."}
    assert canonical(parsed(trig))["urn:g"] == expected
    assert canonical(parsed(f"<urn:a> {{ _:a <urn:p> [] }} {trig}"))["urn:g"] == expected
    assert digests_of({"urn:g": expected}) == digests_of(parsed(trig))


def test_an_empty_graph_changes_no_id() -> None:
    """N-Quads cannot state one."""
    graphs = parsed("<urn:g> { <urn:s> <urn:p> <urn:o> }")
    assert digests_of({**graphs, "urn:empty": set()}) == digests_of(graphs)


def shuffled(graphs: Mapping[str, set[str]], seed: int) -> Graphs:
    """The same graphs, with the statements and graphs in another order and other labels of blank nodes."""
    chance = random.Random(seed)  # noqa: S311
    labels: dict[str, str] = {}
    found = {}
    for name, lines in chance.sample(sorted(graphs.items()), len(graphs)):
        renamed = [
            re.sub(
                r"_:g[0-9a-f]{8}c14n\d+",
                lambda label: labels.setdefault(label[0], f"_:b{chance.getrandbits(64)}"),
                line,
            )
            for line in chance.sample(sorted(lines), len(lines))
        ]
        found[name] = set(renamed)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_order_and_labels_make_no_difference(graphs: Graphs, seed: int) -> None:
    """Of graphs, statements and blank nodes."""
    assert any(re.search("_:g[0-9a-f]{8}c14n0", line) for lines in graphs.values() for line in lines)
    assert digests_of(shuffled(graphs, seed)) == digests_of(graphs)


def test_a_changed_graph_changes_its_own_digest_alone(graphs: Graphs) -> None:
    """And with it the id; each statement counts."""
    before = digests_of(graphs)
    for name, lines in graphs.items():
        after = digests_of({**graphs, name: lines - {min(lines)}})
        assert {each for each in before if before[each] != after.get(each)} == {name}
        assert identity_of(after) != identity_of(before)


@pytest.mark.parametrize(
    ("trig", "says"),
    [
        ("<urn:a> { _:x <urn:p> 1 } <urn:b> { _:x <urn:p> 2 }", "in <urn:a> and <urn:b>, in a statement with <urn:p>"),
        ("<urn:a> { <urn:s> <urn:p> _:x } <urn:b> { _:x <urn:q> 2 }", "in <urn:a> and <urn:b>"),
        ("<urn:s> <urn:p> _:x . <urn:b> { <urn:s> <urn:p> _:x }", "in <urn:b> and the unnamed graph"),
    ],
)
def test_a_blank_node_is_in_one_graph(trig: str, says: str) -> None:
    """Its label would else mean two things, or a graph would have no name of its own."""
    with pytest.raises(BlankNodeInTwoGraphs, match=says):
        canonical(parsed(trig))


def test_a_graph_has_an_iri() -> None:
    """A blank node has no name by which lines could be sorted."""
    with pytest.raises(UnreadableSource, match="must be an IRI"):
        parsed("_:g { <urn:s> <urn:p> 1 }")
