"""A write may change the graphs only that its token allows, whatever its operations are; else it changes nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.writes.conftest import Client
from uphold.errors import BodySyntaxError, GraphProtected, QuerySyntaxError
from uphold.snapshots.snapshot import current
from uphold.writes.operations import Kind, Operation
from uphold.writes.service import Outcome, Write
from uphold.writes.update import UpdateRequest

AGENT = "<urn:agent:{0}> a foaf:Agent ; foaf:name 'Agent {0}' ."


def send(client: Client, *operations: Operation) -> Outcome:
    """The outcome of operations."""
    return client.service.write(Write(operations, client.token, "POST"))


def update(text: str) -> Operation:
    """An update."""
    return Operation(Kind.UPDATE, None, update=UpdateRequest(text))


def patch(text: str) -> Operation:
    """An RDF Patch."""
    return Operation(Kind.PATCH, None, patch=text)


def test_a_change_of_another_graph_is_undone_and_the_worker_goes_on(client: Client) -> None:
    """By whatever operation; what else the request changes is not kept either."""
    base = client.settings.base
    assert client.put("partner/acme/a", AGENT.format(1)).conforms
    client.token = replace(client.token, glob="partner/acme/*")
    worker, head, snapshot = (
        client.service.staging.worker,
        client.service.journal.head(),
        current(client.settings.state),
    )
    assert worker
    mine, other = f"{base}graph/partner/acme/b", f"{base}graph/partner/other"
    allowed = update(f"INSERT DATA {{ GRAPH <{mine}> {{ <urn:a:a> <urn:a:p> 1 }} }}")
    for refused in (
        update(f"INSERT DATA {{ GRAPH <{other}> {{ <urn:a:a> <urn:a:p> 1 }} }}"),
        update("INSERT DATA { <urn:a:a> <urn:a:p> 1 }"),
        update(f"DELETE WHERE {{ GRAPH <{base}graph/places> {{ ?s a ?o }} }}"),
        update(f"MOVE <{base}graph/places> TO <{mine}>"),
        patch(f"A <urn:a:a> <urn:a:p> 1 <{other}> ."),
        Operation(Kind.DELETE, f"{base}graph/places"),
    ):
        with pytest.raises(GraphProtected):
            send(client, allowed, refused)
    for wrong, error in ((update("INSERT DATA {"), QuerySyntaxError), (patch("TX ."), BodySyntaxError)):
        with pytest.raises(error):
            send(client, allowed, wrong)
    assert client.service.staging.worker == worker
    assert (client.service.journal.head(), current(client.settings.state)) == (head, snapshot)
    found = send(client, allowed)
    assert found.changed[mine] == (0, 1)
    assert send(client, update(f"DROP GRAPH <{mine}>")).snapshot == snapshot.id
    assert client.service.staging.worker
    assert client.service.staging.worker is worker


def test_operations_of_one_write_see_those_before_them(client: Client) -> None:
    """Of all kinds, and the entry has the graphs that changed."""
    base = client.settings.base
    one, two = f"{base}graph/partner/one", f"{base}graph/partner/two"
    client.put("partner/one", AGENT.format(1))
    found = send(
        client,
        patch(f"A <urn:agent:1> <urn:a:p> 1 <{one}> ."),
        update(f"COPY <{one}> TO <{two}> ; WITH <{two}> DELETE {{ ?s <urn:a:p> ?o }} WHERE {{ ?s <urn:a:p> ?o }}"),
        Operation(Kind.DELETE, one),
    )
    assert {name: pair for name, pair in found.changed.items() if "partner" in name} == {one: (2, 0), two: (0, 2)}
    assert client.service.journal.entries()[-1].graphs == (one, two)
