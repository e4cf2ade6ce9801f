"""The grammar agrees with the engine on what is a query.

The cases are in syntax/, a file for each part of the language: `good` and `bad` queries, with where the fault is and
what could be there. The engine decides whether a case is a query; differences.toml names where we know better.
"""

from __future__ import annotations

import logging
import re
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import pyoxigraph as ox
import pytest
from lark import Lark

from uphold.sparql import parser
from uphold.sparql.diagnostics import explain
from uphold.sparql.faults import find_fault
from uphold.sparql.lexer import BASE, INNER, line_column
from uphold.sparql.parser import grammar, parse

HERE = Path(__file__).parent
PARTS = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted((HERE / "syntax").glob("*.toml"))}
DIFFERENCES = tomllib.loads((HERE / "differences.toml").read_text("utf-8"))["case"]
PREFIXES = {"p": "http://example.org/"}
TERMINALS = re.compile(r"__|\b(?:[LR](?:PAR|BRACE|SQB)|VAR|IRIREF|PNAME|INTEGER|(?:LONG_)?STRING|FUNCTION_\d|WORD)\b")


class Bad(NamedTuple):
    """A text that is not a query: where its fault is, of what kind, and what could be there."""

    query: str
    at: list[int]
    fault: str
    expected: list[str]


GOOD = [pytest.param(query, id=f"{name}-{query}"[:70]) for name, part in PARTS.items() for query in part["good"]]
BAD = [
    pytest.param(Bad(**case), id=f"{name}-{case['query']}"[:70]) for name, part in PARTS.items() for case in part["bad"]
]


def is_query(text: str) -> bool:
    """Whether the engine accepts a text as a query; what it cannot compute is one."""
    try:
        ox.Store().query(text, prefixes=PREFIXES)
    except SyntaxError:
        return False
    except RuntimeError:
        return True
    return True


@pytest.mark.parametrize("query", GOOD)
def test_what_the_engine_accepts_has_no_fault(query: str) -> None:
    """Good queries are queries."""
    assert is_query(query)
    assert find_fault(query, PREFIXES) is None


@pytest.mark.parametrize("case", BAD)
def test_what_the_engine_refuses_has_a_fault_at_its_place(case: Bad) -> None:
    """With its place, its kind and what could be there."""
    assert not is_query(case.query)
    fault = find_fault(case.query, PREFIXES)
    assert fault is not None
    assert list(line_column(case.query, fault.place)) == case.at
    assert fault.reason == case.fault
    assert list(fault.expected[:4]) == case.expected


@pytest.mark.parametrize("case", BAD)
def test_the_message_speaks_of_the_text(case: Bad) -> None:
    """It has the words of the query or says that it ends, and no name that only the grammar has."""
    fault = find_fault(case.query, PREFIXES)
    assert fault is not None
    error = explain(case.query, PREFIXES, "", 1, 1)
    assert [error.line, error.column] == case.at
    assert not TERMINALS.search(str(error))
    assert str(error).endswith(".")
    if fault.reason == "unexpected" and fault.token:
        assert fault.token.strip("\ufeff")[:40] in str(error) or "This IRI is not valid" in str(error)
        assert "expected: " in str(error) or "This IRI is not valid" in str(error)


def test_there_are_many_cases() -> None:
    """Good and bad, in every part of the language."""
    assert len(GOOD) >= 300
    assert len(BAD) >= 300
    assert all(len(part["good"]) >= 20 and len(part["bad"]) >= 20 for part in PARTS.values())


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in DIFFERENCES])
def test_the_grammar_differs_from_the_engine_where_we_say_so(case: dict[str, Any]) -> None:
    """A difference that is none any more leaves the list."""
    accepts = {"engine": is_query(case["query"]), "grammar": find_fault(case["query"], PREFIXES) is None}
    assert [name for name, does in accepts.items() if does] == [name for name in accepts if name == case["accepts"]]
    assert case["reason"]


def test_a_fault_at_the_end_is_at_the_end_of_the_text() -> None:
    """Not at the last token, nor before the space after it."""
    fault = find_fault("ASK {\n  ?s ?p ?o\n\n", {})
    assert fault is not None
    assert line_column("ASK {\n  ?s ?p ?o\n\n", fault.place) == (4, 1)


def test_columns_count_characters() -> None:
    """Also those that are two units of UTF-16, and a tab is one."""
    fault = find_fault("ASK { ?s ?p '\U0001f600é'\t, }", {})
    assert fault is not None
    assert line_column("ASK { ?s ?p '\U0001f600é'\t, }", fault.place) == (1, 20)


@pytest.mark.parametrize("opening", ["{", "(", "[ ?p ", "!", "<<("])
def test_depth_takes_no_recursion(opening: str) -> None:
    """What is deeper than the guard lets through is parsed all the same."""
    start = "ASK { ?s ?p " if opening in ("[ ?p ", "<<(") else "ASK " if opening == "{" else "ASK { FILTER ("
    text = start + opening * 4000
    fault = find_fault(text, {})
    assert fault is not None
    assert fault.place == len(text)


def test_the_tree_has_every_token_in_order() -> None:
    """So that a part of the tree has its place."""
    for part in PARTS.values():
        for query in part["good"]:
            parsed = parse(query)
            assert parser.leaves(parsed.tree) == parsed.tokens[:-1]


def test_the_grammar_has_the_characters_of_the_lexer() -> None:
    """Both say which characters names have."""
    patterns = {each.name: each.pattern.value for each in grammar().lark.terminals}
    text = "".join(map(chr, range(0x110000)))
    assert re.findall(f"[{INNER}]", text) == [char for char in text if re.fullmatch(patterns["VAR"], f"?{char}")]
    assert re.findall(f"[{BASE}_]", text) == [char for char in text if re.fullmatch(patterns["WORD"], char)]


def test_the_grammar_has_one_conflict_only(caplog: pytest.LogCaptureFixture) -> None:
    """The `+` after a step of a path, which `sparql.lark` explains."""
    text = (parser.FOLDER / "sparql.lark").read_text("utf-8")
    with caplog.at_level(logging.DEBUG, logger="lark"):
        Lark(text, start=["query", "unknown"], parser="lalr", lexer="basic", keep_all_tokens=True, debug=True)
    conflicts = [message for message in caplog.messages if "conflict" in message.lower()]
    assert conflicts == ["Shift/Reduce conflict for terminal PLUS: (resolving as shift)"]
