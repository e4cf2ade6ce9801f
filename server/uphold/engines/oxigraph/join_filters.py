"""Join filters: the IRI that a variable must be by the FILTERs of a group.

The engine tests a FILTER on each solution; it does not look up what a variable must be. VALUES with the same IRI lets
it begin there. That has the same solutions if the variable has a value in each of them, because an IRI is equal to
nothing but itself (SPARQL 1.1 Query, 17.4.1.7). With several IRIs, a repeated one would repeat solutions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lark import Token, Tree

from uphold.engines.oxigraph.group_elements import Element, binds_of, trees
from uphold.sparql.parser import Node, leaves

__all__ = ["implied_values"]

IRIS = frozenset({"IRIREF", "PNAME_LN", "PNAME_NS"})


def implied_values(elements: Sequence[Element]) -> Iterator[Element]:
    """VALUES that the filters of a group imply, for variables that have a value in each solution."""
    given = {name: term for each in elements if each.kind == "values" for name, term in term_of(each)}
    certain = binds_of(elements) - given.keys()
    for each in elements:
        for name, other in equalities(each.parts) if each.kind == "filter" else ():
            term = given.get(other[1:], "") if other.type == "VAR" else other
            if name in certain and term:
                certain -= {name}
                names = frozenset({name})
                yield Element("values", (), names, names, f"VALUES ?{name} {{ {term} }}")


def term_of(values: Element) -> Iterator[tuple[str, Token]]:
    """The variable of VALUES for one variable, and its term if it is a single IRI."""
    tokens = leaves(values.parts[0]) if values.parts else []
    match [token.type for token in tokens[3:-1]]:
        case [kind] if kind in IRIS and tokens[1].type == "VAR":
            yield tokens[1][1:], tokens[3]


def equalities(parts: Iterable[Node]) -> Iterator[tuple[str, Token]]:
    """Each variable with the variable or the IRI that it must be equal to where all these conditions are true."""
    for part in parts:
        if not isinstance(part, Tree):
            continue
        if part.data in ("filter", "bracketed"):
            yield from equalities(trees(part))
        elif part.data == "expression" and "||" not in part.children:
            for condition in conjuncts(part):
                yield from equality(condition)


def conjuncts(expression: Tree[Token]) -> list[list[Node]]:
    """The conditions that an expression joins with `&&`."""
    found: list[list[Node]] = [[]]
    for part in expression.children:
        if part == "&&":
            found.append([])
        else:
            found[-1].append(part)
    return found


def equality(condition: Sequence[Node]) -> Iterator[tuple[str, Token]]:
    """What one condition says; `COALESCE(a = b, true)` says the same as `a = b` if both have a value."""
    first = condition[0]
    if len(condition) == 1 and isinstance(first, Tree):
        tokens = leaves(first)
        if first.data == "bracketed":
            yield from equalities([first])
        elif tokens[0].upper() == "COALESCE" and [token.upper() for token in tokens[-3:]] == [",", "TRUE", ")"]:
            yield from equalities(trees(first)[:1])
    elif len(condition) == 3 and condition[1] == "=":
        for one, other in ((first, condition[2]), (condition[2], first)):
            left, right = single(one), single(other)
            if left and right and left.type == "VAR" and (right.type == "VAR" or right.type in IRIS):
                yield left[1:], right


def single(part: Node) -> Token | None:
    """The only token of a part."""
    token, *more = leaves(part)
    return None if more else token
