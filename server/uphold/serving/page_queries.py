"""Page queries: runs the files `queries/pages/*.rq` with bound terms.

A file marks the places for values with `VALUES ?name { UNDEF }`, which is valid SPARQL; terms replace `UNDEF` after the
RDF library has checked and written them, so no text of a request ever becomes part of a query.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping

import pyoxigraph as ox

from uphold.engines.interface import Engine
from uphold.rdf.sources import Files
from uphold.rdf.terms import Term, read_term

__all__ = ["PageQueries", "bind", "load"]

PLACE = re.compile(r"VALUES \?(\w+) \{ UNDEF \}")
RESULTS = "application/sparql-results+json"
TRIPLES = "application/n-triples"


def load(files: Files) -> dict[str, str]:
    """The text of each page query by its name."""
    return {path.stem: files.text(path) for path in sorted((files.root / "queries" / "pages").glob("*.rq"))}


def bind(text: str, terms: Mapping[str, Iterable[str]]) -> str:
    """The query with `terms`, in SPARQL syntax, at their places; each place must have some."""
    return PLACE.sub(lambda found: f"VALUES ?{found[1]} {{ {' '.join(terms[found[1]])} }}", text)


class PageQueries:
    """Runs page queries by name."""

    def __init__(self, engine: Engine, texts: Mapping[str, str]) -> None:
        self.engine, self.texts = engine, texts

    def rows(self, name: str, **terms: Iterable[str]) -> list[dict[str, Term]]:
        """The solutions of a SELECT; unbound variables are absent."""
        content = self.engine.query(bind(self.texts[name], terms), accept=RESULTS).read()
        solutions = ox.parse_query_results(content, format=ox.QueryResultsFormat.JSON)
        if isinstance(solutions, ox.QueryBoolean):
            raise TypeError(f"{name} is an ASK query")
        names = [variable.value for variable in solutions.variables]
        return [{n: read_term(s[n]) for n in names if s[n] is not None} for s in solutions]

    def truth(self, name: str, **terms: Iterable[str]) -> bool:
        """The result of an ASK."""
        content = self.engine.query(bind(self.texts[name], terms), accept=RESULTS).read()
        return bool(ox.parse_query_results(content, format=ox.QueryResultsFormat.JSON))

    def triples(self, name: str, **terms: Iterable[str]) -> list[ox.Triple]:
        """The triples of a CONSTRUCT, sorted, with blank nodes labelled by their statements."""
        content = self.engine.query(bind(self.texts[name], terms), accept=TRIPLES).read()
        found = ox.Dataset(ox.parse(io.BytesIO(content), format=ox.RdfFormat.N_TRIPLES))
        found.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
        return sorted((quad.triple for quad in found), key=str)
