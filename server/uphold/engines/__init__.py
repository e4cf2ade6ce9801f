"""Engines answer queries about one snapshot: text in, a stream of bytes out, within limits of time and memory.

`Engine` is what every engine offers; `embedded` is the one that comes with Uphold. `guard` looks at a query before any
parser does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

__all__ = ["GRAPH_TYPES", "RESULT_TYPES", "Answer", "Engine"]

RESULT_TYPES = {
    "application/sparql-results+json": "json",
    "application/sparql-results+xml": "xml",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
}
"""Media types of SELECT and ASK results, with the file suffix of each."""

GRAPH_TYPES = {
    "text/turtle": "ttl",
    "application/n-triples": "nt",
    "application/ld+json": "jsonld",
    "application/rdf+xml": "rdf",
}
"""Media types of CONSTRUCT and DESCRIBE results, with the file suffix of each."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer under way: its media type and its bytes, which come as the engine finds them.

    The iterator raises `OverLimit` when the answer breaks off; whoever iterates must pass that on and never let a
    broken answer look whole. Close it to stop the query.
    """

    media_type: str
    chunks: Iterator[bytes]

    def read(self) -> bytes:
        """The whole answer."""
        return b"".join(self.chunks)


class Engine(Protocol):
    """Answers SPARQL 1.1 queries about the current snapshot."""

    def query(self, text: str, *, accept: str, deadline: float | None = None) -> Answer:
        """The answer to `text` in media type `accept`, begun within `deadline` seconds and ended within them too.

        Raises `WrongUse` for a query that cannot be answered, `OverLimit` for one that needs too much.
        """
        ...

    def close(self) -> None:
        """End every query and every worker."""
        ...
