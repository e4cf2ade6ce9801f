"""SPARQL-based constraints (SHACL 1.0, 5): their queries, with a place for the focus nodes, and their links."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TypeGuard

import pyoxigraph as ox
from lark import Token, Tree

from uphold.errors import UnsupportedShape
from uphold.sparql.parser import Node as QueryNode
from uphold.sparql.parser import ParsedQuery, UnexpectedTokenError, leaves, parse, subtrees
from uphold.validation.query_checks import check
from uphold.validation.query_groups import THIS, binds, group_of, selects_this
from uphold.validation.query_links import Link, links
from uphold.validation.shape_graph import first_message
from uphold.validation.triple_index import Node, TripleIndex, sh

__all__ = ["Constraint", "read_constraint", "with_focus"]

IMPORTS = ox.NamedNode("http://www.w3.org/2002/07/owl#imports")
FOCUS = f"VALUES {THIS} {{ <urn:uphold:focus-node> }}"


@dataclass(frozen=True, slots=True)
class Constraint:
    """The query of a constraint, in which `{focus}` stands for the pattern that binds ?this, and its links."""

    select: str
    message: str | None
    links: tuple[Link, ...]


def read_constraint(graph: TripleIndex, node: Node, shape: str) -> Constraint:
    """The constraint at a node of a shapes graph; raises `UnsupportedShape` for all but a SELECT that can be parsed."""
    texts = graph.objects(node, sh("select"))
    if len(texts) != 1:
        raise UnsupportedShape(f"{shape} has sh:sparql without one sh:select, which is not supported.")
    try:
        query = parse(prefixes(graph, node, shape) + texts[0].value)
        check(query, shape)
        select = with_focus(query)
        ox.Store().query(select.replace("{focus}", FOCUS))  # the engine checks more than the grammar
    except UnexpectedTokenError as problem:
        found = problem.token or "end"
        raise UnsupportedShape(f"The query of {shape} cannot be parsed: it has an unexpected {found}.") from problem
    except SyntaxError as problem:
        raise UnsupportedShape(f"The query of {shape} cannot be parsed: {problem}") from problem
    return Constraint(select, first_message(graph, node), tuple(links(query)))


def prefixes(graph: TripleIndex, node: Node, shape: str) -> str:
    """The prefixes of a query, declared at its sh:prefixes and their owl:imports (5.2.1)."""
    declared = {
        (graph.text(each, sh("prefix")), graph.text(each, sh("namespace")))
        for start in graph.objects(node, sh("prefixes"))
        for ontology in graph.reachable(start, IMPORTS)
        for each in graph.objects(ontology, sh("declare"))
    }
    if len(dict(declared)) < len(declared):
        raise UnsupportedShape(f"The query of {shape} has two namespaces for one sh:prefix (SHACL 5.2.1).")
    return "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in sorted(declared))


def with_focus(query: ParsedQuery, *, in_unions: bool = False) -> str:
    """The text of a query, with `{focus}` at the beginning of the group of each SELECT that names $this.

    With `in_unions` also in each group within a group that binds $this: the engine evaluates those by themselves.
    """
    every = list(subtrees(query.tree))
    groups = [group_of(part) for part in every if part.data in ("select_query", "sub_select") and selects_this(part)]
    if in_unions:
        inner = [part for group in every if group.data == "group" for part in group.children if is_group(part)]
        groups += [part for part in inner if binds(part.children) and not is_subquery(part)]
    places = sorted((leaves(group)[0].start_pos or 0) + 1 for group in groups)
    return " {focus}".join(query.text[start:end] for start, end in pairwise([0, *places, len(query.text)]))


def is_group(part: QueryNode) -> TypeGuard[Tree[Token]]:
    """Whether a part of a query is a group."""
    return isinstance(part, Tree) and part.data == "group"


def is_subquery(group: Tree[Token]) -> bool:
    """Whether a group has a subquery only."""
    return any(isinstance(part, Tree) and part.data == "sub_select" for part in group.children)
