"""Outline: the groups, GRAPH clauses, paths and data set clauses of a query, each with its place in the text.

It is built from the tree of a query that `rewriting` may have to change.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from lark import Token, Tree

from uphold.sparql.parser import Node, ParsedQuery, leaves
from uphold.sparql.routes import Route, read_route

__all__ = ["Block", "GraphClause", "GroupPattern", "Outline", "PropertyValue", "Subject", "TermPosition"]

ROLES = {"optional": "OPTIONAL", "minus": "MINUS", "service": "SERVICE", "lateral": "LATERAL", "exists": "EXISTS"}
CLAUSES = frozenset({"optional", "minus", "service", "lateral", "filter", "bind"})
TERMS = {"VAR": "variable", "BLANK_NODE": "blank"}
BRACKETED = {"anon": "blank", "nil": "constant", "literal": "constant"}


@dataclass(frozen=True, slots=True)
class TermPosition:
    """A subject or an object: its place, and its kind: `constant`, `variable`, `blank` or `other`.

    `blank` is `[]`, or a blank node label that occurs once in the query, which means the same.
    """

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class PropertyValue:
    """A property or path, as tokens and as a route, and one value of it."""

    path: list[Token]
    route: Route
    value: TermPosition


@dataclass(slots=True)
class Subject:
    """The subject of a triple pattern, with its properties and values."""

    term: TermPosition
    pairs: list[PropertyValue] = field(default_factory=list)


@dataclass(slots=True)
class Block:
    """Adjacent triple patterns: those with a subject, and those within brackets."""

    start: int
    end: int = 0
    subjects: list[Subject] = field(default_factory=list)
    unnamed: list[PropertyValue] = field(default_factory=list)


@dataclass(slots=True)
class GroupPattern:
    """A group in braces: the keyword before it, the keywords in it, and its parts in the order of the text."""

    start: int
    end: int = 0
    role: str = "GROUP"
    words: set[str] = field(default_factory=set)
    parts: list[Block | GraphClause | GroupPattern] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class GraphClause:
    """GRAPH, the name after it, and its group."""

    start: int
    name: Token
    group: GroupPattern

    @property
    def end(self) -> int:
        """The offset after it."""
        return self.group.end


class Place(NamedTuple):
    """An unread part of the tree, its group and block, and the keyword before it if it is a group."""

    part: Tree[Token]
    group: GroupPattern
    block: Block
    role: str


class Outline:
    """The parts of a query."""

    def __init__(self, query: ParsedQuery) -> None:
        self.text, self.tokens = query.text, query.tokens
        self.root = GroupPattern(0, len(self.text))
        self.labels = Counter(str(token) for token in self.tokens if token.type == "BLANK_NODE")
        self.dataset: list[tuple[bool, Token]] = []
        """The graphs that FROM (False) and FROM NAMED (True) name."""
        self.declared = 0
        """The offset after BASE and PREFIX."""
        pending = [Place(query.tree, self.root, Block(0), "GROUP")]
        while pending:
            pending.extend(reversed(self.read(pending.pop())))

    def tokens_in(self, group: GroupPattern | Block) -> list[Token]:
        """The tokens of a group or block."""
        first, last = (bisect_left(self.tokens, at, key=start_of) for at in (group.start, group.end))
        return self.tokens[first:last]

    def blocks(self, group: GroupPattern) -> Iterator[Block]:
        """The blocks of triple patterns in a group and its nested groups, in the order of the text."""
        for part in group.parts:
            if isinstance(part, Block):
                yield part
            else:
                yield from self.blocks(part.group if isinstance(part, GraphClause) else part)

    def read(self, place: Place) -> list[Place]:
        """Record a part of the tree, and return its children to read."""
        part, group, block, role = place
        match part.data:
            case "prologue":
                self.declared = start_of(self.tokens[len(leaves(part))])
            case "dataset_clause":
                self.dataset.append((len(part.children) == 3, leaves(part)[-1]))
            case "construct_template":
                return []
            case "group" | "short_group":
                inner = GroupPattern(*span(part), role)
                group.parts.append(inner)
                group = inner
            case "graph":
                group.words.add("GRAPH")
                _, name, opened = part.children
                inner = GroupPattern(*span(opened))
                group.parts.append(GraphClause(start_of(first_of(part)), first_of(name), inner))
                return [Place(each, inner, block, "GROUP") for each in children(opened) if isinstance(each, Tree)]
            case "select_query" | "sub_select":
                group.words.add("SELECT")
            case "triples_block":
                block = Block(*span(part))
                group.parts.append(block)
            case "triples" | "blank_node_properties" | "annotation":
                self.read_triples(part, block)
            case _:
                pass
        if part.data in CLAUSES:
            group.words.add(first_of(part).upper())
        role = ROLES.get(part.data, "GROUP")
        return [Place(each, group, block, role) for each in part.children if isinstance(each, Tree)]

    def read_triples(self, part: Tree[Token], block: Block) -> None:
        """Record a subject or a bracket, with its properties and values."""
        pairs = block.unnamed
        if part.data == "triples":
            subject = Subject(self.term(part.children[0]))
            block.subjects.append(subject)
            pairs = subject.pairs
        if len(part.children) > 1:
            self.note(part.children[1], pairs)

    def note(self, properties: Node, pairs: list[PropertyValue]) -> None:
        """Record properties and their values."""
        path, route = list[Token](), Route()
        for part in children(properties):
            if isinstance(part, Tree) and part.data == "verb":
                path, route = leaves(part), read_route(part.children[0])
            elif isinstance(part, Tree):
                pairs.append(PropertyValue(path, route, self.term(part)))

    def term(self, node: Node) -> TermPosition:
        """A subject, or an object with its annotations."""
        parts = node.children if isinstance(node, Tree) and node.data == "object" else [node]
        term = parts[0]
        kind = BRACKETED.get(term.data, "other") if isinstance(term, Tree) else TERMS.get(term.type, "constant")
        if isinstance(term, Token) and kind == "blank" and self.labels[str(term)] > 1:
            kind = "other"
        return TermPosition(*span(node), kind if len(parts) == 1 else "other")


def children(node: Node) -> list[Node]:
    """The subtrees of a part of the tree."""
    return node.children if isinstance(node, Tree) else []


def first_of(node: Node) -> Token:
    """The first token of a part of the tree."""
    while isinstance(node, Tree):
        node = node.children[0]
    return node


def start_of(token: Token) -> int:
    """The offset of a token in the text."""
    return token.start_pos or 0


def span(node: Node) -> tuple[int, int]:
    """The start and end of a part of the tree."""
    last = node
    while isinstance(last, Tree):
        last = last.children[-1]
    return start_of(first_of(node)), start_of(last) + len(last)
