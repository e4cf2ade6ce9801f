"""Checks of the query of a SPARQL-based constraint: what SHACL excludes, and what the compiler does not support."""

from __future__ import annotations

from collections.abc import Collection

from lark import Token, Tree

from uphold.errors import UnsupportedShape
from uphold.sparql.parser import ParsedQuery, subtrees
from uphold.validation.query_groups import (
    THIS,
    binds,
    child,
    direct_variables,
    group_of,
    selects_all,
    selects_this,
    variables,
)

__all__ = ["FORBIDDEN", "UNSUPPORTED", "check"]

FORBIDDEN = {"minus": "MINUS", "values": "VALUES", "service": "SERVICE"}
"""What SHACL excludes from queries with pre-bound variables (appendix A), by the parser's names."""
UNSUPPORTED = {
    "base": "BASE", "dataset_clause": "FROM", "lateral": "LATERAL", "limit": "LIMIT", "offset": "OFFSET",
    "triple_term": "a triple term", "expression_triple": "a triple term", "reified_triple": "a reified triple",
    "reifier": "a reifier", "annotation": "an annotation",
}  # fmt: skip
"""What the compiler does not support; LIMIT and OFFSET would count the results of all focus nodes together."""
NOT_BOUND = {"?shapesGraph", "?currentShape", "?PATH", "?message"}
"""Variables that SHACL binds or reads, and the compiler does not."""
BINDING = ("bind", "select_expression", "group_expression")


def check(query: ParsedQuery, shape: str, allowed: Collection[str] = ()) -> None:
    """Raise `UnsupportedShape` for a query that SHACL does not allow or that the compiler does not support.

    `allowed` has what another kind of query may have all the same, by the parser's names.
    """
    form = query.tree.children[1]
    if not isinstance(form, Tree) or form.data != "select_query" or not selects_this(form):
        raise UnsupportedShape(f"The query of {shape} does not select $this, which SHACL requires (5.2.1).")
    for name in sorted(variables(query.tree) & NOT_BOUND):
        raise UnsupportedShape(f"The query of {shape} uses ${name[1:]}, which is not supported.")
    for part in subtrees(query.tree):
        kind = part.data
        if kind in allowed:
            continue
        if kind in FORBIDDEN:
            problem = f"has {FORBIDDEN[kind]}, which SHACL does not allow (appendix A)"
        elif kind in UNSUPPORTED:
            problem = f"has {UNSUPPORTED[kind]}, which is not supported"
        elif kind in BINDING and THIS in direct_variables(part):
            problem = "binds $this, which SHACL does not allow (appendix A)"
        elif kind == "sub_select" and THIS in variables(part) and not (selects_this(part) or selects_all(part)):
            problem = "has a subquery with $this that does not select it, which SHACL does not allow (appendix A)"
        else:
            continue
        raise UnsupportedShape(f"The query of {shape} {problem}.")
    check_scope(group_of(child(query.tree, "select_query")), shape, bound=True)


def check_scope(group: Tree[Token], shape: str, *, bound: bool) -> None:
    """Raise `UnsupportedShape` for $this in an expression of a group that does not bind it.

    SHACL binds $this everywhere (appendix A). The compiler binds it in the group of each SELECT that names it, and in
    EXISTS it has the value that it has outside. `bound` says that it has one before the group.
    """
    bound_after = bound or binds(group.children)
    for at, part in enumerate(group.children):
        if not isinstance(part, Tree):
            continue
        bound_here = bound or binds(group.children[:at])
        bound_in_expression = {"filter": bound_after, "bind": bound_here}
        if THIS in variables(part) and not bound_in_expression.get(part.data, True):
            raise UnsupportedShape(f"The query of {shape} uses $this in a group that does not bind it: not supported.")
        match part.data:
            case "group":
                check_scope(part, shape, bound=False)
            case "graph":
                check_scope(group_of(part), shape, bound=False)
            case "optional":
                check_scope(group_of(part), shape, bound=bound_here)
            case "sub_select":
                check_scope(group_of(part), shape, bound=selects_this(part))
