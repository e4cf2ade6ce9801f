"""Random queries: of every kind of pattern that a group can have, about a few nodes in three graphs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import pyoxigraph as ox

__all__ = ["GRAPHS", "RandomQueries", "random_data"]

EXAMPLE = "https://data.example/"
GRAPHS = ("a", "b", "c")
NODES, PROPERTIES, NUMBERS, VARIABLES = 7, 4, 4, "abcdef"
PER_GRAPH = 25


def random_data(random: Random) -> Iterator[ox.Quad]:
    """The same few triples in named graphs and in the default graph, which is their union."""
    for graph in GRAPHS:
        for _ in range(PER_GRAPH):
            value: ox.NamedNode | ox.Literal = node(random)
            if random.random() < 0.3:
                value = ox.Literal(random.randrange(NUMBERS))
            triple = node(random), ox.NamedNode(f"{EXAMPLE}p{random.randrange(PROPERTIES)}"), value
            yield ox.Quad(*triple, ox.NamedNode(EXAMPLE + graph))
            yield ox.Quad(*triple)


def node(random: Random) -> ox.NamedNode:
    """One of the nodes."""
    return ox.NamedNode(f"{EXAMPLE}{random.randrange(NODES)}")


class RandomQueries:
    """Makes queries; the engine may refuse some, such as one that binds a variable twice."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.made = 0

    def query(self) -> str:
        """A query for all variables."""
        values = f" VALUES {self.variable()} {{ {self.iri()} {self.iri()} }}" if self.random.random() < 0.15 else ""
        return f"SELECT * WHERE {self.group(0)}{values}"

    def group(self, depth: int) -> str:
        """A group of patterns."""
        parts = [self.triples()] if self.random.random() < 0.85 else []
        parts += [self.pattern(depth) for _ in range(self.random.randrange(4 if depth < 2 else 2))]
        return f"{{ {' '.join(parts)} }}"

    def pattern(self, depth: int) -> str:
        """One pattern of a group."""
        inner = depth + 1
        kinds: dict[Callable[[], str], int] = {
            self.triples: 25,
            lambda: f"OPTIONAL {self.group(inner)}": 15,
            self.bind: 10,
            lambda: f"FILTER ({self.condition(depth)})": 12,
            lambda: f"{self.group(inner)} UNION {self.group(inner)}": 10,
            lambda: self.group(inner): 7,
            lambda: f"MINUS {self.group(inner)}": 5,
            lambda: f"VALUES {self.variable()} {{ {self.iri()} {self.random.choice([self.iri(), 'UNDEF'])} }}": 6,
            lambda: f"GRAPH <{EXAMPLE}{self.random.choice(GRAPHS)}> {self.group(inner)}": 5,
            lambda: self.subquery(inner): 5 if depth < 2 else 0,
        }
        (make,) = self.random.choices(list(kinds), list(kinds.values()))
        return make()

    def triples(self) -> str:
        """Triple patterns with one subject."""
        pairs = [f"{self.path()} {self.term()}"]
        while self.random.random() < 0.4:
            pairs.append(f"{self.path()} {self.term()}")
        return f"{self.random.choice([self.variable(), self.variable(), self.iri()])} {' ; '.join(pairs)} ."

    def path(self) -> str:
        """A property, a variable or a path."""
        one, other = (f"<{EXAMPLE}p{self.random.randrange(PROPERTIES)}>" for _ in range(2))
        rare = [self.variable(), f"{one}/{other}", f"^{one}", f"{one}*", f"{one}+"]
        return one if self.random.random() < 0.75 else self.random.choice(rare)

    def bind(self) -> str:
        """A BIND, mostly to a new variable."""
        self.made += 1
        value = self.random.choice([self.variable(), f"STR({self.variable()})", f"COALESCE({self.variable()}, 1)"])
        return f"BIND ({value} AS {f'?v{self.made}' if self.random.random() < 0.7 else self.variable()})"

    def condition(self, depth: int) -> str:
        """A condition."""
        kinds = [
            f"{self.variable()} = {self.variable()}",
            f"{self.variable()} != {self.term()}",
            f"{self.variable()} = {self.iri()}",
            f"{self.variable()} IN ({self.iri()}, {self.iri()})",
            f"!BOUND({self.variable()})",
            f"COALESCE({self.variable()} = {self.variable()}, true)",
            f"ISIRI({self.variable()}) || {self.variable()} = 2",
        ]
        if depth < 2:
            kinds.append(f"{self.random.choice(['', 'NOT '])}EXISTS {self.group(depth + 1)}")
        return self.random.choice(kinds)

    def subquery(self, depth: int) -> str:
        """A subquery."""
        one, other = self.random.sample(VARIABLES, 2)
        if self.random.random() < 0.4:
            self.made += 1
            return f"{{ SELECT ?{one} (COUNT(*) AS ?n{self.made}) WHERE {self.group(depth)} GROUP BY ?{one} }}"
        return f"{{ SELECT {self.random.choice(['', 'DISTINCT '])}?{one} ?{other} WHERE {self.group(depth)} }}"

    def variable(self) -> str:
        """One of the variables."""
        return f"?{self.random.choice(VARIABLES)}"

    def iri(self) -> str:
        """One of the nodes."""
        return f"<{EXAMPLE}{self.random.randrange(NODES)}>"

    def term(self) -> str:
        """An object."""
        return self.random.choice([self.variable()] * 5 + [self.iri(), str(self.random.randrange(NUMBERS))])
