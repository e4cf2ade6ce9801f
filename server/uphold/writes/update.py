"""Update: carries out a SPARQL 1.1 Update request on a draft, one operation after the other.

The engine's own update has no data set in which the default graph is the union of all graphs. So the engine parses each
operation and evaluates its pattern as a query with exactly the data set that the operation has; the templates are
filled here. Only patterns read the data, and nothing but the draft is changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from uphold.engines.oxigraph.datasets import Refusal, terms_in
from uphold.errors import GraphProtected, MalformedRequest, QueryNotSupported, QuerySyntaxError, UpdateFailed
from uphold.sparql.diagnostics import explain, shorten
from uphold.sparql.guard import Limits, inspect_update
from uphold.sparql.lexer import line_column
from uphold.sparql.updates import Data, Manage, Modify, Statement, Text, names_graphs, split
from uphold.writes.draft import Draft
from uphold.writes.pattern import DataSet, solutions
from uphold.writes.template import Template, moved, read_template
from uphold.writes.workspace import node

__all__ = ["UpdateRequest", "carry_out"]

PLACE = re.compile(r"^error at (\d+):(\d+):\s*(.*)", re.DOTALL)
FAILS = "DROP GRAPH <urn:uphold:no-graph> ;"
"""Fails in an empty store before what follows it is carried out, so that this is only parsed."""


@dataclass(frozen=True, slots=True)
class UpdateRequest:
    """The text of a request, and the graphs of the protocol (SPARQL 1.1 Protocol, 2.2.3)."""

    text: str
    using: tuple[str, ...] = ()
    using_named: tuple[str, ...] = ()


def carry_out(request: UpdateRequest, draft: Draft, graph: str | None = None) -> None:
    """Carry out a request on a draft; with a graph, that is its default graph, and it may change no other.

    Raises what `inspect_update` and `split` raise, `QuerySyntaxError`, `MalformedRequest` for graphs of the protocol
    beside USING or WITH, `GraphProtected`, `UpdateFailed`, and what `Draft.change` raises.
    """
    inspect_update(request.text, Limits.of(draft.settings))
    statements = split(request.text)
    if (request.using or request.using_named) and names_graphs(statements):
        raise MalformedRequest(
            "The update has USING or WITH, and the request has using-graph-uri or using-named-graph-uri.",
            remedy="Name the graphs in one of the two ways (SPARQL 1.1 Protocol, 2.2.3).",
        )
    evaluation = Evaluation(request, draft, graph)
    for statement in statements:
        evaluation.parse(statement)
    for statement in statements:
        evaluation.carry_out(statement)


class Evaluation:
    """The evaluation of one request."""

    def __init__(self, request: UpdateRequest, draft: Draft, graph: str | None) -> None:
        self.text, self.draft, self.only = request.text, draft, graph
        self.default = graph or ""
        self.prefixes, self.base = draft.workspace.prefixes, draft.workspace.base
        self.using, self.using_named = (tuple(map(absolute, each)) for each in (request.using, request.using_named))

    def parse(self, statement: Statement) -> None:
        """Have the engine parse an operation; raises `QuerySyntaxError` with the place in the request."""
        if isinstance(statement.operation, Modify):
            where = statement.operation.where
            query = self.as_query(statement, where)
            try:
                ox.Store().query(query, base_iri=self.base, prefixes=self.prefixes)
            except (SyntaxError, RuntimeError) as problem:
                raise self.fault(problem, where, query) from problem
        update = self.framed(f"{statement.prologue} {FAILS}", statement.text)
        try:
            ox.Store().update(update, base_iri=self.base, prefixes=self.prefixes)
        except SyntaxError as problem:
            raise self.fault(problem, statement.text) from problem
        except RuntimeError:
            return

    def as_query(self, statement: Statement, where: Text) -> str:
        """The pattern of an operation as a query."""
        return self.framed(f"{statement.prologue} SELECT *", where)

    def framed(self, head: str, part: Text) -> str:
        """A text with a part of the request in its second line, at the same column as in the request."""
        return f"{head}\n{' ' * (line_column(self.text, part.start)[1] - 1)}{part.text}"

    def fault(self, problem: Exception, part: Text, query: str = "") -> QuerySyntaxError:
        """The error for a fault that the engine found in a framed part, which may be a query."""
        found = PLACE.match(str(problem))
        detail, line, column = (found[3].strip(), int(found[1]), int(found[2])) if found else (str(problem), None, None)
        error = QuerySyntaxError(shorten(detail), line, column)
        if query or line is None:
            error = explain(query, self.prefixes, detail, line, column)
        first, start = line_column(self.text, part.start)
        if error.line is not None and error.line < 2:  # in the declarations before it
            error.line, error.column = first, start
        elif error.line is not None:
            error.line += first - 2
        return error

    def refusal(self, problem: Refusal, where: Text) -> QueryNotSupported:
        """The error for a pattern for which the engine would find other solutions than the standard."""
        line, column = line_column(self.text, where.start)
        if problem.line is not None and problem.line > 1:  # in the framed pattern, below its head
            line, column = line + problem.line - 2, problem.column or 1
        return QueryNotSupported(str(problem), line, column, remedy=problem.remedy)

    def carry_out(self, statement: Statement) -> None:
        """Carry out one operation."""
        match statement.operation:
            case Data() as data:
                quads = self.template(data.quads, statement).within(node(self.default)).filled([()], {})
                self.change(() if data.inserts else quads, quads if data.inserts else ())
            case Modify() as modify:
                self.modify(statement, modify)
            case Manage() as manage:
                self.manage(statement, manage)

    def change(self, removed: Iterable[ox.Quad], added: Iterable[ox.Quad]) -> None:
        """Change the draft; raises `GraphProtected` if the request is for one graph and this is about another."""
        if self.only is not None:
            removed, added = list(removed), list(added)
            for quad in (*removed, *added):
                if quad.graph_name != node(self.only):
                    asked = self.only or "the unnamed graph"
                    raise GraphProtected(f"The update changes {quad.graph_name}; the request is for {asked}.")
        self.draft.change(removed, added)

    def template(self, part: Text, statement: Statement) -> Template:
        """The template that a group is."""
        try:
            return read_template(part.text, statement.prologue, self.prefixes, self.base)
        except SyntaxError as problem:  # the lexer and the engine read it differently
            raise self.fault(problem, part) from problem

    def modify(self, statement: Statement, modify: Modify) -> None:
        """Delete and insert what templates make of the solutions of a pattern: all are found before any change."""
        names = [*filter(None, [modify.with_graph]), *modify.using, *modify.using_named]
        iris = dict(zip(names, self.resolved(names, statement), strict=True))
        with_graph = iris[modify.with_graph] if modify.with_graph else self.default
        templates = [
            self.template(part, statement).within(node(with_graph)) if part else Template([], "")
            for part in (modify.deletes, modify.inserts)
        ]
        using = tuple(iris[name] for name in modify.using) + self.using
        using_named = tuple(iris[name] for name in modify.using_named) + self.using_named
        graphs = DataSet((with_graph,)) if modify.with_graph or self.only is not None else DataSet()
        if using or using_named:
            graphs = DataSet(using, using_named)
        query = self.as_query(statement, modify.where)
        try:
            found = solutions(query, graphs, self.draft, counts=templates[1].has_blank_nodes)
            rows = [*map(tuple, found)]
        except (SyntaxError, ValueError, RuntimeError, OSError) as problem:
            raise self.fault(problem, modify.where, query) from problem
        except Refusal as problem:
            raise self.refusal(problem, modify.where) from problem
        places = {variable.value: place for place, variable in enumerate(found.variables)}
        self.change(*(template.filled(rows, places) for template in templates))

    def resolved(self, names: Sequence[str], statement: Statement) -> list[str]:
        """The IRIs of graphs that the request writes as IRIs or prefixed names."""
        if not names:
            return []
        return [iri.value for iri in terms_in(statement.prologue, names, self.base, self.prefixes)]

    def manage(self, statement: Statement, manage: Manage) -> None:
        """Carry out an operation on whole graphs. A graph without statements does not exist, and is none's failure."""
        draft = self.draft
        if manage.target in ("all", "named", "default"):
            names = [self.default] if manage.target in ("all", "default") else []
            names += draft.names() if manage.target in ("all", "named") else []
            names = [name for name in names if not draft.is_built(name)]
            if manage.verb in ("clear", "drop"):
                return self.change((quad for name in dict.fromkeys(names) for quad in draft.quads(name)), ())
        ends = [name for name in (manage.target, manage.source) if name not in ("", "default")]
        iris = dict(zip(ends, self.resolved(ends, statement), strict=True)) | {"default": self.default}
        target = iris[manage.target]
        match manage.verb:
            case "clear" | "drop":
                if draft.is_built(target):
                    raise GraphProtected(f"{target} is made from the project's files; no update removes it.")
                self.change(draft.quads(target), ())
            case "create":
                if draft.has(target) and not manage.silent:
                    raise UpdateFailed(f"There is a graph {target}.", *line_column(self.text, statement.text.start))
            case _:
                source = iris[manage.source]
                if source != target:
                    quads = draft.quads(source)
                    removed = draft.quads(target) if manage.verb != "add" else set()
                    removed |= quads if manage.verb == "move" else set()
                    self.change(removed, moved(quads, node(target)))
        return None


def absolute(iri: str) -> str:
    """The IRI; raises `MalformedRequest` if it is not an absolute one."""
    try:
        return ox.NamedNode(iri).value
    except ValueError as problem:
        raise MalformedRequest(f"{iri[:200]!r} is not an absolute IRI of a graph.") from problem
