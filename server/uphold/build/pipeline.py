"""Build pipeline: from source files to a published snapshot, or to an error without publication.

sources → rules → examples → catalogue → SHACL → canonical N-Quads → indexes, dumps → `current`. Equal
inputs give the same snapshot on every machine; a build whose inputs have been built before only makes that snapshot
current again.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import json
import shutil
import time
from collections import defaultdict
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pyoxigraph as ox

from uphold import __version__
from uphold.build.dataset_description import complete, graph_counts
from uphold.build.portable_shapes import portable_shapes
from uphold.build.rules import derive
from uphold.errors import DuplicateStatement, SnapshotNotFound
from uphold.questions.examples import as_data
from uphold.questions.files import load_questions
from uphold.rdf.sources import Files, graph_name, read, read_context
from uphold.search.index import write_search_index
from uphold.settings import Settings
from uphold.snapshots.publication_log import keep_only, record
from uphold.snapshots.snapshot import METADATA, Snapshot, publish, settle

__all__ = ["assemble", "build"]


def in_silence(text: str) -> None:
    """Discard a message."""


def build(settings: Settings, say: Callable[[str], None] = in_silence) -> Snapshot:
    """Build the files into a snapshot and make it current; `say` receives a message for each step.

    Raises `DataError` if a file cannot be read, a rule fails or the data do not conform; the current snapshot then
    stays the same.
    """
    began = time.monotonic()
    files = Files(settings.files, settings.base)
    memory = settings.state / "builds" / inputs_digest(files)
    try:
        snapshot = Snapshot.open(settings.state / "snapshots" / memory.read_text("ascii"))
        say(f"nothing has changed since snapshot {snapshot.id[:12]}")
    except (OSError, SnapshotNotFound):
        snapshot = make(files, settings.state, say)
        memory.parent.mkdir(parents=True, exist_ok=True)
        memory.write_text(snapshot.id, "ascii")
    publish(snapshot, settings.state)
    record(settings.state, snapshot.id)
    for identity in keep_only(settings.state, settings.keep_snapshots, snapshot.id):
        say(f"removed old snapshot {identity[:12]}")
    say(f"snapshot {snapshot.id[:12]} is current: {snapshot.quads} triples, {time.monotonic() - began:.1f} s")
    return snapshot


def inputs_digest(files: Files) -> str:
    """The inputs of a build: the files, and the versions of Uphold and of the libraries that determine a snapshot."""
    code = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        code.update(path.read_bytes())
    libraries = [version(name) for name in ("pyoxigraph", "shacl", "tantivy")]
    parts = [files.digest(), __version__, code.hexdigest(), *libraries]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def assemble(files: Files, say: Callable[[str], None] = in_silence) -> ox.Dataset:
    """The whole data set: source files, derived statements, questions and catalogue.

    Raises what `read`, `derive` and `complete` raise, and `DuplicateStatement`.
    """
    quads = read(files)
    say(f"read {len(quads)} triples")
    for quad in derive(files, quads):
        quads.add(quad)
    for quad in as_data(load_questions(files), files.base):
        quads.add(quad)
    complete(quads, files.base, prefixes(files))
    state_once(quads)
    say(f"derived: {len(quads)} triples including derived ones")
    return quads


def state_once(quads: ox.Dataset) -> None:
    """Raise `DuplicateStatement` for a triple in two graphs: most engines would count it twice in their union."""
    graphs: dict[ox.Triple, list[str]] = defaultdict(list)
    for quad in quads:
        graphs[quad.triple].append(str(quad.graph_name))
    twice = sorted((str(triple), sorted(names)) for triple, names in graphs.items() if len(names) > 1)
    if twice:
        triple, names = twice[0]
        raise DuplicateStatement(len(twice), triple, " and ".join(names))


def make(files: Files, state: Path, say: Callable[[str], None]) -> Snapshot:
    """Build and validate a snapshot on disk, without making it current."""
    from uphold.validation.data_set import check  # heavy to import, and not needed if nothing has changed

    quads = assemble(files, say)
    union = union_of(quads)
    shapes = [quad.triple for quad in quads.quads_for_graph_name(graph_name(files.base, "shapes"))]
    warnings = check(union, shapes, files.base).results
    for result in warnings:
        say(str(result))
    say(f"every node conforms to the shapes{f', with {len(warnings)} warnings' if warnings else ''}")
    lines = canonical(quads)
    identity = hashlib.sha256(lines).hexdigest()
    unfinished = state / "snapshots" / f"unfinished-{identity}"
    shutil.rmtree(unfinished, ignore_errors=True)
    (unfinished / "dumps").mkdir(parents=True)
    (unfinished / "data.nq").write_bytes(lines)
    union = union_of(quads)  # again, with canonical labels
    (unfinished / "union.nt").write_bytes(union)
    (unfinished / "with-union.nq").write_bytes(lines + union)
    write_index(unfinished)
    write_search_index(quads, unfinished / "search", files.base)
    write_dumps(quads, lines, unfinished / "dumps", files)
    metadata = {
        "id": identity,
        "created": dt.datetime.now(dt.UTC).replace(microsecond=0).isoformat(),
        "base": files.base,
        "quads": len(quads),
        "graphs": graph_counts(quads),
        "prefixes": prefixes(files),
    }
    (unfinished / METADATA).write_text(json.dumps(metadata, indent=1) + "\n", "utf-8")
    home = state / "snapshots" / identity
    settle(unfinished, home)
    return Snapshot.open(home)


def canonical(quads: ox.Dataset) -> bytes:
    """The canonical N-Quads of a data set (RDF Dataset Canonicalization, RDFC-1.0): sorted, blank nodes labelled."""
    quads.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    written = ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b""
    return b"".join(sorted(written.splitlines(keepends=True)))


def union_of(quads: ox.Dataset) -> bytes:
    """The triples of all graphs as N-Triples, each once.

    The engine can query the union of its graphs itself, but then counts a triple once for each graph that has it; so
    its default graph contains the union instead, loaded from one file to keep blank nodes identical.
    """
    return ox.serialize({quad.triple for quad in quads}, format=ox.RdfFormat.N_TRIPLES) or b""


def prefixes(files: Files) -> dict[str, str]:
    """The prefixes that queries need not declare: those of the tables' context."""
    return read_context(files).prefixes


