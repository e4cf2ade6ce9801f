"""Faults: finds the first fault of a query: its reason, its place, its part of the query and the expected tokens.

A fault is a token that the grammar does not allow at its place, or a violated constraint.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lark import Token

from uphold.sparql.constraints import Violation, in_tokens, in_tree
from uphold.sparql.parser import END, UnexpectedTokenError, grammar, parse

__all__ = ["AGGREGATES", "CLOSING", "Fault", "find_fault"]

CLOSING = {"(": ")", "[": "]", "{": "}", "{|": "|}"}
AGGREGATES = frozenset({"AGGREGATE", "COUNT", "GROUP_CONCAT"})
MODIFIERS = ("GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES")
IRIS = frozenset({"IRIREF", "PNAME_LN", "PNAME_NS"})
LITERALS = frozenset({"STRING", "LONG_STRING", "INTEGER", "NUMBER", "TRUE", "FALSE"})
TERMS = IRIS | LITERALS | {"VAR", "BLANK_NODE", "(", "[", "<<", "<<(", "+", "-"}
COUNTED = frozenset(f"FUNCTION_{counts}" for counts in ("0", "0_1", "1", "2", "2_3", "3", "3_4")) | {"BOUND"}
"""Terminals of functions with a fixed number of arguments, which their names state; BOUND has one."""
FUNCTIONS = COUNTED | AGGREGATES | {"FUNCTION_N", "EXISTS", "NOT"}
OPERATORS = frozenset({"||", "&&", "=", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "IN", "NOT"})
KINDS: tuple[tuple[str, frozenset[str], frozenset[str]], ...] = (
    ("a triple pattern", frozenset({"STRING", "OPTIONAL"}), TERMS | {"SELECT"}),
    (
        "OPTIONAL",
        frozenset({"OPTIONAL"}),
        frozenset({"{", "OPTIONAL", "MINUS", "GRAPH", "BIND", "VALUES", "SERVICE", "LATERAL"}),
    ),
    ("a property", frozenset({"A", "^"}), IRIS | {"(", "!", "^"}),
    ("a value", frozenset({"STRING", "BOUND"}), TERMS - {"VAR", "("} | FUNCTIONS | {"!"}),
    ("an operator", frozenset({"&&"}), OPERATORS),
    ("a function", frozenset({"FUNCTION_1"}), FUNCTIONS | IRIS),
    ("a literal", frozenset({"STRING", "INTEGER"}), LITERALS | {"+", "-"}),
    ("a string", frozenset({"STRING"}), frozenset({"STRING", "LONG_STRING"})),
    ("an IRI", frozenset({"IRIREF", "PNAME_LN"}), IRIS),
    ("an IRI in < >", frozenset({"IRIREF"}), IRIS),
    ("a prefix that ends with a colon", frozenset({"PNAME_NS"}), IRIS),
    ("a number", frozenset({"INTEGER"}), LITERALS),
    ("a variable", frozenset({"VAR"}), frozenset({"VAR"})),
)
"""Names for groups of terminals: the name, the terminals that indicate the group, and its members."""

ORDER = (
    *("SELECT", "ASK", "CONSTRUCT", "DESCRIBE", "PREFIX", "BY", "AS", "WHERE", "{", "a triple pattern", "a value"),
    *("a property", "a", ".", ";", ",", ")", "]", "}", ">>", ")>>"),
    *("a variable", "an IRI", "a literal", "UNDEF", "(", "[", "a function", "an operator"),
    *("OPTIONAL", "FILTER", "UNION", "ASC", "DESC", "*", *MODIFIERS),
)
"""The order in which a message lists the expected items."""

OTHER_NAMES = {"A": "a", "LANGTAG": "a language tag", "BLANK_NODE": "a blank node", "TRUE": "true", "FALSE": "false"}
PARTS = {
    **{word: f"after {word}" for word in ("SELECT", "DESCRIBE", "LIMIT", "OFFSET")},
    **{word: f"in {word}" for word in ("CONSTRUCT", "PREFIX", "BASE", "VALUES")},
    "select_clause": "after SELECT",
    "construct_template": "in CONSTRUCT",
    "where_clause": "after the pattern",
    "short_group": "after the pattern",
}
"""Parts of a query, by the node on the parser's stack that indicates them."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: its reason, its token, the expected items, the part of the query, and all tokens."""

    reason: str
    token: Token
    tokens: list[Token]
    at: int
    expected: tuple[str, ...] = ()
    within: str = ""
    prefixes: frozenset[str] = frozenset()

    @property
    def place(self) -> int:
        """Its offset in the text."""
        return self.token.start_pos or 0

    @property
    def word(self) -> str:
        """The token in upper case."""
        return self.token.upper()

    @property
    def last(self) -> Token:
        """The token before it."""
        return self.near(-1)

    def near(self, steps: int) -> Token:
        """The token at an offset from it, or the first or last token."""
        return self.tokens[max(0, min(self.at + steps, len(self.tokens) - 1))]

    @property
    def open(self) -> list[Token]:
        """The brackets that are open before the token."""
        return open_brackets(self.tokens[: self.at])


