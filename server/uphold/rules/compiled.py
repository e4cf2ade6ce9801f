"""Compiled rules: which statements each rule reads and derives, and by which variable it can be divided.

The *key* of a rule is the first variable of its WHERE clause that has a value in each solution and that each subquery
with it selects: the solutions with one key do not depend on those with another. The key is renamed to ?this, so that
a rule is read as the validator reads the query of a SPARQL-based constraint.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from lark import Token, Tree

from uphold.errors import RuleFailed, UnsupportedShape
from uphold.rdf.sources import Files
from uphold.rules.full import rule_files
from uphold.sparql.parser import ParsedQuery, UnexpectedTokenError, leaves, parse, subtrees
from uphold.validation.query_checks import FORBIDDEN, UNSUPPORTED, check
from uphold.validation.query_groups import THIS, binds, child, group_of, selects_this, variable, variables
from uphold.validation.query_links import Link, links
from uphold.validation.query_patterns import Pattern, PatternReader
from uphold.validation.sparql_constraints import with_focus

__all__ = ["FOCUS", "Rule", "Rules", "compile_rules"]

FOCUS = "{focus}"
"""Stands in a query for the pattern that binds ?this."""
NOT_READ = ("derived", "questions", "void")
"""The graphs that a build adds after the rules have run, or that are what rules derive."""
VALUES = "values"
OPAQUE = {*FORBIDDEN, *UNSUPPORTED} - {VALUES}
"""What a rule may have although nothing follows from it about the statements that the rule reads."""
GROUPING = ("group_clause", "having_clause")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A rule: its query, the statements that it derives, and the links of the patterns that it reads.

    `links` is None if the rule may read anything. `select` is the query for its solutions with `{focus}` in it, with
    the columns `variables`; None if the rule cannot be divided.
    """

    name: str
    construct: str
    template: tuple[Pattern, ...] = ()
    links: tuple[Link, ...] | None = None
    select: str | None = None

    @property
    def variables(self) -> list[str]:
        """The key and the variables of the template, in the order of `select`."""
        return columns(self.template)

    def feeds(self, other: Rule) -> bool:
        """Whether another rule may read, outside GRAPH, what this one derives."""
        if self.links is None or other.links is None:
            return True
        read = [link.pattern for link in other.links if link.pattern.graph is None]
        return any(may_match(pattern, derived) for pattern in read for derived in self.template)


@dataclass(frozen=True, eq=False)
class Rules:
    """The rules of a data set in the order of execution; `derived` is the graph with what they derive.

    They do not read the graphs `not_read`.
    """

    rules: tuple[Rule, ...]
    derived: str
    not_read: frozenset[str]

    @cached_property
    def predicates(self) -> frozenset[str] | None:
        """The predicates of all statements that rules read or derive; None for any."""
        found: set[str] = set()
        for rule in self.rules:
            if rule.links is None or any(isinstance(each.verb, str) for each in rule.template):
                return None
            patterns = [*rule.template, *(link.pattern for link in rule.links)]
            found |= {step.predicate for each in patterns if each.path is not None for step in each.path.steps()}
        return frozenset(found)

    @cached_property
    def graphs(self) -> frozenset[str]:
        """The graphs that rules name."""
        every = chain.from_iterable(rule.links or () for rule in self.rules)
        return frozenset(link.pattern.graph[1:-1] for link in every if link.pattern.graph is not None)


def compile_rules(files: Files) -> Rules:
    """The rules of a data set; raises `RuleFailed` for one that cannot be read or derives blank nodes."""
    not_read = frozenset(f"{files.base}graph/{name}" for name in NOT_READ)
    rules = [compile_rule(path.name, files.text(path)) for path in rule_files(files)]
    return Rules(tuple(rules), f"{files.base}graph/derived", not_read)


