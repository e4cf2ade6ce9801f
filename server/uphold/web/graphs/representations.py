"""Representations of a graph, and their ETags.

An ETag follows from the digest of the graph alone, so a write to another graph does not change it. That needs the same
bytes for the same statements, so the query orders them by what they are: the engine's own order depends on how a graph
came to be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyoxigraph as ox
from werkzeug.datastructures import ETags, Headers
from werkzeug.http import parse_etags

from uphold import __version__
from uphold.engines.interface import Answer, Dataset
from uphold.engines.oxigraph.store import UNNAMED
from uphold.engines.result_cache import BufferedResult
from uphold.errors import PreconditionFailed
from uphold.rdf.media_types import GRAPH_TYPES
from uphold.web.http.content_codings import COMPRESSORS
from uphold.web.http.etags import make_etag
from uphold.web.http.negotiation import DOCUMENT_ALIASES
from uphold.web.http.request_context import context, manager, open_snapshot

__all__ = ["content_of", "require", "tag_of"]

STATEMENTS = """CONSTRUCT { ?s ?p ?o } WHERE { SELECT ?s ?p ?o { ?s ?p ?o }
ORDER BY ?s ?p isLITERAL(?o) STR(?o) LANG(?o) STR(DATATYPE(?o)) IF(isBLANK(?o), ?o, "") }"""
LABELS = {**{form: form for form in GRAPH_TYPES}, **DOCUMENT_ALIASES}
"""The media types that a representation is labelled with, and the one that the engine writes."""


def tag_of(digest: str, label: str) -> str:
    """The opaque ETag of the representation of a graph with this digest, without quotes."""
    return make_etag("graph", digest, label, __version__, ox.__version__)


def content_of(graph: str, tag: str, form: str) -> BufferedResult:
    """The representation with this ETag in a media type, to be closed by the caller; raises what the engine raises."""
    dataset, engine = Dataset(default=(graph or UNNAMED.value,)), open_snapshot().engine

    def run(wanted: Callable[[], bool]) -> Answer:
        return engine.query(STATEMENTS, accept=form, dataset=dataset, wanted=wanted)

    return manager().result_cache.ask(tag, run, context().client.is_there)


def require(headers: Headers, graph: str, digests: Mapping[str, str]) -> None:
    """Raise `PreconditionFailed` unless the preconditions of a write hold (RFC 9110, 13.1.1, 13.1.2 and 13.2.2).

    `digests` has those of the graphs that are there. If-Match takes the tag of any representation, since a write
    changes all of them. The dates of graphs are not known, so If-Unmodified-Since has no effect (13.1.4).
    """
    there, tags = not graph or graph in digests, tags_of(digests.get(graph, ""))
    if wanted := headers.get("If-Match"):
        listed = parse_etags(wanted)
        if not there or not (listed.star_tag or names(listed, tags, weak=False)):
            state = "has another ETag" if there else "is not there"
            raise PreconditionFailed(f"If-Match is {wanted[:200]}; the graph {state}.")
    if unwanted := headers.get("If-None-Match"):
        listed = parse_etags(unwanted)
        if there and (listed.star_tag or names(listed, tags, weak=True)):
            raise PreconditionFailed(f"If-None-Match is {unwanted[:200]}; the graph is there.")


def tags_of(digest: str) -> set[str]:
    """The ETags of all representations of a graph, without content coding."""
    return {tag_of(digest, label) for label in LABELS}


def names(listed: ETags, tags: set[str], *, weak: bool) -> bool:
    """Whether a list has one of these tags, or that of a compressed variant."""
    given = {tag: tag.rpartition("-") for tag in listed.as_set(include_weak=weak)}
    return any(tag in tags or (start in tags and coding in COMPRESSORS) for tag, (start, _, coding) in given.items())
