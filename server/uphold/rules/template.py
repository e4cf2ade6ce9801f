"""Templates: the statements that a solution of a rule gives (SPARQL 1.1 Query, 16.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

import pyoxigraph as ox

from uphold.errors import RuleFailed
from uphold.rules.compiled import Rule, is_variable
from uphold.validation.query_patterns import Pattern

__all__ = ["Template"]


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

    def filled(self, values: Sequence[Any]) -> Iterator[ox.Triple]:
        """The statements with the values of `Rule.variables`; one that would lack a term is left out."""
        yield from self.constants
        for three in self.patterns:
            subject, verb, value = (values[part] if isinstance(part, int) else part for part in three)
            if (
                subject is None
                or value is None
                or isinstance(subject, ox.Literal)
                or not isinstance(verb, ox.NamedNode)
            ):
                continue
            yield ox.Triple(subject, verb, value)

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
