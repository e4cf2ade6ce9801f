"""Media types of results and graphs."""

from __future__ import annotations

__all__ = ["GRAPH_TYPES", "QUAD_TYPES", "RESULT_TYPES"]

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

QUAD_TYPES = {"application/n-quads": "nq", "application/trig": "trig"}
"""Further media types of graphs, on request; they can name graphs, but the result of a CONSTRUCT has no names."""
