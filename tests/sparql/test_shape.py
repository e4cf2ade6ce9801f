"""What the guard remembers of the shape of a query holds for each query of that shape."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from uphold.errors import UpholdError
from uphold.sparql.guard import KNOWN, Inspected, Limits, inspect, inspect_whole
from uphold.sparql.shape import filled, shape_of

ROOT = Path(__file__).parents[2]
CASES = sorted((Path(__file__).parent / "queries").glob("*.rq"))
LIMITS = Limits(max_bytes=200_000, max_depth=100)
REPLACEMENTS = {
    "<": ["<http://a/service>", "<http://b.example/x#now>", "<urn://c:d>", "<http://a/-.~>"],
    '"': ['""', '"other words"', '"from a graph, 1.5"', '"bnode"'],
    "0": ["0", "7", "123456789012345678"],
}


@pytest.mark.parametrize(
    ("text", "constants"),
    [
        ("SELECT * { <http://a/b#c> ?p 12 } LIMIT 3", ("<http://a/b#c>", "12", "3")),
        ('ASK { ?s ?p "a word" , "" }', ('"a word"', '""')),
        ("PREFIX a: <http://a/> ASK { a:1 a:b <http://b/> }", ("<http://b/>",)),
        ("ASK { ?s ?p 1.5 , -2 , ?x3 , a4 , 5e6 , 1234567890123456789 }", ()),
        ('ASK { ?s ?p \'x\' , "a{" , " }" }', ()),
        ('ASK { ?s ?p """a""" , """b" 1 "c""" }', ()),
        ("ASK { # <http://a/> 5\n ?s ?p ?o }", ()),
        ("ASK { FILTER (?a<?b&&?c>?d) <urn:a> ?p <a> , <http://a/{b}> }", ()),
    ],
)
def test_constants_are_whole_tokens_of_plain_characters(text: str, constants: tuple[str, ...]) -> None:
    """All else belongs to the shape, and nothing is lost."""
    shape = shape_of(text)
    assert shape is not None
    assert shape.constants == constants
    assert filled(shape.pieces(), constants) == text


@pytest.mark.parametrize("text", ["ASK { ?s ?p '\\u0041' }", "ASK {}" + " " * 5_000])
def test_a_query_with_escapes_or_a_long_one_has_no_shape(text: str) -> None:
    """It is inspected as a whole each time."""
    assert shape_of(text) is None


def test_two_kinds_of_constants_are_two_shapes() -> None:
    """A number in place of an IRI is another query."""
    one, other = shape_of("ASK { ?s ?p <http://a/> }"), shape_of("ASK { ?s ?p 1 }")
    assert one
    assert other
    assert one.parts != other.parts


def properties(inspected: Inspected) -> tuple[object, ...]:
    """All that the guard finds in a query."""
    return (
        inspected.text,
        inspected.returns_graph,
        inspected.volatile,
        inspected.calls,
        inspected.normal,
        inspected.may_depart,
    )


def test_another_query_of_a_shape_is_inspected_like_any_other() -> None:
    """With other constants, whatever they are, each query of the project and of the guard's cases."""
    chance, compared = random.Random(3), 0  # noqa: S311
    KNOWN.clear()
    for path in [*(ROOT / "queries").rglob("*.rq"), *(ROOT / "bench" / "queries").glob("*.rq"), *CASES]:
        text = path.read_text("utf-8")
        shape = shape_of(text)
        if not shape:
            continue
        for _ in range(4):
            constants = tuple(
                chance.choice(REPLACEMENTS[each[0] if each[0] in REPLACEMENTS else "0"]) for each in shape.constants
            )
            other = filled(shape.pieces(), constants)
            try:
                expected = properties(inspect_whole(other, LIMITS, None))
            except UpholdError:
                continue
            assert properties(inspect(other, LIMITS)) == expected, path.name
            compared += 1
    assert compared > 300
    assert KNOWN


def test_limits_are_checked_for_known_shapes() -> None:
    """A shape that one limit allows is not known under another one, and the size counts each time."""
    text = "ASK { { { ?s ?p 1 } } }"
    inspect(text, LIMITS)
    with pytest.raises(UpholdError):
        inspect(text.replace("1", "2"), Limits(200_000, 2))
    with pytest.raises(UpholdError):
        inspect(text.replace("1", "1" * 18), Limits(len(text), 100))
