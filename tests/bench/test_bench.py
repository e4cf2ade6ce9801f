"""The benchmark sends the queries it describes: to the same data each time, in our terms, with answers of known size.

How fast anything is depends on the machine and is not tested.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest

from bench.generate import ONTOLOGY, SyntheticDataset, triples
from bench.questions import QUESTIONS, BenchQuery

ROOT = Path(__file__).parents[2]
SIZE = 50_000
DIGEST = """
import hashlib
from bench.generate import SyntheticDataset, triples
print(hashlib.sha256("".join(triples(SyntheticDataset.of(20_000))).encode()).hexdigest())
"""
TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
ROWS = {"point": 30, "join": 48, "aggregate": 36, "construct": 2000, "text": 71}


@pytest.fixture(scope="module")
def dataset() -> SyntheticDataset:
    """The dataset of the smaller size."""
    return SyntheticDataset.of(SIZE)


@pytest.fixture(scope="module")
def store(dataset: SyntheticDataset) -> ox.Store:
    """Its data."""
    made = ox.Store()
    made.load("".join(triples(dataset)), format=ox.RdfFormat.N_TRIPLES)
    return made


def test_the_data_are_the_same_in_every_process() -> None:
    """Two processes that order their sets differently write the same bytes."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "server")])
    written = {
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(written) == 1


@pytest.mark.parametrize("size", [20_000, 50_000, 200_000])
def test_there_are_about_as_many_triples_as_requested_and_never_more(size: int) -> None:
    """At the largest size that fits into memory, one triple more would move the data to disk."""
    lines = list(triples(SyntheticDataset.of(size)))
    assert 0.85 * size < len(lines) <= size
    assert len(set(lines)) == len(lines)


def test_every_term_is_one_of_the_ontology(store: ox.Store) -> None:
    """Invented data in invented terms would say nothing about ours."""
    ontology = ox.Store()
    for path in (ROOT / "ontology").glob("*.ttl"):
        ontology.load(path=str(path), format=ox.RdfFormat.TURTLE)
    used = {quad.predicate for quad in store}
    used |= {quad.object for quad in store.quads_for_pattern(None, TYPE, None)}
    ours = {term for term in used if isinstance(term, ox.NamedNode) and term.value.startswith(ONTOLOGY)}
    assert len(ours) > 30
    assert {term.value for term in ours if not any(ontology.quads_for_pattern(term, None, None))} == set()


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=lambda question: question.name)
def test_a_question_has_the_answer_size_that_its_file_states(
    question: BenchQuery, dataset: SyntheticDataset, store: ox.Store
) -> None:
    """Whatever it is about, and whatever the limit."""
    texts = [*question.repeated(dataset), *question.never_seen(dataset)]
    assert {sum(1 for _ in result_of(store, text)) for text in texts} == {ROWS[question.name]}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=lambda question: question.name)
def test_only_texts_meant_to_repeat_are_sent_twice(question: BenchQuery, dataset: SyntheticDataset) -> None:
    """The texts of one run differ in their number alone, so no two of them and none of the repeated ones are equal."""
    number = 10_000_000
    sent = [f"{before}{number + at}{after}" for at, (before, after) in enumerate(question.unlimited(dataset) * 2)]
    texts = [*sent, *question.repeated(dataset), *question.never_seen(dataset)]
    assert len(set(texts)) == len(texts)


def result_of(store: ox.Store, text: str) -> ox.QuerySolutions | ox.QueryTriples:
    """The rows or triples of an answer."""
    found = store.query(text)
    assert not isinstance(found, ox.QueryBoolean)
    return found