def find_fault(text: str, prefixes: Iterable[str]) -> Fault | None:
    """The first fault of a query, or None; `prefixes` need no declaration."""
    known = set(prefixes)
    try:
        query = parse(text)
    except UnexpectedTokenError as error:
        tokens = error.tokens
        if violation := in_tokens(tokens[: error.at], known):
            return violated(violation, tokens, known)
        return unexpected(error, known)
    violation = in_tokens(query.tokens, known) or in_tree(query)
    return violated(violation, query.tokens, known) if violation else None


def violated(violation: Violation, tokens: list[Token], prefixes: set[str]) -> Fault:
    """The fault for a violated constraint."""
    at = next(at for at, token in enumerate(tokens) if token is violation.token)
    return Fault(violation.reason, violation.token, tokens, at, violation.values, prefixes=frozenset(prefixes))


def unexpected(error: UnexpectedTokenError, prefixes: set[str]) -> Fault:
    """The fault for an unexpected token."""
    reason, token, values = "unexpected", error.token, named(error.expected)
    called, counts = call(error)
    if token.type == "UNCLOSED":
        reason, values = "unclosed", ()
    elif token.type in MODIFIERS and END in error.expected:
        reason, values = "late", ()
    elif called is not None:
        reason, token, values = "arity" if counts else "aggregate", called, counts
    elif "CONSTRUCT" in error.expected:
        reason = "form"
    elif any(before.type in ("PREFIX", "BASE") for before in error.tokens[max(0, error.at - 2) : error.at]):
        reason = "declaration"
    elif {"WHERE", "LBRACE"} <= error.expected:
        reason = "where"
    return Fault(reason, token, error.tokens, error.at, values, part_of(error), frozenset(prefixes))


def call(error: UnexpectedTokenError) -> tuple[Token | None, tuple[str, ...]]:
    """The function with the wrong number of arguments here, and the numbers expected and found (not for aggregates)."""
    tokens, at, expected = error.tokens, error.at, error.expected
    opened = open_brackets(tokens[:at])
    if not opened or opened[-1] != "(":
        return None, ()
    bracket = next(place for place in range(at - 1, -1, -1) if tokens[place] is opened[-1])
    name, is_first = tokens[bracket - 1], bracket == at - 1
    if name.type in AGGREGATES and error.token.type == "COMMA":
        return name, ()
    too_many = error.token.type == "COMMA" and "COMMA" not in expected and not is_first
    too_few = error.token.type == "RPAR" and (is_first or "COMMA" in expected)
    if name.type not in COUNTED or not (too_many or too_few or (is_first and name.type == "FUNCTION_0")):
        return None, ()
    return name, (" to ".join(re.findall("[0-9]", name.type)) or "1", str(count_values(tokens[bracket + 1 :])))


def count_values(tokens: list[Token]) -> int:
    """The number of values before the closing bracket of a list."""
    depth = commas = 0
    for token in tokens:
        depth += (token in CLOSING) - (token in CLOSING.values())
        if depth < 0:
            break
        commas += token.type == "COMMA" and not depth
    return 0 if tokens[0] == ")" else commas + 1


def open_brackets(tokens: Iterable[Token]) -> list[Token]:
    """The brackets that are open after these tokens."""
    found: list[Token] = []
    for token in tokens:
        if token in CLOSING:
            found.append(token)
        elif token in CLOSING.values() and found:
            found.pop()
    return found


def named(terminals: Iterable[str]) -> tuple[str, ...]:
    """The names of terminals in a message, the likeliest first."""
    shown = grammar().shown
    left = {name if shown.get(name, "").isalpha() else shown.get(name, name) for name in terminals} - {END}
    found = []
    for name, signs, members in KINDS:
        if signs <= left:
            found.append(name)
            left -= members
    found += [OTHER_NAMES.get(name, name) for name in left]
    return tuple(sorted(found, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name)))


def part_of(error: UnexpectedTokenError) -> str:
    """The part of the query that a token is in, in words."""
    if END in error.expected:
        return "after the query"
    if "CONSTRUCT" in error.expected:
        return ""
    names = [node.type if isinstance(node, Token) else str(node.data) for node in error.stack]
    for at in range(len(names) - 1, -1, -1):
        name, before = names[at], names[:at]
        if name == "LBRACE":
            is_data = before[-2:-1] == ["VALUES"]
            return "in VALUES" if is_data else "in CONSTRUCT" if before[-1:] == ["CONSTRUCT"] else "in a group"
        if name == "BY":
            return f"in {before[-1]} BY"
        if name in PARTS:
            return PARTS[name]
    return ""
