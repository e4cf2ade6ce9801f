"""The interface of engines: text in, a stream of bytes out, within limits of time and memory."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Protocol

import pyoxigraph as ox

from uphold.errors import MalformedRequest

__all__ = ["Answer", "Dataset", "Engine"]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer under way: its media type and its bytes, which come as the engine finds them.

    The generator raises `LimitExceeded` when the answer breaks off; whoever iterates must pass that on and never let a
    broken answer look whole. Close it to stop the query.
    """

    media_type: str
    chunks: Generator[bytes, None, None]

    def read(self) -> bytes:
        """The whole answer."""
        return b"".join(self.chunks)


@dataclass(frozen=True, slots=True)
class Dataset:
    """The graphs that a request asks about (SPARQL 1.1 Protocol, 2.1.4); they come before those that the query names.

    An IRI that no graph has is an empty graph.
    """

    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    @classmethod
    def of(cls, default: tuple[str, ...], named: tuple[str, ...]) -> Dataset:
        """The data set of these IRIs; raises `MalformedRequest` for one that is no absolute IRI."""
        for iri in (*default, *named):
            try:
                ox.NamedNode(iri)
            except ValueError as problem:
                raise MalformedRequest(f"{iri!r} is not the absolute IRI of a graph.") from problem
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
        """The answer to `text` in media type `accept`, begun within `deadline` seconds and ended within them too.

        It is about `dataset`, else about the graphs that the query names, else about the union of all graphs. `wanted`
        is asked now and then while the query runs; when it says no, the query is stopped with `ClientDisconnected`.

        Raises `ClientError` for a query that cannot be answered, `LimitExceeded` for one that needs too much.
        """
        ...

    def order(self) -> str:
        """Names the order in which rows come that no ORDER BY puts in order; equal names mean equal bytes."""
        ...

    def close(self) -> None:
        """End every query and every worker."""
        ...
