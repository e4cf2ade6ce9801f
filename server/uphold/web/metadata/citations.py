"""Citations of pages, results and documents, in APA style and as BibTeX.

The date is that of the snapshot, and the address returns the same content for as long as the snapshot is archived.
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
    """A citation: a title, a permanent address, and the query of a result."""

    snapshot: Snapshot
    title: str
    path: str
    query: str = ""

    @property
    def url(self) -> str:
        """The permanent address."""
        return f"{self.snapshot.base}{self.path}"

    @property
    def local(self) -> str:
        """The same address on this host."""
        return f"{request.script_root}/{self.path}"

    @property
    def name(self) -> str:
        """The title on one line."""
        return " ".join(self.title.split())

    @property
    def day(self) -> dt.date:
        """The date of the snapshot."""
        return dt.date.fromisoformat(self.snapshot.created[:10])

    @property
    def text(self) -> str:
        """The citation as text: author, date, title, version, publisher, address."""
        dated = f"{self.day.year}, {self.day:%B} {self.day.day}"
        made = f"Snapshot {self.snapshot.id[:12]}"
        query = f"\n\nQuery:\n{self.query.strip()}" if self.query else ""
        return f"{AUTHOR}. ({dated}). {self.name} ({made}) [Data set]. {PUBLISHER}. {self.url}{query}"

    @property
    def bibtex(self) -> str:
        """The citation as a BibTeX entry with a unique key."""
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
    """The citation of a query result; `title` is the question that it answers."""
    fields = [("query", query)]
    if dataset:
        fields += [("default-graph-uri", iri) for iri in dataset.default]
        fields += [("named-graph-uri", iri) for iri in dataset.named]
    path = f"snapshots/{snapshot.id}/sparql?{urlencode(fields, quote_via=quote)}"
    return Citation(snapshot, title, path, query)


def cite_document(snapshot: Snapshot, path: str, title: str) -> Citation:
    """The citation of the document about the resource at `path` (`id/…`)."""
    return Citation(snapshot, title, f"snapshots/{snapshot.id}/doc/{quote(path.removeprefix('id/'))}")
