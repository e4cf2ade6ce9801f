"""Templates: the statements that a solution of a rule gives (SPARQL 1.1 Query, 16.2)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, cast

import pyoxigraph as ox

from uphold.errors import RuleFailed
from uphold.rules.compiled import Rule, is_variable
from uphold.validation.query_patterns import Pattern

__all__ = ["Template"]

Subject = (ox.NamedNode, ox.BlankNode)


class Template:
    """The template of one rule, with terms in place of their text."""

    def __init__(self, rule: Rule) -> None:
        self.name = rule.name
        at = {name: number for number, name in enumerate(rule.variables)}
        parts = [parts_of(pattern) for pattern in rule.template]
        texts = {part for three in parts for part in three if not is_variable(part)}
        terms = {text: term_of(text) for text in texts}
        self.constants = [
            ox.Triple(*(terms[part] for part in three)) for three in parts if not any(map(is_variable, three))
        ]
        self.patterns = [
            tuple(at[part] if is_variable(part) else terms[part] for part in three)
            for three in parts
            if any(map(is_variable, three))
        ]
        """Terms, and the places of variables in `Rule.variables`."""

    def filled(self, solutions: Collection[Sequence[Any]]) -> set[ox.Triple]:
        """The statements of solutions with the values of `Rule.variables`; one that would lack a term is left out.

        Most solutions give many of the same statements, so equal ones are made once.
        """
        found = set(self.constants if solutions else ())
        for three in self.patterns:
            places = [part for part in three if isinstance(part, int)]
            for some in {tuple(values[place] for place in places) for values in solutions}:
                given = iter(some)
                subject, verb, value = (next(given) if isinstance(part, int) else part for part in three)
                if value is not None and isinstance(subject, Subject) and isinstance(verb, ox.NamedNode):
                    found.add(ox.Triple(subject, verb, value))
        return found

    def checked(self, triples: Iterable[ox.Triple]) -> frozenset[ox.Triple]:
        """The statements; raises `RuleFailed` if one is about a blank node."""
        found = frozenset(triples)
        if any(isinstance(term, ox.BlankNode) for triple in found for term in (triple.subject, triple.object)):
            raise RuleFailed(f"{self.name}: a derived node must have an IRI, so that it can be cited.")
        return found


def parts_of(pattern: Pattern) -> tuple[str, str, str]:
    """The terms and variables of a pattern in a template, which has no paths."""
    verb = pattern.verb if isinstance(pattern.verb, str) else pattern.verb.sparql
    return pattern.subject, verb, pattern.object


def term_of(text: str) -> Any:
    """The term that SPARQL writes so."""
    rows = cast(ox.QuerySolutions, ox.Store().query(f"SELECT ?term {{ VALUES ?term {{ {text} }} }}"))
    return next(iter(rows))["term"]
