"""Checks that all servers return the same results; only then are their times comparable."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import pyoxigraph as ox

from bench.generate import SyntheticDataset
from bench.questions import BenchQuery
from bench.servers import Server

__all__ = ["differences"]


def differences(dataset: SyntheticDataset, questions: Sequence[BenchQuery], servers: Sequence[Server]) -> Iterator[str]:
    """A line for each query whose number of rows or triples differs between servers."""
    for question in questions:
        for text in [question.repeated(dataset)[0], *question.never_seen(dataset)]:
            sizes = {server.name: size(server, question, text) for server in servers}
            if len(set(sizes.values())) > 1:
                counts = ", ".join(f"{name} {number}" for name, number in sizes.items())
                yield f"{question.name}: results differ: {counts}"
                break


def size(server: Server, question: BenchQuery, text: str) -> str:
    """The number of rows or triples of a result, or the error."""
    try:
        body = server.ask(text, server.accept(question))
    except OSError as problem:
        return f"no answer ({problem})"
    if not question.returns_graph:
        return str(len(json.loads(body)["results"]["bindings"]))
    return str(len({triple.triple for triple in ox.parse(body, format=ox.RdfFormat.N_TRIPLES)}))
