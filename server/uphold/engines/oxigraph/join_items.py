"""Join items: the triple patterns of a query one by one, with their expected sizes, and which of them comes next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from lark import Token, Tree

from uphold.engines.oxigraph.group_elements import NONE, Element, GroupElements, Names, labels, last_of, names_of, tree
from uphold.engines.oxigraph.join_sizes import Sizes
from uphold.sparql.outline import span
from uphold.sparql.parser import Node, subtrees

__all__ = ["Item", "Patterns", "fixed", "in_order", "smallest"]

IRREGULAR = frozenset(
    {"anon", "blank_node_properties", "collection", "reified_triple", "triple_term", "annotation", "reifier"}
)
SOME = 10_000
"""The expected number of solutions of a pattern about which nothing is known."""


class Item(NamedTuple):
    """What is joined: its variables, and its expected size and its text if some variables have values."""

    names: Names
    size: Callable[[Names], float]
    text: Callable[[Names], str]


class Patterns:
    """Reads the triple patterns of one query."""

    def __init__(self, text: str, sizes: Sizes, groups: GroupElements) -> None:
        self.text, self.sizes, self.groups = text, sizes, groups

    def raw(self, node: Node) -> str:
        """The original text of a part."""
        return self.text[slice(*span(node))]

    def unchanged(self, each: Element) -> str:
        """The text of triple patterns or VALUES, which others may follow."""
        if each.text:
            return each.text
        (part,) = each.parts
        text = self.raw(part)
        return f"{text} ." if part.data == "triples_block" and part.children[-1] != "." else text

    def of(self, each: Element) -> Iterator[Item]:
        """The triple patterns of a plain element; those with blank nodes or annotations stay together."""
        (part,) = each.parts
        if any(one.data in IRREGULAR for one in subtrees(part)) or labels(part):
            yield Item(each.names, lambda _: SOME, fixed(self.unchanged(each)))
        elif part.data == "triples_block":
            for triples in part.children:
                if isinstance(triples, Tree):
                    yield from self.of_subject(triples)
        else:
            group = part if part.data == "group" else last_of(part)
            clause = self.text[span(part)[0] : span(group)[0]]
            names = names_of(part.children[:2]) if clause else NONE
            for item in (found for inner in self.groups.of(group) for found in self.of(inner)):
                text = f"{clause} {{ {item.text(NONE)} }}" if clause else item.text(NONE)
                yield Item(item.names | names, item.size, fixed(text))

    def of_subject(self, triples: Tree[Token]) -> Iterator[Item]:
        """The triple patterns with one subject."""
        subject, _ = triples.children
        verb = subject
        for part in last_of(triples).children:
            if tree(part) == "verb":
                verb = part
            elif tree(part) == "object":
                text = " ".join(map(self.raw, (subject, verb, part)))
                size = self.sizes.of(subject, verb, part)
                yield Item(names_of([subject, verb, part]), size, fixed(text))


def in_order(items: Sequence[Item], bound: Names) -> Iterator[tuple[Item, Names]]:
    """The items in the order in which they are joined, each with the variables that have values before it."""
    left = list(items)
    while left:
        best = next_of(left, bound)
        yield best, bound
        left = [item for item in left if item is not best]
        bound |= best.names


def next_of(items: Sequence[Item], bound: Names) -> Item:
    """The item with the fewest solutions of those that are connected with what is bound.

    One that is not connected comes first if it is smaller and leaves another one only to be tested.
    """

    def expected(item: Item) -> tuple[float, float]:
        return item.size(bound), item.size(NONE)

    connected = [item for item in items if item.names & bound]
    smallest_of_all = min(items, key=expected)
    if not connected or smallest_of_all in connected:
        return smallest_of_all
    best = min(connected, key=expected)
    known = bound | smallest_of_all.names
    tested = any(item.names & smallest_of_all.names and item.size(known) <= 1 for item in connected)
    return smallest_of_all if tested and smallest_of_all.size(bound) < best.size(bound) / 2 else best


def fixed(text: str) -> Callable[[Names], str]:
    """A text that does not depend on variables."""
    return lambda _: text


def smallest(items: Sequence[Item]) -> Callable[[Names], float]:
    """The size of the smallest item, with which a join begins; 1 if there is none."""
    return lambda bound: min((item.size(bound) for item in items), default=1)
