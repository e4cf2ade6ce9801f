"""Join filters: the terms that a variable must be one of by the FILTERs of a group.

The engine tests a FILTER on each solution; it does not look up what a variable must be. VALUES with the same terms lets
it begin there. That has the same solutions if the variable has a value in each of them: an IRI is equal to nothing but
itself (SPARQL 1.1 Query, 17.4.1.7), and a solution joins with at most one of different terms.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lark import Token, Tree

from uphold.engines.oxigraph.group_elements import Element, binds_of, tree, trees
from uphold.sparql.parser import Node, leaves

__all__ = ["implied_values"]

IRIS = frozenset({"IRIREF", "PNAME_LN", "PNAME_NS"})


def implied_values(elements: Sequence[Element]) -> Iterator[Element]:
    """VALUES that the filters of a group imply, for variables that have a value in each solution."""
    given = {name: texts for each in elements if each.kind == "values" for name, texts in terms_of(each)}
    certain = binds_of(elements) - given.keys()
    for each in elements:
        for name, other in equalities(each.parts) if each.kind == "filter" else ():
            terms = given.get(other, ()) if isinstance(other, str) else other
            if name in certain and terms:
                certain -= {name}
                names = frozenset({name})
                yield Element("values", (), names, names, f"VALUES ?{name} {{ {' '.join(dict.fromkeys(terms))} }}")


def terms_of(values: Element) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The variable of VALUES with one variable, and its terms if all are IRIs."""
    tokens = leaves(values.parts[0]) if values.parts else []
    if len(tokens) > 1 and tokens[1].type == "VAR":
        terms = tokens[3:-1]
        yield tokens[1][1:], tuple(map(str, terms)) if all(term.type in IRIS for term in terms) else ()


def equalities(parts: Iterable[Node]) -> Iterator[tuple[str, str | tuple[str, ...]]]:
    """Each variable with the variable, or the IRIs, that it must be equal to where all these conditions are true."""
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


def equality(condition: list[Node]) -> Iterator[tuple[str, str | tuple[str, ...]]]:
    """What one condition says; `COALESCE(a = b, true)` says the same as `a = b` if both have a value."""
    first = condition[0]
    if len(condition) == 1 and isinstance(first, Tree):
        tokens = leaves(first)
        if first.data == "bracketed":
            yield from equalities([first])
        elif tokens[0].upper() == "COALESCE" and [token.upper() for token in tokens[-3:]] == [",", "TRUE", ")"]:
            yield from equalities(trees(first)[:1])
    elif condition[1:2] == ["="] and len(condition) == 3:
        for one, other in ((first, condition[2]), (condition[2], first)):
            left, right = single(one), single(other)
            if left and right and left.type == "VAR":
                yield left[1:], right[1:] if right.type == "VAR" else (str(right),) if right.type in IRIS else ()
    elif (name := single(first)) and name.type == "VAR" and str(condition[1]).upper() == "IN":
        terms = [single(part) for part in condition[2:] if tree(part)]
        if terms and all(term and term.type in IRIS for term in terms):
            yield name[1:], tuple(map(str, terms))


def single(part: Node) -> Token | None:
    """The only token of a part."""
    token, *more = leaves(part)
    return None if more else token
