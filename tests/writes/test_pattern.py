"""The WHERE of an update has the solutions that SPARQL 1.1 Query says, also where the engine has others."""

from __future__ import annotations

from collections import Counter

import pyoxigraph as ox
import pytest

from tests.standard.cases import BASE, CASES, DATA, Case, Found, key
from tests.writes.updating import after, fill
from uphold.errors import QueryNotSupported
from uphold.rdf.graphs import graphs_of
from uphold.settings import Settings
from uphold.writes.draft import Draft
from uphold.writes.operations import Kind, Operation
from uphold.writes.pattern import DataSet, solutions
from uphold.writes.update import UpdateRequest
from uphold.writes.workspace import Workspace

SELECTS = [case for case in CASES if case.variables and "FROM" not in case.query.upper()]


@pytest.fixture
def draft(workspace: Workspace, tiny: Settings) -> Draft:
    """A draft on the data of the cases."""
    fill(workspace, set(ox.parse(DATA.read_bytes(), format=ox.RdfFormat.TRIG)))
    workspace.prefixes = {"": BASE}
    return Draft(workspace, tiny)


@pytest.mark.parametrize("case", SELECTS, ids=lambda case: case.name)
def test_solutions_are_those_of_the_standard(draft: Draft, case: Case) -> None:
    """Each as often as it should be, where that makes a difference."""
    found = answer(draft, case, counts=True)
    assert found == case.expected
    assert isinstance(case.expected, Counter)
    assert {*answer(draft, case, counts=False)} == {*case.expected}  # type: ignore[misc] # it is a counter as well


def answer(draft: Draft, case: Case, *, counts: bool) -> Found:
    """The solutions that an update has."""
    rows = solutions(f"BASE <{BASE}> {case.query}", DataSet(), draft, counts=counts)
    names = [variable.value for variable in rows.variables if variable.value in case.variables]
    return case.solutions({name: key(row[name]) for name in names} for row in rows)


def test_an_update_follows_the_standard(draft: Draft, tiny: Settings) -> None:
    """8.3.3: MINUS removes nothing if its sides share no variable, also in EXISTS, where the engine removes all."""
    request = """INSERT { GRAPH <urn:new> { ?c a <urn:kept> } }
        WHERE { VALUES ?c { <urn:1> } FILTER EXISTS { ?x ?p ?y MINUS { ?v ?q ?w } } }"""
    found = after(draft.workspace, tiny, Operation(Kind.UPDATE, None, update=UpdateRequest(request, (), ())))
    assert found["urn:new"] == {"<urn:1> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <urn:kept> ."}


def test_an_update_that_the_engine_would_get_wrong_is_refused(draft: Draft, tiny: Settings) -> None:
    """With the place in the request, and what to write instead; nothing changes."""
    request = "INSERT DATA { <urn:a> <urn:b> 1 } ;\nDELETE { ?y ?p ?o }\nWHERE { :zz :p* _:x . _:x :p ?y . ?y ?p ?o }"
    before = graphs_of(draft.store)
    with pytest.raises(QueryNotSupported) as caught:
        after(draft.workspace, tiny, Operation(Kind.UPDATE, None, update=UpdateRequest(request, (), ())))
    assert (caught.value.line, caught.value.column) == (3, 13)
    assert "variable instead of the blank node" in caught.value.remedy
    assert graphs_of(draft.store) == before
