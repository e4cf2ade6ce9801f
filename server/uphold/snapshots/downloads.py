"""The files of a snapshot for download, with their checksums."""

from __future__ import annotations

from dataclasses import dataclass

from uphold.snapshots.snapshot import Snapshot

__all__ = ["Download", "downloads"]


@dataclass(frozen=True, slots=True)
class Download:
    """One file to download."""

    name: str
    size: int
    sha256: str


def downloads(snapshot: Snapshot) -> list[Download]:
    """The files in the snapshot's list of checksums."""
    lines = (snapshot.dumps / "SHA256SUMS").read_text("ascii").splitlines()
    pairs = [line.split("  ", 1) for line in lines]
    return [Download(name, (snapshot.dumps / name).stat().st_size, digest) for digest, name in pairs]
