"""Outline: the groups, GRAPH clauses, paths and data set clauses of a query, each with its place in the text.

Only queries that `rewriting` may have to change are read for it, by the grammar that also explains mistakes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from uphold.sparql.grammar import Grammar
from uphold.sparql.reading import Token

__all__ = ["Block", "Clause", "Group", "Outline", "Pair", "Subject", "Term"]

ROLES = ("OPTIONAL", "MINUS", "SERVICE", "LATERAL")


@dataclass(frozen=True, slots=True)
class Term:
    """A subject or an object: its place, and whether it is a `constant`, a `variable`, `blank` or `other`.

    `blank` is `[]`, and a label of a blank node that the query has once, which means the same.
    """

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A property or path, as tokens, and one value of it."""

    path: list[Token]
    value: Term


@dataclass(slots=True)
class Subject:
    """What begins a triple pattern, and what is said of it."""

    term: Term
    pairs: list[Pair] = field(default_factory=list)


@dataclass(slots=True)
class Block:
    """Triple patterns that stand together: those with a subject of their own, and those within brackets."""

    start: int
    end: int = 0
    subjects: list[Subject] = field(default_factory=list)
    unnamed: list[Pair] = field(default_factory=list)


@dataclass(slots=True)
class Group:
    """What stands in braces: the keyword before it, the keywords in it, and its parts in the order of the text."""

    start: int
    end: int = 0
    role: str = "GROUP"
    words: set[str] = field(default_factory=set)
    parts: list[Block | Clause | Group] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Clause:
    """GRAPH, the name after it, and its group."""

    start: int
    name: Token
    group: Group

    @property
    def end(self) -> int:
        """The place after it."""
        return self.group.end


class Outline(Grammar):
    """Reads a query; raises `Stop` at what the grammar does not know, `RecursionError` at what it cannot hold."""

    def __init__(self, text: str, prefixes: Mapping[str, str]) -> None:
        super().__init__(text, prefixes)
        self.text = text
        self.root = Group(0, len(text))
        self.labels = Counter(token.text for token in self.tokens if token.kind == "node")
        self.dataset: list[tuple[bool, Token]] = []
        """The graphs that FROM (False) and FROM NAMED (True) name."""
        self.declared = 0
        self.holder = self.root
        self.block, self.said = Block(0), list[Pair]()
        self.verb_tokens: list[Token] = []
        self.inside = 0
        self.query()

    def tokens_in(self, group: Group | Block) -> list[Token]:
        """The tokens of a group or block."""
        first, last = (bisect_left(self.tokens, at, key=lambda token: token.start) for at in (group.start, group.end))
        return self.tokens[first:last]

    def blocks(self, group: Group) -> Iterator[Block]:
        """The blocks of triple patterns in a group and in those within it, in the order of the text."""
        for part in group.parts:
            if isinstance(part, Block):
                yield part
            else:
                yield from self.blocks(part.group if isinstance(part, Clause) else part)

    def prologue(self) -> None:
        """Note where BASE and PREFIX end."""
        super().prologue()
        self.declared = self.now.start

    def body(self, *, needed: bool = True, grouped_star: Token | None = None, plain: list[Token] | None = None) -> None:
        """Note the graphs of the data set."""
        at = self.at
        while self.tokens[at].word == "FROM":
            named = self.tokens[at + 1].word == "NAMED"
            self.dataset.append((named, self.tokens[at + 1 + named]))
            at += 2 + named
        super().body(needed=needed, grouped_star=grouped_star, plain=plain)

    def select(self) -> None:
        """Note a SELECT within a group."""
        self.holder.words.add("SELECT")
        super().select()

    def group(self) -> None:
        """Note a group."""
        outer, self.holder = self.holder, Group(self.now.start)
        outer.parts.append(self.holder)
        super().group()
        self.holder.end = self.last.start + 1
        self.holder = outer

    def clause(self, seen: set[str]) -> None:
        """Note a clause, and the group that belongs to it."""
        keyword, name = self.now, self.after()
        self.holder.words.add(keyword.word)
        super().clause(seen)
        if keyword.word == "GRAPH":
            self.holder.parts[-1] = Clause(keyword.start, name, cast("Group", self.holder.parts[-1]))
        elif keyword.word in ROLES:
            self.name_role(keyword.word)

    def call(self) -> None:
        """Note a group after EXISTS."""
        exists = self.sees("EXISTS", "NOT")
        super().call()
        if exists:
            self.name_role("EXISTS")

    def name_role(self, word: str) -> None:
        """Note what stands before the group that was read last."""
        cast("Group", self.holder.parts[-1]).role = word

    def triples(self, *, template: bool = False) -> None:
        """Note a block of triple patterns."""
        self.block = Block(self.now.start)
        super().triples(template=template)
        self.block.end = self.last.start + len(self.last.text)
        if not template:
            self.holder.parts.append(self.block)

    def node(self) -> None:
        """Note what begins a triple pattern."""
        first = self.at
        self.inside += 1
        super().node()
        self.inside -= 1
        if not self.inside:
            self.block.subjects.append(Subject(self.spanned(first)))

    def properties(self) -> None:
        """Note of what something is said."""
        outer = self.said
        self.said = self.block.unnamed if self.last.text in ("[", "{|") else self.block.subjects[-1].pairs
        self.inside += 1
        super().properties()
        self.inside -= 1
        self.said = outer

    def verb(self) -> None:
        """Note a property or path."""
        first = self.at
        super().verb()
        self.verb_tokens = self.tokens[first : self.at]

    def annotated(self) -> None:
        """Note a value."""
        first, path = self.at, self.verb_tokens
        super().annotated()
        self.said.append(Pair(path, self.spanned(first)))
        self.verb_tokens = path

    def spanned(self, first: int) -> Term:
        """The term that was read from a token on."""
        opening, size = self.tokens[first], self.at - first
        kind = "variable" if opening.kind == "variable" else "constant"
        if opening.kind == "node":
            kind = "blank" if self.labels[opening.text] == 1 else "other"
        if opening.text in ("[", "(", "<<"):
            kind = {"[": "blank", "(": "constant"}.get(opening.text, "other") if size == 2 else "other"
        elif any(token.text in ("~", "{|") for token in self.tokens[first : self.at]):
            kind = "other"
        return Term(opening.start, self.last.start + len(self.last.text), kind)
