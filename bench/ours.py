"""This project's own server, with the data of the benchmark as its snapshot."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import pyoxigraph as ox

from bench.servers import ROOT, Server
from uphold import __version__
from uphold.build.pipeline import prefixes
from uphold.build.writing import write_data, write_index, write_metadata
from uphold.rdf.graphs import lines_of, union
from uphold.rdf.sources import Files
from uphold.search.index import write_search_index
from uphold.settings import CANONICAL_BASE, Settings
from uphold.snapshots.identity import canonical
from uphold.snapshots.snapshot import Snapshot, publish

__all__ = ["Uphold", "write_snapshot"]

GRAPH = f"{CANONICAL_BASE}graph/bench"


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
    triples = ox.parse(path=str(data), format=ox.RdfFormat.N_TRIPLES)
    graphs = canonical({GRAPH: set(lines_of(quad.triple for quad in triples))})
    folder = state / "snapshots" / "unfinished"
    folder.mkdir(parents=True)
    (folder / "dumps").mkdir()
    write_data(graphs, folder)
    write_index(folder)
    settings = Settings()
    write_search_index(union(graphs), folder / "search", settings.base)
    files = Files(settings.files, settings.base)
    identity = write_metadata(graphs, folder, settings.base, prefixes(files))
    folder = folder.rename(folder.with_name(identity))
    snapshot = Snapshot.open(folder)
    publish(snapshot, state)
    return snapshot