def write_index(folder: Path) -> None:
    """Create the engine's index on disk, compacted: an uncompacted one measured 2-4 times slower."""
    store = ox.Store(str(folder / "index"))
    store.bulk_load(path=str(folder / "with-union.nq"), format=ox.RdfFormat.N_QUADS)
    store.optimize()
    store.flush()
    del store  # closes the files, so that the folder can be moved


def write_dumps(quads: ox.Dataset, lines: bytes, folder: Path, files: Files) -> None:
    """Write the files for download and their checksums; equal snapshots give equal files."""
    names = prefixes(files)
    in_order = sorted(quads, key=str)
    written = {
        "uphold.nq.gz": lines,
        "uphold.trig.gz": in_prefix_order(ox.serialize(in_order, format=ox.RdfFormat.TRIG, prefixes=names)),
    }
    graphs: dict[str, list[ox.Triple]] = {}
    for graph in graph_counts(quads):
        short = graph.removeprefix(f"{files.base}graph/").replace("/", "-")
        graphs[short] = [quad.triple for quad in in_order if quad.graph_name.value == graph]
    for name, triples in {**graphs, **portable_shapes(quads, files.base)}.items():
        turtle = ox.serialize(sorted(triples, key=str), format=ox.RdfFormat.TURTLE, prefixes=names)
        written[f"{name}.ttl.gz"] = in_prefix_order(turtle)
    sums = []
    for name, content in sorted(written.items()):
        packed = gzip.compress(content, mtime=0)
        (folder / name).write_bytes(packed)
        sums.append(f"{hashlib.sha256(packed).hexdigest()}  {name}\n")
    (folder / "SHA256SUMS").write_text("".join(sums), "ascii")


def in_prefix_order(written: bytes | None) -> bytes:
    """Turtle or TriG with sorted prefixes: the serializer's order of them differs between runs."""
    lines = (written or b"").splitlines(keepends=True)
    count = next((at for at, line in enumerate(lines) if not line.startswith(b"@prefix ")), len(lines))
    return b"".join(sorted(lines[:count]) + lines[count:])
