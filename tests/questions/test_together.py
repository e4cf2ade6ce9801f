"""Parameters together: what two of them ask for is true of one and the same thing, which together/parameters.csv names.

`said-of` is what the value is said of, `columns` where the rows show it. A demand is at one place in each of its
columns. A `context`, such as a day, changes what the rows say, not which of them there are; its pairs are not compared.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from uphold.engines.oxigraph.engine import EmbeddedEngine
from uphold.questions.files import load_questions
from uphold.rdf.sources import Files
from uphold.settings import CANONICAL_BASE as BASE
from uphold.settings import Settings

QUESTIONS = load_questions(Files(Settings().files))
TABLE = [*csv.DictReader((Path(__file__).parent / "together" / "parameters.csv").read_text("utf-8").splitlines())]
HOW = ("equals", "among", "contains", "from", "until", "is there", "equals at least", "contains at least")
KNOWN = {(row["question"], row["parameter"]): row for row in TABLE}
COMPARED = [row for row in TABLE if row["how"] in HOW]
PAIRS = [(one, other) for one, other in itertools.combinations(COMPARED, 2) if one["question"] == other["question"]]
MOST_VALUES, MOST_CASES = 12, 3
Row = Mapping[str, str]


def test_every_parameter_of_a_question_with_several_is_in_the_table() -> None:
    """So a new one cannot be added without its subject."""
    several = {
        (question.name, name)
        for question in QUESTIONS.values()
        if not question.returns_graph and len(question.parameters.keys() - {"lang"}) > 1
        for name in question.parameters.keys() - {"lang"}
    }
    assert {*KNOWN} == several


def short(said: Row, value: str) -> str:
    """A value as the parameter accepts it: one of its choices, a short name, or the value itself."""
    choices = QUESTIONS[said["question"]].parameters[said["parameter"]].choices
    name = value.replace(f"{BASE}ontology#", "uphold:", 1)
    if value.startswith(f"{BASE}id/"):
        name = value.removeprefix(f"{BASE}id/").replace("/", ":", 1)
    return next((choice for choice in choices if name in (choice, f"{said['parameter']}:{choice}")), name)


def parts(said: Row, row: Row) -> list[str]:
    """The values that a row shows for a parameter: one for each demand, or one of which each part is a value."""
    cells = [row[name] for name in said["columns"].split()]
    return cells[0].split() if said["how"] == "among" else [" ".join(cells)]


def holds(said: Row, value: str, shown: str) -> bool:
    """Whether a value that a row shows meets the parameter."""
    match said["how"].removesuffix(" at least"):
        case "contains":
            return value.casefold() in shown.casefold()
        case "from":
            return shown != "" and shown >= value
        case "until":
            return shown != "" and shown <= value
        case "is there":
            return (shown != "") == (value == "true")
    return shown == value


def fits(one: Row, other: Row, values: tuple[str, str], row: Row) -> bool:
    """Whether a row has both values, of the same demand where both are said of one."""
    seen = [
        [holds(said, value, shown) for shown in parts(said, row)]
        for said, value in zip((one, other), values, strict=True)
    ]
    if one["said-of"] == other["said-of"] and one["said-of"].startswith("one "):
        return any(all(pair) for pair in zip(*seen, strict=True))
    return all(map(any, seen))


def offered(said: Row, rows: Sequence[Row]) -> list[str]:
    """Values to ask for: those that most rows show, or a word of their text."""
    if said["how"] == "is there":
        return ["true", "false"]
    shown = Counter(value for row in rows for value in parts(said, row) if value)
    if "contains" in said["how"]:
        words = Counter(word.casefold() for text in shown for word in text.split() if word.isalpha() and len(word) > 4)
        return [word for word, _ in words.most_common(MOST_VALUES)]
    return [value for value, _ in shown.most_common(MOST_VALUES)]


def cases(one: Row, other: Row, rows: Sequence[Row]) -> Iterator[tuple[str, str]]:
    """Pairs of values that both are in the rows: some that only different parts or rows have, some of the same row."""
    pairs = [*itertools.product(offered(one, rows), offered(other, rows))]
    empty = [pair for pair in pairs if not any(fits(one, other, pair, row) for row in rows)]
    yield from empty[: MOST_CASES // 2]
    yield from [pair for pair in pairs if pair not in empty][: MOST_CASES - min(len(empty), MOST_CASES // 2)]


def rows_of(client: FlaskClient, question: str, **query: str) -> list[Row]:
    """All rows of a question."""
    reply = client.get(f"/api/{question}.csv", query_string=query)
    assert reply.status_code == 200, reply.text
    return [*csv.DictReader(io.StringIO(reply.text))]


@pytest.mark.one_in(2, ("one", "other"), PAIRS, ids=lambda row: f"{row['question']}-{row['parameter']}")
def test_two_parameters_leave_the_rows_that_show_both(project_client: FlaskClient, one: Row, other: Row) -> None:
    """As many times as the rows show both, whichever values are requested."""
    rows = rows_of(project_client, one["question"])
    compared = 0
    for values in cases(one, other, rows):
        query = {said["parameter"]: short(said, value) for said, value in zip((one, other), values, strict=True)}
        found = rows_of(project_client, one["question"], **query)
        expected = [row for row in rows if fits(one, other, values, row)]
        if "at least" in one["how"] + other["how"]:  # a name in another language, or a wider kind, is found as well
            assert all(row in found for row in expected)
            assert all(row in rows for row in found)
        else:
            assert found == expected, query
        compared += 1
    assert compared


def solutions(engine: EmbeddedEngine, query: str) -> list[dict[str, str]]:
    """The solutions of a query as text."""
    text = engine.query(query, accept="text/csv").read().decode()
    return [*csv.DictReader(io.StringIO(text))]


STATEMENTS = """
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX uphold: <https://w3id.org/uphold/ontology#>
SELECT ?discrepancy ?kind ?statement ?class ?treaty WHERE {
  ?discrepancy a uphold:Discrepancy ; uphold:kind ?kind ; uphold:between ?statement . ?statement a ?class .
  OPTIONAL {
    { ?statement uphold:treaty ?treaty } UNION { ?statement uphold:callsForConsentTo ?treaty }
    UNION { ?statement uphold:promisesConsentTo ?treaty } UNION { ?statement uphold:concerns ?treaty }
    UNION { ?recomputed uphold:statistic ?statement ; uphold:treaty ?treaty }
    UNION { ?statement a uphold:Treaty . BIND (?statement AS ?treaty) }
  }
}
"""


def test_a_statement_of_a_discrepancy_meets_all_parameters_of_a_statement(
    project_client: FlaskClient, project_engine: EmbeddedEngine
) -> None:
    """For every class and treaty: discrepancies, and statements themselves; with a kind, a discrepancy of that kind."""
    known = solutions(project_engine, STATEMENTS)
    classes = sorted({row["class"] for row in known if "/ontology#" in row["class"]})
    treaties = sorted({row["treaty"] for row in known if f"{BASE}id/treaty/" in row["treaty"]})
    apart = 0
    for kind, treaty in itertools.product(classes, treaties):
        both = {row["discrepancy"] for row in known if row["class"] == kind and row["treaty"] == treaty}
        query = {"class": kind, "treaty": treaty}
        assert {row["discrepancy"] for row in rows_of(project_client, "discrepancies", **query)} == both
        of_class = {row["discrepancy"] for row in known if row["class"] == kind}
        about = {row["discrepancy"] for row in known if row["treaty"] == treaty}
        apart += (of_class & about) != both
    assert apart  # there are discrepancies of which two statements have one value each
    one = next(row for row in known if row["treaty"] == treaties[0])
    query = {"statement": one["statement"], "treaty": treaties[0]}
    for name in ("discrepancies", "disputed-statements"):
        expected = {row["discrepancy"] for row in known if row["statement"] == one["statement"]}
        assert {row["discrepancy"] for row in rows_of(project_client, name, **query)} == expected
        other = next(row["treaty"] for row in known if row["treaty"] not in ("", treaties[0]))
        if not any(row["statement"] == one["statement"] and row["treaty"] == other for row in known):
            assert rows_of(project_client, name, statement=one["statement"], treaty=other) == []
    statements = rows_of(project_client, "disputed-statements", kind=one["kind"], treaty=treaties[0])
    assert {(row["discrepancy"], row["statement"]) for row in statements} == {
        (row["discrepancy"], row["statement"])
        for row in known
        if row["kind"] == one["kind"] and row["treaty"] == treaties[0]
    }


def test_a_speaker_of_a_commitment_meets_its_other_parameters(
    project_client: FlaskClient, project_engine: EmbeddedEngine
) -> None:
    """With every firmness and every jurisdiction."""
    known = solutions(
        project_engine,
        "PREFIX uphold: <https://w3id.org/uphold/ontology#> SELECT * WHERE"
        " { ?commitment uphold:spokenBy ?speaker ; uphold:strength ?strength ; uphold:madeBy ?jurisdiction }",
    )
    speakers = sorted({row["speaker"] for row in known})
    for name in ("strength", "jurisdiction"):
        values = sorted({row[name] for row in known})
        for speaker, value in [*itertools.product(speakers, values)][:60]:
            wanted = short(KNOWN["commitments", name], value)
            found = rows_of(project_client, "commitments", **{"speaker": speaker, name: wanted})
            expected = {row["commitment"] for row in known if row["speaker"] == speaker and row[name] == value}
            assert {row["commitment"] for row in found} == expected
