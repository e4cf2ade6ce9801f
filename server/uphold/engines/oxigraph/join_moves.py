"""Join moves: which elements of a group can come before others with the same solutions (see `join_order`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import takewhile

from uphold.engines.oxigraph.group_elements import JOINED, NONE, Element, Names, binds_of, labels
from uphold.sparql.parser import leaves

__all__ = ["given_by", "joined_first", "names_of_all", "settled"]


def settled(elements: Sequence[Element]) -> list[Element]:
    """The elements, with each that is joined before the clauses that it can precede."""
    placed: list[Element] = []
    for each in elements:
        at = len(placed)
        while each.kind in JOINED and at and can_precede(each, placed[at - 1], placed[: at - 1]):
            at -= 1
        clauses = [number for number, one in enumerate(placed) if number >= at and one.kind not in (*JOINED, "filter")]
        placed.insert(clauses[0] if clauses and not any(map(labels, each.parts)) else len(placed), each)
    return placed


def can_precede(each: Element, clause: Element, before: Sequence[Element]) -> bool:
    """Whether a joined element can come before a clause that is after others."""
    if clause.kind in JOINED or clause.kind == "filter":
        return True
    if clause.kind == "bind" and given_by(clause) & each.names:
        return False
    return each.names & clause.names <= binds_of(before)


def joined_first(placed: Sequence[Element]) -> tuple[list[Element], list[Element]]:
    """The elements that are joined before any other clause, and the rest without filters."""
    elements = [each for each in placed if each.kind != "filter"]
    first = list(takewhile(lambda each: each.kind in JOINED, elements))
    return first, elements[len(first) :]


def names_of_all(elements: Iterable[Element]) -> Names:
    """The variables of some elements."""
    return frozenset().union(*(each.names for each in elements))


def given_by(clause: Element) -> Names:
    """The variables to which a clause may give a value."""
    if clause.kind == "bind":
        return frozenset({leaves(clause.parts[0])[-2][1:]})
    return NONE if clause.kind == "minus" else clause.names
