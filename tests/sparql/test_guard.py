"""What the guard finds in a query before any parser does; the cases are the files in queries/."""

from __future__ import annotations

import contextlib
import random
import time
from pathlib import Path

import pytest

from uphold.errors import QuerySyntaxError, QueryTooDeep, QueryTooLong, UpholdError
from uphold.sparql.guard import Limits, check_depth, inspect, may_be_deep, normalise
from uphold.sparql.lexer import scan

ROOT = Path(__file__).parents[2]
CASES = sorted((Path(__file__).parent / "queries").glob("*.rq"))
LIMITS = Limits(max_bytes=200_000, max_depth=100)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_query_is_classified_as_its_first_line_says(case: Path) -> None:
    """A query is refused, or returns results or a graph, as the first line of its file says."""
    text = case.read_text("utf-8")
    try:
        inspected = "graph" if inspect(text, LIMITS).returns_graph else "results"
    except UpholdError as error:
        inspected = error.code
    assert inspected == text.splitlines()[0].removeprefix("# expects: ")


@pytest.mark.parametrize(("opening", "closing"), ["{}", "()", "[]", ("!", ""), ("-", "")])
def test_nesting_is_refused_one_level_past_the_limit(opening: str, closing: str) -> None:
    """A hundred levels pass, a hundred and one do not, whatever the bracket."""
    outer = 1 if opening == "{" else 0
    inspect("ASK " + opening * 100 + closing * 100, LIMITS)
    with pytest.raises(QueryTooDeep):
        inspect("ASK " + opening * (101 + outer) + closing * 100, LIMITS)


def test_a_query_of_one_byte_too_many_is_refused() -> None:
    """The limit counts bytes of UTF-8, not characters."""
    text = "ASK {}#" + "é" * 46
    assert not inspect(text, Limits(len(text.encode()), 100)).returns_graph
    with pytest.raises(QueryTooLong, match=str(len(text.encode()))):
        inspect(text, Limits(len(text.encode()) - 1, 100))


def test_half_a_surrogate_pair_is_not_a_query() -> None:
    """Text that cannot be written as UTF-8 is refused with its place."""
    with pytest.raises(QuerySyntaxError) as caught:
        inspect("ASK {\n \ud800 }", LIMITS)
    assert (caught.value.line, caught.value.column) == (2, 2)


@pytest.mark.parametrize("bomb", ['"\\', "'\\", '"""\\', '"""', "'''\"", "<a", '"', "#", "\\", "?a:"])
def test_no_text_makes_the_guard_slow(bomb: str) -> None:
    """Two hundred kilobytes of the worst pieces for a scanner are read or refused in under a second."""
    text = (bomb * 200_000)[:199_000]
    began = time.thread_time()
    with pytest.raises(QuerySyntaxError):
        inspect(text, LIMITS)
    assert time.thread_time() - began < 1


