"""The ontology's page: as pyLODE wrote it, with a policy that lets in its own style and nothing else."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from pathlib import Path

from uphold.snapshots.snapshot import Snapshot

__all__ = ["ontology_html"]

INLINE = re.compile(r"<(style|script)\b([^>]*)>(.*?)</\1>", re.DOTALL)


def ontology_html(snapshot: Snapshot) -> tuple[str, str]:
    """The page and its Content-Security-Policy."""
    return read(snapshot.folder)


@lru_cache(maxsize=2)
def read(folder: Path) -> tuple[str, str]:
    """The page in a snapshot's folder, read once."""
    page = (folder / "ontology.html").read_text("utf-8")
    hashes: dict[str, list[str]] = {"style": ["'self'"], "script": []}
    for tag, _, content in INLINE.findall(page):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        hashes[tag].append(f"'sha256-{digest}'")
    policy = (
        f"default-src 'none'; style-src {' '.join(hashes['style'])}; script-src {' '.join(hashes['script'])}; "
        "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return page, policy
