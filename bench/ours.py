"""This project's own server, with the data of the benchmark as its snapshot."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import ClassVar

import pyoxigraph as ox

from bench.servers import ROOT, Server
from bench.working_tree import working_tree
from uphold import __version__
from uphold.build.pipeline import prefixes
from uphold.build.writing import write_data, write_index, write_metadata
from uphold.rdf.graphs import lines_of, union
from uphold.rdf.sources import Files
from uphold.search.index import write_search_index
from uphold.settings import CANONICAL_BASE, Settings
from uphold.snapshots.identity import canonical
from uphold.snapshots.snapshot import Snapshot, publish

__all__ = ["Uphold", "UpholdBefore", "write_snapshot"]

WRITE = "import sys, pathlib, bench.ours; bench.ours.write_snapshot(*map(pathlib.Path, sys.argv[1:]))"
GRAPH = f"{CANONICAL_BASE}graph/bench"


class Uphold(Server):
    """`uphold serve` on a snapshot of the data alone, without derivation, validation or dumps."""

    name = "uphold"
    get_it = "this project"
    environment: ClassVar[dict[str, str]] = {
        "PYTHONPATH": str(ROOT / "server"),
        "UPHOLD_QUERY_MEMORY_MB": "4096",
        "UPHOLD_WARM_UP_SECONDS": "0",
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


class UpholdBefore(Uphold):
    """The same at an earlier commit, which writes its own snapshot."""

    name = "uphold-before"
    commit = "742df1e"
    """The last commit whose server gave the engine each query as it came, and loaded the data in each process."""

    @classmethod
    def version(cls) -> str:
        """The version and its commit."""
        return f"uphold {__version__} at {cls.commit}"

    def __init__(self, data: Path, folder: Path) -> None:
        super().__init__(data, folder)
        self.stack = ExitStack()

    def before(self) -> None:
        """Write the snapshot with the code of the commit."""
        root = self.stack.enter_context(working_tree(self.commit, self.folder / "files"))
        self.environment = {**super().environment, "PYTHONPATH": f"{root / 'server'}:{root}"}  # type: ignore[misc]
        subprocess.run(
            [sys.executable, "-c", WRITE, str(self.data), str(self.folder)],
            env={**os.environ, **self.environment},
            cwd=root,
            check=True,
        )

    def stop(self) -> None:
        """Stop it, and remove the files of the commit."""
        super().stop()
        self.stack.close()


def write_snapshot(data: Path, state: Path) -> Snapshot:
    """Publish a file of triples as the current snapshot, in one graph, with the final steps of `uphold build`."""
    triples = ox.parse(path=str(data), format=ox.RdfFormat.N_TRIPLES)
    graphs = canonical({GRAPH: set(lines_of(quad.triple for quad in triples))})
    folder = state / "snapshots" / "unfinished"
    folder.mkdir(parents=True)
    (folder / "dumps").mkdir()
    write_data(graphs, folder)
    write_index(folder, unnamed=False, union=False)
    settings = Settings()
    write_search_index(union(graphs), folder / "search", settings.base)
    files = Files(settings.files, settings.base)
    identity = write_metadata(graphs, folder, settings.base, prefixes(files))
    folder = folder.rename(folder.with_name(identity))
    snapshot = Snapshot.open(folder)
    publish(snapshot, state)
    return snapshot
