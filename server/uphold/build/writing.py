"""Writing: the files of a snapshot, from graphs with canonical blank nodes.

Everything is written in order, so it is fastest to sort the lines of each graph once, before.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import json
import shutil
from collections.abc import Collection, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from itertools import chain
from pathlib import Path

import pyoxigraph as ox

from uphold.build.dataset_description import graph_counts
from uphold.build.portable_shapes import portable_shapes
from uphold.engines.oxigraph.store import load
from uphold.snapshots.downloads import stem
from uphold.snapshots.identity import digests_of, identity_of, sorted_lines
from uphold.snapshots.snapshot import DATA, INDEX, METADATA, STATISTICS, as_created
from uphold.snapshots.statistics import count_properties

__all__ = ["write_data", "write_dumps", "write_index", "write_metadata"]

Lines = Mapping[str, Collection[str]]
"""The statements of each graph."""


def write_data(graphs: Lines, folder: Path) -> bytes:
    """Write and return the quads, and write the union of all graphs with its statistics."""
    statements = dict.fromkeys(chain(*graphs.values()))
    quads, triples = sorted_lines(graphs), sorted_lines({"": statements})
    (folder / DATA).write_bytes(quads)
    (folder / "union.nt").write_bytes(triples)
    count_properties(triples.decode().split("\n")[:-1]).write(folder / STATISTICS)
    return quads


def write_index(folder: Path, *, unnamed: bool, union: bool) -> None:
    """Create the engine's index on disk, compacted: an uncompacted one measured 2-4 times slower.

    The arguments are those of `load`.
    """
    unfinished = folder / "index.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    store = ox.Store(str(unfinished))
    load(store, folder / DATA, unnamed=unnamed, union=union)
    store.optimize()
    store.flush()
    del store  # closes the files, so that the folder can be moved
    unfinished.rename(folder / INDEX)


def write_dumps(graphs: Lines, quads: bytes, folder: Path, base: str, prefixes: Mapping[str, str]) -> None:
    """Write the files for download and their checksums; equal snapshots give equal files."""
    with ThreadPoolExecutor() as pool:
        packed = pack_dumps(graphs, quads, base, dict(prefixes), pool)
    sums = []
    for name, content in sorted(packed.items()):
        (folder / name).write_bytes(content.result())
        sums.append(f"{hashlib.sha256(content.result()).hexdigest()}  {name}\n")
    (folder / "SHA256SUMS").write_text("".join(sums), "ascii")


def pack_dumps(
    graphs: Lines, quads: bytes, base: str, names: dict[str, str], pool: Executor
) -> dict[str, Future[bytes]]:
    """The compressed files by name: everything as N-Quads and TriG, each graph as Turtle, and the shapes for others."""
    in_order = ox.parse(quads, format=ox.RdfFormat.N_QUADS)
    trig = in_prefix_order(ox.serialize(in_order, format=ox.RdfFormat.TRIG, prefixes=names))
    packed = {"uphold.nq.gz": pool.submit(pack, quads), "uphold.trig.gz": pool.submit(pack, trig)}
    by_name = {stem(graph, base): lines for graph, lines in graphs.items()}
    for name, lines in {**by_name, **portable_shapes(graphs, base)}.items():
        triples = ox.parse(sorted_lines({"": lines}), format=ox.RdfFormat.N_TRIPLES)
        turtle = in_prefix_order(ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=names))
        packed[f"{name}.ttl.gz"] = pool.submit(pack, turtle)
    return packed


def pack(content: bytes) -> bytes:
    """The content compressed, without a time: at level 9, it takes two to three times as long and is 4% smaller."""
    return gzip.compress(content, 6, mtime=0)


def in_prefix_order(written: bytes | None) -> bytes:
    """Turtle or TriG with sorted prefixes: the serializer's order of them differs between runs."""
    lines = (written or b"").splitlines(keepends=True)
    count = next((at for at, line in enumerate(lines) if not line.startswith(b"@prefix ")), len(lines))
    return b"".join(sorted(lines[:count]) + lines[count:])


def write_metadata(graphs: Lines, folder: Path, base: str, prefixes: Mapping[str, str]) -> str:
    """Write the metadata, which make the folder a snapshot, and return its id."""
    digests = digests_of(graphs)
    metadata = {
        "id": identity_of(digests),
        "created": as_created(dt.datetime.now(dt.UTC)),
        "base": base,
        "quads": sum(map(len, graphs.values())),
        "triples": len(set(chain(*graphs.values()))),
        "graphs": graph_counts(graphs),
        "digests": digests,
        "prefixes": dict(prefixes),
    }
    (folder / METADATA).write_text(json.dumps(metadata, indent=1) + "\n", "utf-8")
    return identity_of(digests)
