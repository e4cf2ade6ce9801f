"""The files of a snapshot for download, with their checksums."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from uphold.snapshots.snapshot import Snapshot

__all__ = ["FORM", "WHOLE", "Download", "downloads", "file_names", "stem"]

WHOLE = ("uphold.nq.gz", "uphold.trig.gz")
FORM = "application/gzip"
SHAPES = ("shapes", "shapes-core")
ENDING = ".ttl.gz"


@dataclass(frozen=True, slots=True)
class Download:
    """One file to download."""

    name: str
    size: int
    sha256: str


def stem(graph: str, base: str) -> str:
    """The name of the download of a graph, without its ending."""
    return graph.removeprefix(f"{base}graph/").replace("/", "-")


def file_names(graphs: Iterable[str], base: str) -> list[str]:
    """The names of the downloads of a snapshot with these graphs, which need not be made."""
    return sorted({*WHOLE, *(f"{name}{ENDING}" for name in (*SHAPES, *(stem(graph, base) for graph in graphs)))})


def downloads(snapshot: Snapshot) -> list[Download]:
    """The files in the snapshot's list of checksums."""
    lines = (snapshot.dumps / "SHA256SUMS").read_text("ascii").splitlines()
    pairs = [line.split("  ", 1) for line in lines]
    return [Download(name, (snapshot.dumps / name).stat().st_size, digest) for digest, name in pairs]
