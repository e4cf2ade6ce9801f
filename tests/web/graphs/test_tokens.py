"""Tokens of writes (RFC 6750): who may write what, and what is recorded of it."""

from __future__ import annotations

import datetime as dt
import time

import pytest

from tests.web.graphs.graph_store import TURTLE, GraphStore, secret_of
from uphold.journal import tokens
from uphold.journal.journal import Journal

ONE = "<urn:a:b> <urn:a:c> 1 ."
WRONG = '<https://w3id.org/uphold/id/goal/1> <http://www.w3.org/2004/02/skos/core#prefLabel> "<b>a</b>"@zu .'
REALM = 'Bearer realm="Uphold"'
UNKNOWN = f"uphold_{'a' * 43}"


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
@pytest.mark.parametrize(
    ("sent", "problem", "challenge"),
    [
        (None, "token-missing", REALM),
        ("", "token-missing", REALM),
        ("Bearer", "token-missing", REALM),
        ("Basic dXNlcjpwYXNz", "token-missing", REALM),
        ("{secret}", "token-missing", REALM),
        (f"Bearer {UNKNOWN}", "token-refused", f'{REALM}, error="invalid_token"'),
        ("Bearer x", "token-refused", f'{REALM}, error="invalid_token"'),
        ("Bearer {secret}x", "token-refused", f'{REALM}, error="invalid_token"'),
    ],
)
def test_a_write_without_a_valid_token_is_refused(
    store: GraphStore, method: str, sent: str | None, problem: str, challenge: str
) -> None:
    """401 with a challenge: without an error code if no token was sent (3.1); before the body is looked at."""
    headers = {} if sent is None else {"Authorization": sent.format(secret=store.secret)}
    response = store.client.open(store.new(), method=method, data=b"\xff", headers={"Content-Type": TURTLE, **headers})
    assert response.status_code == 401
    assert response.get_json()["type"].endswith(f"/problem/{problem}")
    assert response.headers["WWW-Authenticate"] == challenge


@pytest.mark.parametrize("address", ["/graphs/a?access_token={secret}", "/graphs?graph=urn:a:b&access_token={secret}"])
def test_a_token_in_an_address_is_no_token(store: GraphStore, address: str) -> None:
    """RFC 9700, 4.3.2: addresses are in logs and histories."""
    response = store.client.put(address.format(secret=store.secret), data=ONE, headers={"Content-Type": TURTLE})
    assert response.status_code in (400, 401)
    assert store.secret not in response.text
    cookie = {"Cookie": f"access_token={store.secret}; Authorization=Bearer {store.secret}", "Content-Type": TURTLE}
    assert store.client.put("/graphs/a", data=ONE, headers=cookie).status_code == 401


def test_the_name_of_the_scheme_may_have_any_case(store: GraphStore) -> None:
    """RFC 9110, 11.1."""
    headers = {"Authorization": f"bEARER {store.secret}", "Content-Type": TURTLE}
    assert store.client.put(store.new(), data=ONE, headers=headers).status_code == 201


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
@pytest.mark.parametrize(
    ("glob", "address"),
    [
        ("partner/acme/*", "/graphs/partner/other/1"),
        ("partner/acme/*", "/graphs/partner/acme"),
        ("partner/acme/*", "/graphs?default"),
        ("partner/acme/*", "/graphs?graph=http://a.example/graph/partner/acme/1"),
        ("partner/acme/*", "/graphs/partner/acme/%2E%2E/other"),
        ("partner/acme/*", "/graphs/partner/acme%2F..%2Fother"),
        ("*", "/graphs/places"),
        ("*", "/graphs/derived"),
        ("*", "/graphs?graph=https://w3id.org/uphold/graph/shapes"),
    ],
)
def test_a_token_writes_the_graphs_of_its_glob_only(store: GraphStore, method: str, glob: str, address: str) -> None:
    """403; neither another spelling of the address nor the widest glob reaches a protected graph."""
    before = store.snapshot()
    response = store.send(method, address, ONE, secret=secret_of(store.settings, glob))
    assert response.status_code == 403
    assert response.headers["WWW-Authenticate"] == f'{REALM}, error="insufficient_scope"'
    assert store.snapshot() == before


def test_an_expired_token_and_a_revoked_one_are_refused(store: GraphStore) -> None:
    """From that moment on."""
    soon = secret_of(store.settings, "*", expires=dt.datetime.now(dt.UTC) + dt.timedelta(seconds=0.3))
    time.sleep(0.4)
    assert store.send("PUT", store.new(), ONE, secret=soon).status_code == 401
    with Journal.open(store.settings) as journal:
        secret = tokens.create(journal, "to-be-revoked", "*")
        assert store.send("PUT", store.new(), ONE, secret=secret).status_code == 201
        tokens.revoke(journal, "to-be-revoked")
    refused = store.send("PUT", store.new(), ONE, secret=secret)
    assert refused.status_code == 401
    assert "revoked" in refused.get_json()["detail"]


def test_each_use_of_a_token_is_recorded(store: GraphStore) -> None:
    """Accepted ones with their entry, and refused ones."""
    with Journal.open(store.settings) as journal:
        secret = tokens.create(journal, "recorded", "recorded/*")
        address, dry = "/graphs/recorded/a", {"Prefer": "handling=dry-run"}
        sent = [
            ("PUT", address, ONE, {}, 201),
            ("PUT", address, ONE, {"If-None-Match": "*"}, 412),
            ("PUT", address, WRONG, {}, 422),
            ("POST", address, "broken", {}, 400),
            ("POST", address, "<urn:a:b> <urn:a:c> 2 .", dry, 200),
            ("PUT", "/graphs/other", ONE, {}, 403),
            ("DELETE", address, "", {}, 204),
            ("DELETE", address, "", {}, 404),
        ]
        for method, place, body, headers, status in sent:
            assert store.send(method, place, body, headers, secret=secret).status_code == status
        found = [(use.method, use.graph, use.status) for use in reversed(journal.uses("recorded"))]
        assert found == [(method, store.iri(place), status) for method, place, _, _, status in sent]
        entries = [use.entry is not None for use in reversed(journal.uses("recorded"))]
        assert entries == [method in ("PUT", "DELETE") and status in (201, 204) for method, *_, status in sent]


def test_no_response_and_no_page_has_a_secret(store: GraphStore) -> None:
    """Neither the token nor its hash; the history has its name."""
    address = store.new()
    replies = [
        store.send("PUT", address, ONE, {"Prefer": "return=representation"}),
        store.send("PUT", address, WRONG),
        store.send("PUT", "/graphs/places", ONE),
        store.read(f"{address}/history?format=json"),
        store.read(f"{address}/history?format=html"),
    ]
    for reply in replies:
        assert "uphold_" not in reply.text + str(reply.headers)
    assert "token-" in replies[3].get_json()["changes"][0]["token"]
