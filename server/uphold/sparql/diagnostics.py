"""Mends: what is wrong with a query that the engine could not parse, where, and what would mend it.

The engine says where its longest attempt ended, which is often past the fault. So the query is read again with the
grammar of SPARQL 1.1; where that finds no fault either, the engine's own words are passed on, shortened.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from uphold.errors import QuerySyntaxError
from uphold.sparql.fixits import CLOSING, OF_MEANING, Edit, likely
from uphold.sparql.grammar import Grammar
from uphold.sparql.lexer import line_column
from uphold.sparql.reading import END, Stop, Token

__all__ = ["explain"]

LONGEST = 20_000
"""Characters up to which a query is read again; to do so for every long one would keep the server from other work."""

SAID = {
    "overrides an existing variable": "A variable after AS has a value already: choose a new name for it.",
    "is unbound": "A variable after SELECT is neither grouped by nor inside an aggregate.",
    "IRI parsing failed": "An IRI about here is not valid.",
    "language tag": "A language tag about here is not valid.",
    "unreported": "A blank node label about here was used in another group already: each label belongs to one group.",
}
REMEDIES = {
    "star": "Name the variables that it groups by in place of *, and aggregates such as (COUNT(*) AS ?count).",
    "twice": "Name it once.",
    "bound": "Choose a new name after AS, or compare with FILTER.",
    "row": "Give each row as many values as there are variables, with UNDEF for one that stays open.",
    "escape": r'Write \\ for the backslash itself, as in REGEX(?x, "\\d").',
    "unclosed": "Close it with the same quote; a string over several lines stands in three quotes.",
    "where": "Put the pattern in braces: WHERE { … }.",
    "declaration": "Write PREFIX name: <IRI>, with the colon and the angle brackets.",
}


def explain(
    text: str, prefixes: Mapping[str, str], detail: str, line: int | None, column: int | None
) -> QuerySyntaxError:
    """The error for a fault that the engine told of `text`, in which these prefixes need no declaration."""
    if line is None:
        unknown = "custom function" in detail
        return QuerySyntaxError(detail, remedy="Only the functions of SPARQL 1.1 are known here." if unknown else None)
    if len(text) > LONGEST:
        return QuerySyntaxError(shorten(detail), line, column)
    grammar = Grammar(text, prefixes)
    try:
        grammar.query()
    except Stop as stop:
        found = None if stop.reason in OF_MEANING else likely(text, prefixes, stop, grammar)
        place = line_column(text, stop.token.start)
        told = what(stop, grammar, text)
        if found is None or "missing" in found.words:
            told += unclosed(stop.token, grammar, text)
        return QuerySyntaxError(told, *place, remedy=remedy(stop, found))
    except RecursionError:
        pass
    return QuerySyntaxError(shorten(detail), line, column)


def what(stop: Stop, grammar: Grammar, text: str) -> str:
    """What is wrong, as a sentence."""
    name = stop.token.text
    one = {
        "prefix": f"`{name.partition(':')[0]}:` is not a known prefix.",
        "unclosed": "A string that begins here is not closed.",
        "star": "SELECT * cannot stand with GROUP BY.",
        "ungrouped": f"{name} is selected, but it is neither grouped by nor inside an aggregate.",
        "twice": f"{name} is selected twice.",
        "bound": f"BIND gives {name} a value, and the group before it has bound it already.",
        "row": "This row of VALUES does not fit: values {1}, variables {0}.",
        "arity": f"Values that {name} takes: {{0}}; here: {{1}}.",
        "escape": "This string has a backslash that escapes nothing.",
        "late": f"{name} comes too late: the order is GROUP BY, HAVING, ORDER BY, LIMIT and OFFSET, VALUES.",
        "aggregate": f"{name} takes one expression.",
    }.get(stop.reason)
    if one:
        return one.format(*stop.expected) if stop.expected else one
    if stop.token.kind == END and not grammar.tokens[:-1]:
        return "There is no query."
    if re.compile(r"<[^\s<]").match(text, stop.token.start) and name == "<":
        return "What begins here is no IRI: it has a space or another character that no IRI has, or no > at its end."
    stands = "The query ends here" if stop.token.kind == END else f"{shown(name)} cannot stand here"
    where = f" {stop.within}" if stop.within and stop.token.kind != END else ""
    return f"{stands}{where}; expected: {listed(stop.expected)}."


def unclosed(token: Token, grammar: Grammar, text: str) -> str:
    """Which bracket is still open, where that explains the fault."""
    if not grammar.open or token.text not in ("", *CLOSING.values()):
        return ""
    opened = grammar.open[-1]
    if token.text == CLOSING[opened.text]:
        return ""
    line, column = line_column(text, opened.start)
    return f" The {opened.text} at line {line}, column {column} is not closed."


def remedy(stop: Stop, found: Edit | None) -> str | None:
    """What to do."""
    name = stop.token.text
    if stop.reason == "prefix":
        prefix = name.partition(":")[0]
        declare = f"declare it before the query: PREFIX {prefix}: <…>."
        if found:
            return f"{found.words} Else {declare}"
        return f"D{declare[1:]} The prefixes that need no declaration are listed at /sparql."
    if found:
        return found.words
    if stop.reason == "ungrouped":
        return f"Add {name} to GROUP BY, or select an aggregate, such as (SAMPLE({name}) AS ?any)."
    if stop.reason == "aggregate":
        separated = 'GROUP_CONCAT takes its separator after a semicolon: GROUP_CONCAT(?x; SEPARATOR = ", ").'
        return separated if name.upper() == "GROUP_CONCAT" else "Join several values with CONCAT, or count them apart."
    return REMEDIES.get(stop.reason)


def listed(expected: tuple[str, ...]) -> str:
    """At most five things, the last after `or`."""
    some = list(dict.fromkeys(expected))[:5]
    return some[0] if len(some) == 1 else f"{', '.join(some[:-1])} or {some[-1]}" if some else "something else"


def shown(text: str) -> str:
    """The beginning of a token; a single sign that is hard to tell from another with its name."""
    if len(text) == 1 and not text.isascii():
        return f"`{text}` ({unicodedata.name(text, 'a character without a name').lower()})"
    text = text.lstrip("\ufeff")
    return f"`{text}`" if len(text) <= 40 else f"`{text[:40]}…`"


def shorten(detail: str) -> str:
    """The engine's own words, in a sentence where it is known, else with at most five of the things it expected."""
    for words, sentence in SAID.items():
        if words in detail:
            return sentence
    head, _, rest = detail.partition("expected ")
    expected = [item for item in re.split(r", (?![^\[]*\])", rest.removeprefix("one of ")) if "[" not in item]
    return f"{head}The engine cannot read on from about here; expected: {listed(tuple(expected))}."
