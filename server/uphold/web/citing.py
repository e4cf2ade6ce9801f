"""Citing: how to name a result or a document for good, as text and as BibTeX.

The date is that of the snapshot, and the address leads to the same answer for as long as the snapshot is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from flask import request

from uphold.engines import Dataset
from uphold.snapshot import Snapshot

__all__ = ["Citation", "cite_document", "cite_query"]

ESCAPES = str.maketrans(
    {
        **{sign: f"\\{sign}" for sign in "{}%&#_$"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
    }
)


@dataclass(frozen=True, slots=True)
class Citation:
    """What to cite: a title, a lasting address, and the query when it is a result."""

    snapshot: Snapshot
    title: str
    path: str
    query: str = ""

    @property
    def url(self) -> str:
        """The lasting address."""
        return f"{self.snapshot.base}{self.path}"

    @property
    def local(self) -> str:
        """The same on this host."""
        return f"{request.script_root}/{self.path}"

    @property
    def text(self) -> str:
        """The citation in words."""
        query = f"\n\nQuery:\n{self.query.strip()}" if self.query else ""
        made = f"snapshot {self.snapshot.id} of {self.snapshot.created[:10]}"
        return f"{self.title}. Uphold, {made}. {self.url}{query}"

    @property
    def bibtex(self) -> str:
        """The citation as a BibTeX entry."""
        day = self.snapshot.created[:10]
        note = f"Snapshot {self.snapshot.id}"
        if self.query:
            note += f". Query: {' '.join(self.query.split())}"
        fields = {
            "title": f"{{{self.title.translate(ESCAPES)}}}",
            "author": "{Uphold}",
            "year": day[:4],
            "date": day,
            "url": self.url,
            "note": note.translate(ESCAPES),
        }
        lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
        return f"@misc{{uphold-{self.snapshot.id[:12]},\n{lines}}}"


def cite_query(snapshot: Snapshot, query: str, dataset: Dataset | None) -> Citation:
    """How to cite the result of a query."""
    fields = [("query", query)]
    if dataset:
        fields += [("default-graph-uri", iri) for iri in dataset.default]
        fields += [("named-graph-uri", iri) for iri in dataset.named]
    path = f"snapshots/{snapshot.id}/sparql?{urlencode(fields, quote_via=quote)}"
    return Citation(snapshot, "Result of a query", path, query)


def cite_document(snapshot: Snapshot, path: str, title: str) -> Citation:
    """How to cite the document about the thing at `path` (`id/…`)."""
    return Citation(snapshot, title, f"snapshots/{snapshot.id}/doc/{quote(path.removeprefix('id/'))}")