@pytest.mark.parametrize(
    ("text", "volatile"),
    [
        ("SELECT * { ?s ?p ?o FILTER (?o < NOW()) }", True),
        ("SELECT (RAND #\n () AS ?x) {}", True),
        ("SELECT (struuid() AS ?x) {}", True),
        ("SELECT (BNODE('a') AS ?x) {}", True),
        ("SELECT ?now { ?now ?p 'now' }", False),
        ("SELECT ?s { ?s ?p _:b }", False),
        ("CONSTRUCT { ?s <urn:a#b> 'x_y' } WHERE { ?s ?p [] }", False),
        ("CONSTRUCT { ?s ?p [] } WHERE { ?s ?p ?o }", True),
        ("CONSTRUCT { ?s ?p _:b } WHERE { ?s ?p ?o }", True),
        ("CONSTRUCT { ?s ?p (1 2) } WHERE { ?s ?p ?o }", True),
        ("CONSTRUCT { ?s ?p '}' . ?s ?p [] } WHERE { ?s ?p ?o }", True),
        ("CONSTRUCT { ?s ?p 1 # }\n . ?s ?p [] } WHERE { ?s ?p ?o }", True),
        ("CONSTRUCT { << ?s ?p ?o >> ?p 1 } WHERE { ?s ?p ?o }", True),
        ("CONSTRUCT WHERE { ?s ?p ?o }", False),
        ("DESCRIBE <urn:a>", False),
    ],
)
def test_a_query_with_varying_answers_is_detected(text: str, volatile: bool) -> None:
    """A clock, chance, or new blank nodes."""
    assert inspect(text, LIMITS).volatile == volatile


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("  SELECT  *\n\t{ ?s ?p ?o }\n", "SELECT * { ?s ?p ?o }"),
        ("# head\nASK # tail\n{}#end", "ASK {}"),
        ("ASK{}", "ASK{}"),
        ("ASK { ?s ?p 'a  # b' }", "ASK { ?s ?p 'a  # b' }"),
        ('ASK { ?s ?p """a\n\n"  b""" }', 'ASK { ?s ?p """a\n\n"  b""" }'),
        ("ASK { <http://a/#b>   ?p ?o }", "ASK { <http://a/#b> ?p ?o }"),
        ("ASK { ?s a:\\#b   ?o }", "ASK { ?s a:\\#b ?o }"),
        ("ASK { ?a   <?b && ?c> ?d }", "ASK { ?a <?b && ?c> ?d }"),
        ("ASK { FILTER (?a <'b'&&'>'  = ?c) }", "ASK { FILTER (?a <'b'&&'>'  = ?c) }"),
        ("ASK { FILTER (1<2)  #>\n }", "ASK { FILTER (1<2) }"),
        ("ASK  { <urn:a#b> ?p 1 }", "ASK  { <urn:a#b> ?p 1 }"),
        ("ASK  { ?s ?p 'open }", "ASK  { ?s ?p 'open }"),
        ("ASK  { [ #c\n ] ?p 1 }", "ASK  { [ #c\n ] ?p 1 }"),
        ("ASK\u00a0 {}", "ASK\u00a0 {}"),
    ],
)
def test_normal_text_differs_in_space_and_comments_only(text: str, normal: str) -> None:
    """Strings, IRIs and escapes stay; in doubt everything does."""
    assert inspect(text, LIMITS).normal == normal == normalise(normal)


def corpus() -> list[str]:
    """The project's queries, the cases here, and pieces of both put together in a fixed random way."""
    files = [*(ROOT / "queries").rglob("*.rq"), *CASES]
    texts = [path.read_text("utf-8") for path in files]
    pieces = [
        *"(){}[]<>!^+-.;,'\"#\n ",
        "<<",
        ">>",
        "{|",
        "<urn:a>",
        "<http://a/#b>",
        "?x",
        "a:b",
        "1",
        "'x'",
        "SELECT",
    ]
    chance = random.Random(7)  # noqa: S311
    return texts + ["ASK " + "".join(chance.choices(pieces, k=chance.randrange(5, 60))) for _ in range(5000)]


def test_counting_brackets_never_spares_a_query_that_scanning_would_refuse() -> None:
    """Whatever is too deep has been counted as such."""
    refused = 0
    for text in corpus():
        try:
            check_depth(text, 3)
        except QueryTooDeep:
            refused += 1
            assert may_be_deep(text, 3)
        except QuerySyntaxError:
            continue
    assert refused > 500


def test_normal_text_has_the_same_tokens() -> None:
    """No token is changed, lost or made, whatever is around it."""
    compared = 0
    for text in corpus():
        try:
            before = [token.text for token in scan(text) if token.kind != "skip"]
        except QuerySyntaxError:
            continue
        assert [token.text for token in scan(normalise(text)) if token.kind != "skip"] == before
        compared += normalise(text) != text
    assert compared > 500


@pytest.mark.parametrize(
    "bomb", ["service", "service#", "service<", "SERVICE ?a", "now#", "a.", "a-", "_:a.", "<a#", "<'", "( "]
)
def test_no_text_makes_the_classification_slow(bomb: str) -> None:
    """The search for SERVICE, the volatile words and the normal text take no longer for text made to delay them."""
    text = "ASK { " + (bomb * 200_000)[:199_000]
    began = time.thread_time()
    with contextlib.suppress(UpholdError):
        inspect(text, LIMITS)
    normalise(text)
    assert time.thread_time() - began < 2
