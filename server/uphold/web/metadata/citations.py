"""Citing: how to name a page, a result or a document for good, in the style of the APA and as BibTeX.

The date is that of the snapshot, and the address leads to the same answer for as long as the snapshot is kept.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from flask import request

from uphold.engines.interface import Dataset
from uphold.snapshots.snapshot import Snapshot

__all__ = ["AUTHOR", "PUBLISHER", "Citation", "cite_document", "cite_query"]

AUTHOR, PUBLISHER = "Uphold contributors", "Uphold"
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
    def name(self) -> str:
        """The title on one line."""
        return " ".join(self.title.split())

    @property
    def day(self) -> dt.date:
        """The day on which the snapshot was made."""
        return dt.date.fromisoformat(self.snapshot.created[:10])

    @property
    def text(self) -> str:
        """The citation in words: author, date, title, version, publisher, address."""
        dated = f"{self.day.year}, {self.day:%B} {self.day.day}"
        made = f"Snapshot {self.snapshot.id[:12]}"
        query = f"\n\nQuery:\n{self.query.strip()}" if self.query else ""
        return f"{AUTHOR}. ({dated}). {self.name} ({made}) [Data set]. {PUBLISHER}. {self.url}{query}"

    @property
    def bibtex(self) -> str:
        """The citation as a BibTeX entry, under a key of its own."""
        note = f"Data set. Snapshot {self.snapshot.id}"
        if self.query:
            note += f". Query: {' '.join(self.query.split())}"
        fields = {
            "title": f"{{{self.name.translate(ESCAPES)}}}",
            "author": f"{{{AUTHOR}}}",
            "year": str(self.day.year),
            "date": self.day.isoformat(),
            "publisher": f"{{{PUBLISHER}}}",
            "url": self.url,
            "note": note.translate(ESCAPES),
        }
        lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
        key = f"uphold-{self.snapshot.id[:12]}-{hashlib.sha256(self.url.encode()).hexdigest()[:6]}"
        return f"@misc{{{key},\n{lines}}}"


def cite_query(snapshot: Snapshot, query: str, dataset: Dataset | None, title: str = "Result of a query") -> Citation:
    """How to cite the result of a query; `title` is the question that it answers."""
    fields = [("query", query)]
    if dataset:
        fields += [("default-graph-uri", iri) for iri in dataset.default]
        fields += [("named-graph-uri", iri) for iri in dataset.named]
    path = f"snapshots/{snapshot.id}/sparql?{urlencode(fields, quote_via=quote)}"
    return Citation(snapshot, title, path, query)


def cite_document(snapshot: Snapshot, path: str, title: str) -> Citation:
    """How to cite the document about the thing at `path` (`id/…`)."""
    return Citation(snapshot, title, f"snapshots/{snapshot.id}/doc/{quote(path.removeprefix('id/'))}")
