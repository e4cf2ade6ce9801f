"""Join order: a query has the same solutions in the order that it gets, and few of them have to be looked at."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from collections import Counter
from itertools import chain, islice
from pathlib import Path
from random import Random
from typing import Any

import pyoxigraph as ox
import pytest

from tests.engines.random_queries import GRAPHS, RandomQueries, random_data
from tests.standard.node import FOLDER, node_command, skip_without_packages
from uphold.engines.oxigraph.engine import EmbeddedEngine, KnownOrders
from uphold.engines.oxigraph.join_order import ordered
from uphold.engines.oxigraph.query_form import form_of, may_change
from uphold.errors import QuerySyntaxError
from uphold.settings import Settings
from uphold.snapshots.snapshot import Snapshot
from uphold.snapshots.statistics import PropertyCounts, Statistics, count_properties
from uphold.sparql.shape import shape_of

HERE = Path(__file__).parent
CASES: dict[str, dict[str, str]] = tomllib.loads((HERE / "join-order.toml").read_text("utf-8"))
DECLARED = "PREFIX : <https://data.example/> "
STATISTICS = Statistics(
    {
        f"https://data.example/{name}": PropertyCounts(*counts)
        for name, counts in {
            "by": (1000, 1000, 40), "treaty": (1000, 1000, 5), "name": (300, 300, 300), "date": (1000, 1000, 900),
            "rare": (10, 10, 10), "in": (300, 300, 20),
        }.items()
    }
    | {"http://www.w3.org/1999/02/22-rdf-syntax-ns#type": PropertyCounts(1300, 1300, 4)},
    {"https://data.example/Rare": 3},
)  # fmt: skip
EACH, LONG_EACH = 150, 10_000
MOST_ROWS = 20_000
Solutions = Counter[tuple[str, ...]]


def in_order(query: str, statistics: Statistics = STATISTICS) -> str:
    """The query in its order."""
    form = form_of(query, statistics.vocabulary)
    return form.in_order(ordered(form.text, statistics, {})) or query


def spaced(text: str) -> str:
    """The text with single spaces, also around brackets, and without dots between patterns."""
    return " ".join(word for word in re.sub(r"([{}])", r" \1 ", text).split() if word != ".")


@pytest.mark.parametrize("name", CASES)
def test_each_query_gets_its_order(name: str) -> None:
    """What can come first does, and LATERAL keeps the order of the rest."""
    case = CASES[name]
    expected = case["query"].partition("WHERE ")[2] if "unchanged" in case else case["ordered"]
    found = in_order(DECLARED + case["query"])
    assert spaced(found.partition("WHERE ")[2]) == spaced(expected)
    assert may_change(case["query"]) or "unchanged" in case


@pytest.mark.parametrize("name", CASES)
def test_the_engine_accepts_each_order(name: str) -> None:
    """No variable gets a value twice, and no label is used in two groups."""
    ox.Store().query(in_order(DECLARED + CASES[name]["query"]))


@pytest.mark.parametrize("seed", range(4))
def test_no_order_makes_a_result_wrong(seed: int, request: pytest.FixtureRequest) -> None:
    """Random queries have the solutions that they have as they stand, or Comunica finds others, too.

    They differ where the engine by itself uses values from outside a group in its expressions.
    """
    skip_without_packages()
    random = Random(seed)  # noqa: S311 chooses cases
    store = ox.Store()
    store.extend(random_data(random))
    statistics = count_properties(sorted(f"{quad.triple} ." for quad in store if quad.graph_name == ox.DefaultGraph()))
    queries = RandomQueries(random)
    known = islice(
        ((query, found) for query in iter(queries.query, None) if (found := solutions(store, query)) is not None),
        LONG_EACH if request.config.getoption("--long") else EACH,
    )
    changed, different = 0, list[tuple[str, Solutions]]()
    for query, expected in known:
        new = in_order(query, statistics)
        changed += new != query
        if new != query and (found := solutions(store, new)) != expected:
            assert found is not None, new
            different.append((query, expected))
    assert changed > EACH / 3
    for (query, before), other in zip(different, comunica(store, [query for query, _ in different]), strict=True):
        assert other != before, query


def solutions(store: ox.Store, query: str) -> Solutions | None:
    """How often each solution is in the result; None if the engine refuses the query, or if there are too many."""
    try:
        result = store.query(query)
    except SyntaxError:
        return None
    assert isinstance(result, ox.QuerySolutions)
    names = sorted(variable.value for variable in result.variables)
    rows = list(islice((tuple(str(row[name]) for name in names) for row in result), MOST_ROWS + 1))
    return Counter(rows) if len(rows) <= MOST_ROWS else None


def comunica(store: ox.Store, queries: list[str]) -> list[Solutions | None]:
    """What Comunica finds; None where it gives up."""
    if not queries:
        return []
    graphs = (store.quads_for_pattern(None, None, None, ox.NamedNode(f"https://data.example/{g}")) for g in GRAPHS)
    trig = ox.serialize(chain.from_iterable(graphs), format=ox.RdfFormat.TRIG) or b""
    task = {"trig": trig.decode(), "base": "https://data.example/", "queries": queries}
    run = subprocess.run(
        [*node_command(), FOLDER / "comunica.mjs"], input=json.dumps(task).encode(), capture_output=True, check=True
    )
    found: list[Solutions | None] = []
    for query, answer in zip(queries, json.loads(run.stdout), strict=True):
        result = store.query(query)
        assert isinstance(result, ox.QuerySolutions)
        names = sorted(variable.value for variable in result.variables)
        rows = answer.get("rows")
        found.append(rows and Counter(tuple(term(row.get(name)) for name in names) for row in rows))
    return found


def term(written: dict[str, Any] | None) -> str:
    """A term of Comunica as the engine writes it."""
    if written is None:
        return "None"
    if written["type"] == "NamedNode":
        return f"<{written['value']}>"
    return str(ox.Literal(written["value"], datatype=ox.NamedNode(written["datatype"])))


SLOW = {
    "a BIND between patterns": """
        SELECT ?a ?n WHERE {
          ?a uphold:treaty ?t ; uphold:by ?j . ?t skos:prefLabel ?l . BIND (STR(?l) AS ?n)
          ?j skos:prefLabel ?e . FILTER (LANG(?e) = "en")
        } ORDER BY ?a LIMIT 25""",
    "an OPTIONAL between patterns": """
        SELECT * WHERE {
          ?a uphold:treaty ?t ; uphold:by ?j . OPTIONAL { ?a dcterms:date ?d }
          ?j skos:prefLabel ?e . ?t skos:prefLabel ?l
        }""",
}


@pytest.mark.parametrize("query", SLOW.values(), ids=SLOW)
def test_queries_that_the_engine_plans_badly_are_fast(query: str, project: Snapshot) -> None:
    """Either takes the engine five seconds and more about these data, and a thirtieth of a second in its order."""
    engine = EmbeddedEngine(project, Settings(), workers=1)
    try:
        engine.order()  # waits until the data are loaded
        assert engine.query(query, accept="text/csv", deadline=2).read().count(b"\n") > 25
    finally:
        engine.close()


def test_one_worker_finds_an_order_for_all(project: Snapshot) -> None:
    """Queries of one form differ in constants only, so the second one is not read again."""
    engine = EmbeddedEngine(project, Settings(), workers=1)
    text = 'SELECT * WHERE {{ ?s a ?k OPTIONAL {{ ?s uphold:by ?j . ?j a ?c }} FILTER (STR(?k) = "{}") }} LIMIT {}'
    try:
        for number in (1, 22):
            engine.query(text.format("x" * number, number), accept="text/csv").read()
            assert len(engine.orders.found) == 1
        assert engine.orders.known(form_of(text.format("name", 3), engine.orders.vocabulary))
    finally:
        engine.close()


def test_a_query_that_keeps_its_order_is_remembered_by_its_shape_and_terms() -> None:
    """Other constants keep it; another term of the vocabulary or another prefix may not."""
    orders = KnownOrders(frozenset({"http://a/p", "http://a/q"}))
    text = "PREFIX x: <http://x/> SELECT * {{ <http://a/{}> <http://a/{}> ?o OPTIONAL {{ ?o x:y {} }} }}"
    first = text.format("one", "p", 1)
    asked, form = orders.of(first, shape_of(first))
    assert asked is None
    assert form
    orders.learn(form, form.text)
    assert orders.of(first, shape_of(first)) == ("", form)
    for other in (first, text.format("two", "p", 2)):
        assert orders.of(other, shape_of(other)) == ("", None)
    for other in (text.format("one", "q", 1), first.replace("<http://x/>", "<http://z/>")):
        assert orders.of(other, shape_of(other))[0] is None


def test_a_table_that_may_contain_triples_is_asked_for_twice_and_sent_once(project: Snapshot) -> None:
    """CSV with `<<` in the query: an order that was found meanwhile is not taken for the result."""
    engine = EmbeddedEngine(project, Settings(), workers=1)
    text = 'SELECT ?s WHERE { ?s a uphold:Treaty OPTIONAL { ?s uphold:by ?j . ?j a ?c } FILTER (STR(?s) != "<<") }'
    try:
        first, *later = (engine.query(text, accept="text/csv").read() for _ in range(3))
        assert first.startswith(b"s\r\nhttps://")
        assert later == [first, first]
    finally:
        engine.close()


def test_a_query_with_an_error_gets_the_error(project: Snapshot) -> None:
    """Of its own text, also when an order would be without it."""
    engine = EmbeddedEngine(project, Settings(), workers=1)
    try:
        for text in (
            "SELECT * WHERE { ?s ?p ?o OPTIONAL { ?o ?q ?s } BIND (1 AS ?o) ?s a ?c }",
            "SELECT * WHERE { _:a ?p ?o OPTIONAL { ?o ?q ?s } _:a a ?c }",
        ):
            with pytest.raises(QuerySyntaxError):
                engine.query(text, accept="text/csv")
    finally:
        engine.close()
