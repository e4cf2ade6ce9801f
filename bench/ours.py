"""This project's own server, with the data of the benchmark as its snapshot."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import pyoxigraph as ox

from bench.servers import ROOT, Server
from uphold import __version__
from uphold.build import pipeline
from uphold.build.dataset_description import graph_counts
from uphold.rdf.sources import Files
from uphold.search.index import write_search_index
from uphold.settings import CANONICAL_BASE, Settings
from uphold.snapshots.snapshot import METADATA, Snapshot, publish

__all__ = ["Uphold", "write_snapshot"]

GRAPH = ox.NamedNode(f"{CANONICAL_BASE}graph/bench")


class Uphold(Server):
    """`uphold serve` on a snapshot of the data alone, without derivation, validation or dumps."""

    name = "uphold"
    get_it = "this project"
    environment: ClassVar[dict[str, str]] = {
        "PYTHONPATH": str(ROOT / "server"),
        "UPHOLD_QUERY_MEMORY_MB": "4096",
        "PYTHONWARNINGS": "",
    }

    @classmethod
    def version(cls) -> str:
        """The version of this working copy."""
        return f"uphold {__version__}"

    def before(self) -> None:
        """Write the snapshot."""
        began = time.monotonic()
        write_snapshot(self.data, self.folder)
        self.remarks.append(f"of its load time, {time.monotonic() - began:.1f} s wrote the snapshot")

    def command(self) -> Sequence[str]:
        """Serve with default settings."""
        flags = ["--state", str(self.folder), "--port", str(self.port)]
        return [sys.executable, "-m", "uphold.cli", "serve", *flags]


def write_snapshot(data: Path, state: Path) -> Snapshot:
    """Publish a file of triples as the current snapshot, in one graph, with the final steps of `uphold build`."""
    quads = ox.Dataset(
        ox.Quad(triple.subject, triple.predicate, triple.object, GRAPH)
        for triple in ox.parse(path=str(data), format=ox.RdfFormat.N_TRIPLES)
    )
    lines = pipeline.canonical(quads)
    identity = hashlib.sha256(lines).hexdigest()
    folder = state / "snapshots" / identity
    (folder / "dumps").mkdir(parents=True)
    (folder / "data.nq").write_bytes(lines)
    union = pipeline.union_of(quads)
    (folder / "union.nt").write_bytes(union)
    (folder / "with-union.nq").write_bytes(lines + union)
    pipeline.write_index(folder)
    write_search_index(quads, folder / "search", Settings().base)
    settings = Settings()
    metadata = {
        "id": identity,
        "created": dt.datetime.now(dt.UTC).replace(microsecond=0).isoformat(),
        "base": settings.base,
        "quads": len(quads),
        "graphs": graph_counts(quads),
        "prefixes": pipeline.prefixes(Files(settings.files, settings.base)),
    }
    (folder / METADATA).write_text(json.dumps(metadata, indent=1) + "\n", "utf-8")
    snapshot = Snapshot.open(folder)
    publish(snapshot, state)
    return snapshot