def compile_rule(name: str, text: str) -> Rule:
    """One rule, from its CONSTRUCT query; raises `RuleFailed` as `compile_rules` does."""
    try:
        query = parse(text)
    except UnexpectedTokenError as problem:
        raise RuleFailed(f"{name}: unexpected {problem.token or 'end'}.") from problem
    form = query.tree.children[1]
    if not isinstance(form, Tree) or form.data != "construct_query":
        raise RuleFailed(f"{name}: a rule must be a CONSTRUCT query.")
    found = sorted({part.data for part in subtrees(query.tree)} & OPAQUE)
    if not isinstance(form.children[1], Tree) or form.children[1].data != "construct_template" or found:
        log.debug("rule %s runs in full whenever anything changes: %s", name, ", ".join(found) or "no template")
        return Rule(name, text)
    template = tuple(derived(query, form.children[1], name))
    try:
        keyed = with_key(query, form, template)
        rule = Rule(name, text, template, tuple(links(keyed or as_select(query, form, template, None))))
    except UnsupportedShape as problem:
        log.debug("rule %s runs in full whenever anything changes: %s", name, problem)
        return Rule(name, text)
    if any(link.path is None or is_variable(link.pattern.graph) for link in rule.links or ()):
        log.debug("rule %s runs in full whenever anything changes: a property or graph is a variable", name)
        return Rule(name, text)
    if keyed is None:
        log.debug("rule %s runs in full whenever something changes that it reads: it has no key", name)
        return rule
    return Rule(name, text, template, rule.links, with_focus(keyed, in_unions=True))


def derived(query: ParsedQuery, template: Tree[Token], name: str) -> Iterator[Pattern]:
    """The patterns of a template; raises `RuleFailed` for a blank node, which the reader replaces by a new variable."""
    reader = PatternReader(query)
    for part in template.children:
        if isinstance(part, Tree):
            for pattern in reader.block(part, {}):
                if not pattern.variables <= variables(template):
                    raise RuleFailed(f"{name}: a derived node must have an IRI, so that it can be cited.")
                yield pattern


def with_key(query: ParsedQuery, form: Tree[Token], template: tuple[Pattern, ...]) -> ParsedQuery | None:
    """The query for the solutions of a rule, with its key as ?this; None if no variable is a key."""
    where = child(form, "where_clause")
    if any(isinstance(part, Tree) and part.data in GROUPING for part in child(form, "solution_modifier").children):
        return None
    names = dict.fromkeys(variable(token) for token in leaves(where) if token.type == "VAR")
    for name in [THIS] if THIS in names else names:
        select = as_select(query, form, template, name)
        if is_key(select):
            return select
    return None


def is_key(query: ParsedQuery) -> bool:
    """Whether ?this has a value in each solution of a query and of its subqueries, which select it."""
    try:
        check(query, "a rule", allowed=(VALUES,))
    except UnsupportedShape:
        return False
    selects = [part for part in subtrees(query.tree) if part.data in ("select_query", "sub_select")]
    return all(binds(group_of(part).children) for part in selects if selects_this(part))


def as_select(query: ParsedQuery, form: Tree[Token], template: tuple[Pattern, ...], key: str | None) -> ParsedQuery:
    """The rule as a query for its solutions; the key gets the name ?this."""
    names = [f"({THIS} AS {name})" if name == key != THIS else name for name in columns(template)]
    written = names if key else ["*"]
    start, end = leaves(form)[0].start_pos or 0, (leaves(child(form, "construct_template"))[-1].start_pos or 0) + 1
    text, at = [query.text[:start], f"SELECT {' '.join(written)} "], end
    for token in leaves(form):
        if key and token.type == "VAR" and variable(token) == key and (token.start_pos or 0) >= end:
            text += [query.text[at : token.start_pos], THIS]
            at = (token.start_pos or 0) + len(token)
    return parse("".join([*text, query.text[at:]]))


def columns(template: Iterable[Pattern]) -> list[str]:
    """The key, and the variables of a template."""
    found: set[str] = set()
    for each in template:
        found |= each.variables | ({each.verb} if isinstance(each.verb, str) else set())
    return [THIS, *sorted(found - {THIS})]


def may_match(pattern: Pattern, derived: Pattern) -> bool:
    """Whether a pattern may read a statement that a template has."""
    if pattern.path is None or derived.path is None:
        return True
    objects = {pattern.object, derived.object}
    if pattern.path.kind == "predicate" and len(objects) == 2 and all(each.startswith("<") for each in objects):
        return False
    return any(f"<{step.predicate}>" == derived.path.sparql for step in pattern.path.steps())


def is_variable(term: object) -> bool:
    """Whether a part of a pattern is a variable."""
    return isinstance(term, str) and term.startswith("?")
