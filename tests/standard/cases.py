"""Cases: a query, what SPARQL 1.1 Query says of it, the solutions that follow, and which other engine departs.

The comments on top of a file are, in this order: the section and what it says; for another engine that answers
otherwise, its name and why; the variables, or nothing for ASK and CONSTRUCT; then the solutions or triples, one a line
in the syntax of VALUES, or true or false. Numbers are compared by type and value.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox

__all__ = ["BASE", "CASES", "DATA", "ENGINES", "Case", "Found", "key"]

HERE = Path(__file__).parent
DATA = HERE / "data.trig"
BASE = "http://example.org/"
XSD = "http://www.w3.org/2001/XMLSchema#"
NUMBERS = {f"{XSD}integer", f"{XSD}decimal", f"{XSD}double"}
ENGINES = ("rdflib", "comunica")
Found = bool | Counter[tuple[str, ...]]
"""An answer: yes or no, or how often each solution or triple is in it."""


@dataclass(frozen=True)
class Case:
    """One case."""

    name: str
    query: str
    comments: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> Case:
        """The case in a file."""
        lines = path.read_text("utf-8").splitlines()
        comments = tuple(line.removeprefix("# ") for line in lines if line.startswith("# "))
        return cls(path.stem, "\n".join(line for line in lines if not line.startswith("# ")), comments)

    @cached_property
    def departures(self) -> dict[str, str]:
        """The engines that answer otherwise, and why."""
        notes = (comment.partition(": ") for comment in self.comments[1:])
        return {name: why for name, _, why in notes if name in ENGINES}

    @cached_property
    def expected(self) -> Found:
        """What the standard says."""
        rest = self.comments[1 + len(self.departures) :]
        if rest[0] in ("true", "false"):
            return rest[0] == "true"
        names = rest[0].split() if rest[0].startswith("?") else ["?s", "?p", "?o"]
        rows = rest[1:] if rest[0].startswith("?") else rest
        values = f"VALUES ({' '.join(names)}) {{ {' '.join(f'({row})' for row in rows)} }}"
        found = ox.Store().query(f"PREFIX : <{BASE}> SELECT {' '.join(names)} {{ {values} }}")
        assert isinstance(found, ox.QuerySolutions)
        return Counter(tuple(key(row[name[1:]]) for name in names) for row in found)

    @cached_property
    def variables(self) -> list[str]:
        """The variables of its solutions, without the question mark; none for ASK and CONSTRUCT."""
        return re.findall(r"\?(\w+)", next((each for each in self.comments if each.startswith("?")), ""))

    def solutions(self, rows: Iterable[dict[str, str]]) -> Found:
        """An answer with these solutions, each with a key for each variable that has a value."""
        return Counter(tuple(row.get(name, "") for name in self.variables) for row in rows)


def key(term: object) -> str:
    """A term as text that is the same for equal terms, numbers by type and value; empty for no value."""
    if term is None:
        return ""
    if isinstance(term, ox.Literal) and term.datatype.value in NUMBERS:
        return f"{term.datatype.value.removeprefix(XSD)} {Decimal(term.value).normalize()}"
    return str(term)


CASES = [Case.read(path) for path in sorted((HERE / "queries").glob("*.rq"))]
