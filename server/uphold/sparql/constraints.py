"""Constraints: rules for queries beyond the grammar (the notes of SPARQL 1.1 Query, 19.8, and 18.2.4).

Except in the simplest case, the engine checks whether a variable after AS is new: that needs the scope of each part.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lark import Token, Tree

from uphold.sparql.parser import NAMES, Node, ParsedQuery, leaves, subtrees

__all__ = ["Violation", "in_tokens", "in_tree"]

BAD_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*+\\(?![tbnrf\"'\\]|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})")
STEPS = frozenset({"IRIREF", "PNAME_LN", "PNAME_NS", "A", "VAR"})


class Violation(NamedTuple):
    """A violated constraint: its name, the token at fault, and the values for the message."""

    reason: str
    token: Token
    values: tuple[str, ...] = ()


def in_tokens(tokens: Iterable[Token], prefixes: set[str]) -> Violation | None:
    """The first undeclared prefix, or string with an invalid escape sequence.

    Prefixes declared before it are added to `prefixes`.
    """
    last = ""
    for token in tokens:
        if token.type in NAMES:
            prefix = token.partition(":")[0]
            if last == "PREFIX":
                prefixes.add(prefix)
            elif prefix not in prefixes:
                return Violation("prefix", token)
        elif token.type in ("STRING", "LONG_STRING") and "\\" in token and BAD_ESCAPE.search(token):
            return Violation("escape", token)
        last = token.type
    return None


def in_tree(query: ParsedQuery) -> Violation | None:
    """The first violation in the text, of the constraints that need the whole query."""
    return min(violations(query.tree), key=lambda each: each.token.start_pos or 0, default=None)


def violations(tree: Tree[Token]) -> Iterator[Violation]:
    """All violations."""
    for part in subtrees(tree):
        match part.data:
            case "select_query" | "sub_select":
                yield from of_selection(part)
            case "group":
                yield from of_binding(part)
            case "values":
                yield from of_rows(part)
            case "filter" | "bind":
                yield from (Violation("aggregated", leaves(each)[0]) for each in own(part, "aggregate"))
            case "construct_template" | "short_group":
                yield from (Violation("template", leaves(each)[0]) for each in own(part, "verb") if not is_simple(each))
            case "properties":
                yield from of_annotated(part)


def own(tree: Tree[Token], *names: str) -> Iterator[Tree[Token]]:
    """The subtrees with these names, except those in a group."""
    pending: list[Node] = [tree]
    while pending:
        part = pending.pop()
        if isinstance(part, Tree):
            if part.data in names:
                yield part
            pending.extend(each for each in reversed(part.children) if isinstance(each, Token) or each.data != "group")


def variables(children: Iterable[Node]) -> list[Token]:
    """The variables among these nodes."""
    return [each for each in children if isinstance(each, Token) and each.type == "VAR"]


def of_selection(select: Tree[Token]) -> Iterator[Violation]:
    """SELECT * with GROUP BY, a variable selected twice, or a variable without a single value per group."""
    clause, modifier = (each for each in select.children[:: len(select.children) - 1] if isinstance(each, Tree))
    plain = variables(clause.children)
    named: set[str] = set()
    for part in clause.children:
        for variable in [part] if isinstance(part, Token) else variables(part.children):
            if variable.type == "VAR":
                if variable[1:] in named:
                    yield Violation("twice", variable)
                named.add(variable[1:])
    grouping = next(
        (each for each in modifier.children if isinstance(each, Tree) and each.data == "group_clause"), None
    )
    star = next((each for each in clause.children if isinstance(each, Token) and each.type == "STAR"), None)
    if star and grouping:
        yield Violation("star", star)
    if grouping or any(own(clause, "aggregate")) or any(own(modifier, "aggregate")):
        parts = grouping.children if grouping else []
        named_keys = [each for part in parts if isinstance(part, Tree) for each in variables(part.children)]
        keys = {variable[1:] for variable in [*variables(parts), *named_keys]}
        yield from (Violation("ungrouped", variable) for variable in plain if variable[1:] not in keys)


def of_binding(group: Tree[Token]) -> Iterator[Violation]:
    """BIND to a variable that an earlier triple pattern or BIND of the same group has bound."""
    seen: set[str] = set()
    for part in group.children:
        if isinstance(part, Tree) and part.data == "triples_block":
            seen |= {token[1:] for token in leaves(part) if token.type == "VAR"}
        elif isinstance(part, Tree) and part.data == "bind":
            (variable,) = variables(part.children)
            if variable[1:] in seen:
                yield Violation("bound", variable)
            seen.add(variable[1:])


def of_rows(block: Tree[Token]) -> Iterator[Violation]:
    """Rows of VALUES whose length is not the number of variables, and repeated variables."""
    header = next((each for each in block.children if isinstance(each, Tree) and each.data == "variables"), None)
    if header is None:
        return
    names = variables(header.children)
    seen: set[str] = set()
    for name in names:
        if name[1:] in seen:
            yield Violation("repeated", name)
        seen.add(name[1:])
    for row in block.children:
        if isinstance(row, Tree) and row.data == "row" and len(row.children) - 2 != len(names):
            yield Violation("row", leaves(row)[0], (str(len(names)), str(len(row.children) - 2)))


def of_annotated(properties: Tree[Token]) -> Iterator[Violation]:
    """A reifier or an annotation on the value of a path."""
    simple = True
    for part in properties.children:
        if isinstance(part, Tree) and part.data == "verb":
            simple = is_simple(part)
        elif isinstance(part, Tree) and part.data == "object" and not simple and len(part.children) > 1:
            yield Violation("annotated_path", leaves(part.children[1])[0])


def is_simple(verb: Tree[Token]) -> bool:
    """Whether the predicate is a variable or a single property."""
    (part,) = verb.children
    return isinstance(part, Token) and part.type in STEPS
