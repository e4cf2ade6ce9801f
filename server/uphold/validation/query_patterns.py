"""Triple patterns of a query: with absolute IRIs, and with new variables for blank nodes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count

from lark import Token, Tree

from uphold.errors import UnsupportedShape
from uphold.sparql.parser import Node, ParsedQuery, leaves, subtrees
from uphold.validation.paths import Path, joined, predicate
from uphold.validation.query_groups import variable, variables
from uphold.validation.triple_index import RDF

__all__ = ["Names", "Pattern", "PatternReader"]

Names = Mapping[str, str]
"""New names for some variables of a query."""
IRIS = ("IRIREF", "PNAME_LN", "PNAME_NS")
ESCAPED = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
NIL = f"<{RDF}nil>"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A triple pattern: its path, or a variable instead, and its ends; terms and variables are SPARQL text.

    `graph` is the graph that GRAPH names, or its variable; None for the default graph.
    """

    subject: str
    verb: Path | str
    object: str
    graph: str | None = None

    @property
    def path(self) -> Path | None:
        """The path; None for a variable."""
        return self.verb if isinstance(self.verb, Path) else None

    @property
    def text(self) -> str:
        """The pattern in SPARQL, without its graph."""
        return f"{self.subject} {self.verb.sparql if isinstance(self.verb, Path) else self.verb} {self.object} ."

    @property
    def variables(self) -> set[str]:
        """The variables at its ends."""
        return {end for end in (self.subject, self.object) if end.startswith("?")}


class PatternReader:
    """Reads the triple patterns of one query."""

    def __init__(self, query: ParsedQuery) -> None:
        used = variables(query.tree)
        self.new: Iterator[str] = (name for name in map("?hidden{}".format, count()) if name not in used)
        """Variables that the query does not have."""
        self.prefixes: dict[str, str] = {}
        for part in subtrees(query.tree):
            if part.data == "prefix":
                _, name, iri = leaves(part)
                self.prefixes[name[:-1]] = self.iri(iri)

    def block(self, block: Tree[Token], names: Names, graph: str | None = None) -> list[Pattern]:
        """The patterns of a block of triples in a graph."""
        reader = BlockReader(self, names, graph)
        for part in block.children:
            if isinstance(part, Tree):
                subject, *properties = part.children
                reader.properties(reader.node(subject), properties)
        return reader.patterns

    def iri(self, token: Token) -> str:
        """An IRI; `a` stands for rdf:type."""
        if token.type == "A":
            return f"{RDF}type"
        if token.type == "IRIREF":
            return ESCAPED.sub(lambda found: chr(int(found[1] or found[2], 16)), token[1:-1])
        prefix, _, name = token.partition(":")
        return self.prefixes[prefix] + name.replace("\\", "")

    def path(self, node: Node) -> Path:
        """A path; raises `UnsupportedShape` for a negated set."""
        match node:
            case Token():
                return predicate(self.iri(node))
            case Tree(data="alternatives"):
                return Path("alternative", parts=tuple(map(self.path, node.children[::2])))
            case Tree(data="sequence"):
                return joined(map(self.path, node.children[::2]))
            case Tree(data="inverse"):
                return Path("inverse", parts=(self.path(node.children[1]),))
            case Tree(data="repeated"):
                return Path(str(node.children[1]), parts=(self.path(node.children[0]),))
            case Tree(data="path_in_brackets"):
                return self.path(node.children[1])
        raise UnsupportedShape(f"The path {''.join(leaves(node))} in a query of the shapes is not supported.")


class BlockReader:
    """Reads the triple patterns of one block; labels of blank nodes mean nothing in others."""

    def __init__(self, query: PatternReader, names: Names, graph: str | None) -> None:
        self.query, self.names, self.graph = query, names, graph
        self.patterns: list[Pattern] = []
        self.labels: dict[str, str] = defaultdict(lambda: next(query.new))

    def properties(self, subject: str, properties: list[Node]) -> None:
        """Read the properties of a subject."""
        verb: Path | str = ""
        for part in (part for each in properties if isinstance(each, Tree) for part in each.children):
            if isinstance(part, Tree) and part.data == "verb":
                verb = self.verb(part.children[0])
            elif isinstance(part, Tree):
                self.patterns.append(Pattern(subject, verb, self.node(part.children[0]), self.graph))

    def verb(self, node: Node) -> Path | str:
        """A variable or a path."""
        return self.token(node) if isinstance(node, Token) and node.type == "VAR" else self.query.path(node)

    def token(self, token: Token) -> str:
        """A variable, blank node or IRI, or a part of a literal."""
        if token.type == "VAR":
            return self.names.get(variable(token), variable(token))
        if token.type == "BLANK_NODE":
            return self.labels[token]
        return f"<{self.query.iri(token)}>" if token.type in IRIS else token

    def node(self, node: Node) -> str:
        """A term or variable in SPARQL; what stands in brackets is read too."""
        match node:
            case Token():
                return self.token(node)
            case Tree(data="literal"):
                return "".join(map(self.token, leaves(node)))
            case Tree(data="nil"):
                return NIL
            case Tree(data="collection"):
                return self.collection(node.children[1:-1])
            case Tree(data="anon" | "blank_node_properties"):
                subject = next(self.query.new)
                self.properties(subject, node.children)
                return subject
        raise UnsupportedShape(f"{' '.join(leaves(node))} in a query of the shapes is not supported.")

    def collection(self, members: list[Node]) -> str:
        """The head of a list."""
        heads = [next(self.query.new) for _ in members]
        for head, member, rest in zip(heads, members, [*heads[1:], NIL], strict=True):
            self.patterns.append(Pattern(head, predicate(f"{RDF}first"), self.node(member), self.graph))
            self.patterns.append(Pattern(head, predicate(f"{RDF}rest"), rest, self.graph))
        return heads[0]
