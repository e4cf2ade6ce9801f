"""The parser: parses a query into the tree that `sparql.lark` describes, or finds the first unexpected token.

A query is parsed here only to explain why the engine rejected it, or where the engine would answer it wrongly. Parsing
does not recurse; `guard` has limited the depth of the query.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lark import Lark, Token, Tree, UnexpectedToken
from lark.lexer import PatternStr

if TYPE_CHECKING:
    from lark.parsers.lalr_interactive_parser import InteractiveParser

__all__ = [
    "END",
    "NAMES",
    "Grammar",
    "Node",
    "ParsedQuery",
    "UnexpectedTokenError",
    "grammar",
    "leaves",
    "parse",
    "subtrees",
    "words",
]

Node = Tree[Token] | Token

END = "$END"
NAMES = ("PNAME_LN", "PNAME_NS")
FOLDER = Path(__file__).parent
CACHE = FOLDER / "__pycache__" / "sparql.lark.cache"
"""The parse tables that lark computes in a third of a second, cached next to Python's bytecode."""


class Grammar(NamedTuple):
    """The grammar: lark's parser, the regular expression for tokens, and the terminal of each keyword."""

    lark: Lark
    scanner: re.Pattern[str]
    ignored: frozenset[str]
    keywords: dict[str, str]
    exact: dict[str, str]
    shown: dict[str, str]
    """The spelling of each terminal that has only one."""


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """A query, its tokens and its tree."""

    text: str
    tokens: list[Token]
    tree: Tree[Token]


class UnexpectedTokenError(Exception):
    """An unexpected token: its index, all tokens, the expected terminals, and the parser's stack."""

    def __init__(self, at: int, tokens: list[Token], expected: frozenset[str], stack: list[Node]) -> None:
        super().__init__(tokens[at])
        self.at, self.tokens, self.expected, self.stack = at, tokens, expected, stack
        self.token = tokens[at]


@cache
def grammar() -> Grammar:
    """The grammar, loaded once; the first load of an installation takes a third of a second."""
    lark = Lark(
        (FOLDER / "sparql.lark").read_text("utf-8"),
        start=["query", "unknown"],
        parser="lalr",
        lexer="basic",
        keep_all_tokens=True,
        maybe_placeholders=False,
        cache=str(CACHE) if CACHE.parent.is_dir() else False,
    )
    terminals = sorted(lark.terminals, key=lambda each: (-each.priority, -each.pattern.max_width, each.name))
    words = re.compile(r"\w+")
    spelled = {each.name: each.pattern for each in terminals if isinstance(each.pattern, PatternStr)}
    keywords = {name: pattern for name, pattern in spelled.items() if words.fullmatch(pattern.value)}
    return Grammar(
        lark,
        re.compile("|".join(f"(?P<{t.name}>{t.pattern.to_regexp()})" for t in terminals if t.name not in keywords)),
        frozenset(lark.lexer_conf.ignore),
        {pattern.value: name for name, pattern in keywords.items() if pattern.flags},
        {pattern.value: name for name, pattern in keywords.items() if not pattern.flags},
        {name: pattern.value for name, pattern in spelled.items()},
    )


def tokenize(text: str) -> list[Token]:
    """The tokens of a query, up to an unclosed string, and one for its end."""
    _, scanner, ignored, keywords, exact, _ = grammar()
    tokens = []
    for found in scanner.finditer(text):
        kind, value = found.lastgroup or "", found.group()
        if kind in ignored:
            continue
        if kind == "WORD":
            kind = exact.get(value) or keywords.get(value.upper(), kind)
        tokens.append(Token(kind, value, found.start()))
        if kind == "UNCLOSED":  # continuing would scan the rest repeatedly
            break
    return [*tokens, Token(END, "", len(text))]


def parse(text: str) -> ParsedQuery:
    """The tree of a query; raises `UnexpectedTokenError`."""
    tokens = tokenize(text)
    feed = start().parser_state.feed_token
    at = 0
    try:
        for at, token in enumerate(tokens[:-1]):  # noqa: B007 used where it fails
            feed(token)
        at = len(tokens) - 1
        return ParsedQuery(text, tokens, feed(tokens[at], is_end=True))
    except UnexpectedToken:
        parser = start()  # parse again up to the token, which may have closed a bracket that was open before it
        feed_all(parser, tokens[:at])
        expected = frozenset(parser.accepts())  # type: ignore[no-untyped-call]
        raise UnexpectedTokenError(at, tokens, expected, parser.parser_state.value_stack) from None


def words() -> list[str]:
    """The keywords and the names of functions."""
    named = [each.pattern.value for each in grammar().lark.terminals if each.name.startswith(("FUNCTION", "AGGREGATE"))]
    return [*grammar().keywords, *grammar().exact, *re.findall(r"[A-Z][A-Z0-9_]+", " ".join(named))]


def start() -> InteractiveParser:
    """A parser before the first token."""
    return grammar().lark.parse_interactive(start="query")


def feed_all(parser: InteractiveParser, tokens: Iterable[Token]) -> None:
    """Feed tokens to a parser."""
    for token in tokens:
        parser.feed_token(token)


def subtrees(tree: Tree[Token]) -> Iterator[Tree[Token]]:
    """The subtrees of a tree, in the order of the text."""
    pending: list[Node] = [tree]
    while pending:
        part = pending.pop()
        if isinstance(part, Tree):
            yield part
            pending.extend(reversed(part.children))


def leaves(node: Node) -> list[Token]:
    """The tokens of a part of the tree, in the order of the text."""
    found: list[Token] = []
    pending = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, Token):
            found.append(part)
        else:
            pending.extend(reversed(part.children))
    return found
