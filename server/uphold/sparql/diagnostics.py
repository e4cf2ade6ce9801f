"""Diagnostics: explains why the engine could not parse a query, where the fault is, and how to fix it.

The engine reports where its longest attempt ended, often past the fault. So the query is parsed again with our own
grammar; if that finds no fault, the engine's message is passed on, shortened.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from uphold.errors import QuerySyntaxError
from uphold.sparql.faults import CLOSING, Fault, find_fault
from uphold.sparql.fixits import SEMANTIC, Edit, likely
from uphold.sparql.lexer import line_column
from uphold.sparql.parser import END

__all__ = ["explain", "shorten"]

LONGEST = 20_000
"""Length in characters up to which a query is parsed again; parsing longer ones would block the server."""

ENGINE_MESSAGES = {
    "overrides an existing variable": "A variable after AS already has a value: choose a new name.",
    "is unbound": "A variable after SELECT is neither grouped by nor inside an aggregate.",
    "IRI parsing failed": "An IRI near here is not valid.",
    "language tag": "A language tag near here is not valid.",
    "Prefix not found": "A prefix near here is not known: declare it with PREFIX before the operation.",
    "Variables are not allowed": "Data cannot have variables: write INSERT { … } WHERE { … }.",
    "Variables and blank nodes": "Data to delete cannot have variables: write DELETE WHERE { … }.",
    "unreported": "A blank node label near here is already used in another group: each label belongs to one group.",
}
REMEDIES = {
    "star": "Select the GROUP BY variables instead of *, and aggregates such as (COUNT(*) AS ?count).",
    "twice": "Name it once.",
    "repeated": "Name it once.",
    "template": "Write one property between subject and object, and the path in WHERE.",
    "annotated_path": "Annotate the value of a single property, and write the path as a separate pattern.",
    "aggregated": "Compute it in a subquery, or put the condition in HAVING.",
    "bound": "Choose a new name after AS, or compare with FILTER.",
    "row": "Give each row one value per variable, with UNDEF for an unbound one.",
    "escape": r'Write \\ for the backslash itself, as in REGEX(?x, "\\d").',
    "unclosed": "Close it with the same quote; a string over several lines needs three quotes.",
    "where": "Put the pattern in braces: WHERE { … }.",
    "declaration": "Write PREFIX name: <IRI>, with the colon and the angle brackets.",
}


def explain(
    text: str, prefixes: Mapping[str, str], detail: str, line: int | None, column: int | None
) -> QuerySyntaxError:
    """The error for a fault in `text` that the engine reported; `prefixes` need no declaration."""
    if line is None:
        unknown = "custom function" in detail
        return QuerySyntaxError(detail, remedy="Only the functions of SPARQL 1.1 are available." if unknown else None)
    if len(text) > LONGEST:
        return QuerySyntaxError(shorten(detail), line, column)
    fault = find_fault(text, prefixes)
    if fault is None:
        return QuerySyntaxError(shorten(detail), line, column)
    found = None if fault.reason in SEMANTIC else likely(text, prefixes, fault)
    message = describe(fault, text)
    if found is None or "missing" in found.words:
        message += unclosed(fault, text)
    return QuerySyntaxError(message, *line_column(text, fault.place), remedy=remedy(fault, found))


def describe(fault: Fault, text: str) -> str:
    """The fault as a sentence."""
    name = str(fault.token)
    one = {
        "prefix": f"`{name.partition(':')[0]}:` is not a known prefix.",
        "unclosed": "The string that begins here is not closed.",
        "star": "SELECT * is not allowed with GROUP BY.",
        "ungrouped": f"{name} is selected, but it is neither grouped by nor inside an aggregate.",
        "twice": f"{name} is selected twice.",
        "repeated": f"{name} occurs twice in one VALUES.",
        "bound": f"BIND assigns {name}, which the group before it has already bound.",
        "row": "This row of VALUES has the wrong length: values {1}, variables {0}.",
        "template": "A template cannot have property paths.",
        "annotated_path": "The value of a property path cannot be annotated.",
        "aggregated": f"{name} is not allowed in a pattern: aggregates are allowed in SELECT, HAVING and ORDER BY.",
        "arity": f"Arguments expected by {name}: {{0}}; here: {{1}}.",
        "escape": "This string has an invalid escape sequence.",
        "late": f"{name} is out of order: the order is GROUP BY, HAVING, ORDER BY, LIMIT and OFFSET, VALUES.",
        "aggregate": f"{name} takes one expression.",
    }.get(fault.reason)
    if one:
        return one.format(*fault.expected) if fault.expected else one
    is_end = fault.token.type == END
    if is_end and not fault.at:
        return "The query is empty."
    if re.compile(r"<[^\s<]").match(text, fault.place) and name == "<":
        return "This IRI is not valid: it has a space or another disallowed character, or no > at its end."
    stands = "The query ends here" if is_end else f"{shown(name)} is not allowed here"
    where = f" {fault.within}" if fault.within and not is_end else ""
    return f"{stands}{where}; expected: {listed(fault.expected)}."


def unclosed(fault: Fault, text: str) -> str:
    """A sentence on the bracket that is still open, if that explains the fault."""
    if not fault.open or fault.token not in ("", *CLOSING.values()):
        return ""
    opened = fault.open[-1]
    if fault.token == CLOSING[opened]:
        return ""
    line, column = line_column(text, opened.start_pos or 0)
    return f" The {opened} at line {line}, column {column} is not closed."


def remedy(fault: Fault, found: Edit | None) -> str | None:
    """How to fix the fault."""
    name = str(fault.token)
    if fault.reason == "prefix":
        prefix = name.partition(":")[0]
        declare = f"declare it before the query: PREFIX {prefix}: <…>."
        if found:
            return f"{found.words} Else {declare}"
        return f"D{declare[1:]} The prefixes that need no declaration are listed at /sparql."
    if found:
        return found.words
    if fault.reason == "ungrouped":
        return f"Add {name} to GROUP BY, or select an aggregate, such as (SAMPLE({name}) AS ?any)."
    if fault.reason == "aggregate":
        separated = 'GROUP_CONCAT takes its separator after a semicolon: GROUP_CONCAT(?x; SEPARATOR = ", ").'
        return (
            separated
            if name.upper() == "GROUP_CONCAT"
            else "Join several values with CONCAT, or count them separately."
        )
    return REMEDIES.get(fault.reason)


def listed(expected: tuple[str, ...]) -> str:
    """At most four items, the last after `or`."""
    some = list(dict.fromkeys(expected))[:4]
    return some[0] if len(some) == 1 else f"{', '.join(some[:-1])} or {some[-1]}" if some else "something else"


def shown(text: str) -> str:
    """The beginning of a token; a single non-ASCII character with its Unicode name."""
    if len(text) == 1 and not text.isascii():
        return f"`{text}` ({unicodedata.name(text, 'a character without a name').lower()})"
    text = text.lstrip("\ufeff")
    return f"`{text}`" if len(text) <= 40 else f"`{text[:40]}…`"


def shorten(detail: str) -> str:
    """The engine's message: as our sentence for a known one, else with at most four expected items."""
    for words, sentence in ENGINE_MESSAGES.items():
        if words in detail:
            return sentence
    head, _, rest = detail.partition("expected ")
    expected = [item for item in re.split(r", (?![^\[]*\])", rest.removeprefix("one of ")) if "[" not in item]
    return f"{head}The engine cannot parse the query from about here; expected: {listed(tuple(expected))}."
