"""The interface of engines: a query in, a stream of bytes out, within time and memory limits."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Protocol

import pyoxigraph as ox

from uphold.errors import MalformedRequest

__all__ = ["Answer", "Dataset", "Engine"]


@dataclass(frozen=True, slots=True)
class Answer:
    """A streamed result: its media type, and its bytes as the engine produces them.

    The generator raises `LimitExceeded` when the result is cut off; the caller must report that, never present the
    partial result as complete. Close the generator to stop the query.
    """

    media_type: str
    chunks: Generator[bytes, None, None]

    def read(self) -> bytes:
        """The whole result."""
        return b"".join(self.chunks)


@dataclass(frozen=True, slots=True)
class Dataset:
    """The data set of a request (SPARQL 1.1 Protocol, 2.1.4); it overrides the one in the query.

    An unknown graph IRI means an empty graph.
    """

    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    @classmethod
    def of(cls, default: tuple[str, ...], named: tuple[str, ...]) -> Dataset:
        """The data set of these IRIs; raises `MalformedRequest` unless all are absolute IRIs."""
        for iri in (*default, *named):
            try:
                ox.NamedNode(iri)
            except ValueError as problem:
                raise MalformedRequest(f"{iri!r} is not an absolute IRI of a graph.") from problem
        return cls(default, named)


class Engine(Protocol):
    """Answers SPARQL 1.1 queries about the current snapshot."""

    def query(
        self,
        text: str,
        *,
        accept: str,
        deadline: float | None = None,
        dataset: Dataset | None = None,
        wanted: Callable[[], bool] | None = None,
    ) -> Answer:
        """The result of `text` in media type `accept`, complete within `deadline` seconds.

        The deadline is at most the setting `query_timeout`, which is also its default.

        The query runs on `dataset`, else on the graphs that it names, else on the union of all graphs. `wanted` is
        polled while the query runs; when it returns False, the query is stopped with `ClientDisconnected`.

        Raises `ClientError` for a query that cannot be answered, `LimitExceeded` for one over a limit.
        """
        ...

    def order(self) -> str:
        """An identifier of the order of rows without ORDER BY; equal identifiers mean equal bytes."""
        ...

    def close(self) -> None:
        """Stop all queries and workers."""
        ...
