"""The JSON of a question with rows: `{"data": [row…], "links": {"self", …}, "meta": {…}}`.

A row has one key per column, typed values, and null for what is not known. `meta` has the question, the snapshot, when
that was made, licence, source, the total of rows, page and limit. A document is JSON-LD without its context, which the
Link header names.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from flask import request
from flask.testing import FlaskClient

from tests.web.contexts import request_to
from uphold.build.pipeline import build
from uphold.errors import UnreadableSource
from uphold.settings import Settings
from uphold.web.http.request_parameters import QuestionRequest, page_links

AppClient = Callable[[Settings], AbstractContextManager[FlaskClient]]
CALLS = "/api/calls-met"


def test_an_answer_has_data_links_and_meta(client: FlaskClient) -> None:
    """And says which snapshot it is of, in the header too."""
    reply = client.get(CALLS)
    assert reply.mimetype == "application/json"
    assert reply.json is not None
    assert list(reply.json) == ["data", "links", "meta"]
    meta = reply.json["meta"]
    assert meta["snapshot"] == reply.headers["Uphold-Snapshot"]
    assert meta["question"] == "calls-met"
    assert meta["total"] == len(reply.json["data"]) > 1
    assert {"generated", "licence", "source", "page", "limit"} <= set(meta)
    assert reply.headers["Content-Location"] == "/api/calls-met.json"


def test_the_same_answer_has_the_same_etag_and_is_not_sent_twice(client: FlaskClient) -> None:
    """Another form or another page has another one."""
    tag = client.get(CALLS).headers["ETag"]
    assert client.get(CALLS, headers={"If-None-Match": tag}).status_code == 304
    others = {client.get(f"{CALLS}{rest}").headers["ETag"] for rest in (".csv", ".srj", "?limit=1", "?fields=call")}
    assert len(others) == 4
    assert tag not in others


def test_the_forms_say_the_same(client: FlaskClient) -> None:
    """JSON, CSV and SPARQL JSON hold the same calls in the same order."""
    rows = [row["call"] for row in client.get(CALLS).json["data"]]  # type: ignore[index]
    lines = client.get(f"{CALLS}.csv").text.splitlines()
    bindings = client.get(f"{CALLS}.srj").json["results"]["bindings"]  # type: ignore[index]
    assert [line.split(",")[0] for line in lines[1:]] == rows
    assert [binding["call"]["value"] for binding in bindings] == rows


def test_pages_lead_to_one_another(project_client: FlaskClient) -> None:
    """In the body and in the Link header."""
    reply = project_client.get(f"{CALLS}?limit=1&page=2&sort=-days")
    links = reply.json["links"]  # type: ignore[index]
    assert links["prev"] == links["first"] == "/api/calls-met?limit=1&sort=-days"
    assert links["next"] == "/api/calls-met?limit=1&sort=-days&page=3"
    assert f'<{links["next"]}>; rel="next"' in reply.headers.getlist("Link")
    last = project_client.get(links["last"]).json
    assert "next" not in last["links"]  # type: ignore[index]
    beyond = project_client.get(f"{CALLS}?limit=1&page=999").json
    assert beyond["data"] == []  # type: ignore[index]


def test_rows_can_be_sorted_with_nulls_last(client: FlaskClient) -> None:
    """Up and down."""
    for sort, turned in (("days", False), ("-days", True)):
        days = [row["days"] for row in client.get(f"{CALLS}?sort={sort}").json["data"]]  # type: ignore[index]
        known = [each for each in days if each is not None]
        assert known == sorted(known, reverse=turned)
        assert days[len(known) :] == [None] * (len(days) - len(known))


def test_columns_can_be_chosen(client: FlaskClient) -> None:
    """In the requested order, each once."""
    rows = client.get(f"{CALLS}?fields=days,call,days").json["data"]  # type: ignore[index]
    assert all(list(row) == ["days", "call"] for row in rows)
    assert client.get(f"{CALLS}.csv?fields=outcome").text.splitlines()[0] == "outcome"


def test_a_key_a_short_name_and_an_iri_mean_the_same(client: FlaskClient) -> None:
    """Whichever of them a client has."""
    names = ("nzl", "jurisdiction:nzl", "https://w3id.org/uphold/id/jurisdiction/nzl")
    answers = [client.get(CALLS, query_string={"jurisdiction": name}).json["data"] for name in names]  # type: ignore[index]
    assert answers[0] == answers[1] == answers[2] != []


def test_an_empty_field_of_a_form_is_not_a_value(client: FlaskClient) -> None:
    """A browser sends every field; the links of the page leave the empty ones out."""
    page = client.get(f"{CALLS}.html?treaty=&jurisdiction=nzl&outcome=")
    assert page.status_code == 200
    assert 'href="/api/calls-met.csv?jurisdiction=nzl"' in page.text


@pytest.mark.parametrize(
    ("accept", "expected", "language"),
    [
        ("fr", "Nouvelle-Zélande", "fr"),
        ("de, fr;q=0.8, en;q=0.5", "Nouvelle-Zélande", "fr"),
        ("fr-CA", "Nouvelle-Zélande", "fr"),
        ("de", "New Zealand", "en"),
        ("", "New Zealand", "en"),
        ("*", "New Zealand", "en"),
        (";;;=,", "New Zealand", "en"),
    ],
)
def test_labels_come_in_the_readers_language(client: FlaskClient, accept: str, expected: str, language: str) -> None:
    """By Accept-Language, with English to fall back on."""
    reply = client.get(f"{CALLS}?jurisdiction=nzl", headers={"Accept-Language": accept})
    assert {row["jurisdictionName"] for row in reply.json["data"]} == {expected}  # type: ignore[index]
    assert reply.headers["Content-Language"] == language
    assert "Accept-Language" in reply.headers["Vary"]


def test_the_language_in_the_address_comes_first(client: FlaskClient) -> None:
    """And then no cache needs to look at the header."""
    reply = client.get(f"{CALLS}?jurisdiction=nzl&lang=ru", headers={"Accept-Language": "fr"})
    assert {row["jurisdictionName"] for row in reply.json["data"]} == {"Новая Зеландия"}  # type: ignore[index]
    assert "Accept-Language" not in reply.headers["Vary"]


@pytest.mark.parametrize(
    ("address", "status", "says"),
    [
        ("/api/calls-mett", 404, "similar: calls-met"),
        ("/api", 200, ""),
        (f"{CALLS}?jurisdictio=nzl", 400, "did you mean jurisdiction?"),
        (f"{CALLS}?jurisdiction=nowhere", 404, "id/jurisdiction/nowhere"),
        (f"{CALLS}?jurisdiction=a b", 400, "neither the key of a jurisdiction nor an absolute IRI"),
        (f"{CALLS}?jurisdiction=nzl&jurisdiction=tha", 400, "takes one value"),
        (f"{CALLS}?outcome=kept", 400, "already-met, met, open"),
        (f"{CALLS}?treaty=", 400, "treaty is empty: leave it out"),
        (f"{CALLS}?lang=%22", 400, "one language tag"),
        (f"{CALLS}?limit=0", 400, "from 1 to 1000"),
        (f"{CALLS}?limit=1001", 400, "from 1 to 1000"),
        (f"{CALLS}?page=-1", 400, "page is"),
        (f"{CALLS}?page=1&page=2", 400, "one number"),
        (f"{CALLS}?sort=nothing", 400, "is not a column; the columns are call"),
        (f"{CALLS}?fields=call,nothing", 400, "is not a column"),
        (f"{CALLS}?fields=call,", 400, "fields has an empty name"),
        (f"{CALLS}?sort=,", 400, "sort has an empty name"),
        ("/api/search?q=children&page=", 400, "page is empty: leave it out"),
        ("/api/changes?from=", 400, "from is empty: leave it out"),
        (f"{CALLS}?jurisdiction=https://%23a%23b", 400, "neither the key of a jurisdiction nor an absolute IRI"),
        (f"{CALLS}.xlsx", 404, "No question"),
        (f"{CALLS}.ttl", 404, "has the formats json, csv, srj"),
        (f"{CALLS}?jurisdiction=jurisdicton:nzl", 404, "jurisdicton:nzl"),
        (f"{CALLS}?jurisdiction=https://example.org/nowhere", 404, "example.org/nowhere"),
    ],
)
def test_a_wrong_request_gets_an_error_with_what_to_do(
    client: FlaskClient, address: str, status: int, says: str
) -> None:
    """As problem details."""
    reply = client.get(address, headers={"Accept": "application/json"})
    assert reply.status_code == status
    assert says in reply.text


def test_none_of_the_forms_on_offer_is_406_with_what_there_is(client: FlaskClient) -> None:
    """So that a client can choose."""
    reply = client.get(CALLS, headers={"Accept": "audio/ogg"})
    assert reply.status_code == 406
    assert "text/csv" in reply.json["detail"]  # type: ignore[index]


def test_the_context_is_served_and_named(client: FlaskClient) -> None:
    """The names of documents are those of the tables."""
    context = client.get("/context.jsonld")
    assert context.mimetype == "application/ld+json"
    assert context.json["@context"]["addressedTo"]["@id"] == "uphold:addressedTo"  # type: ignore[index]


def test_the_page_of_a_question_has_form_table_data_and_citation(client: FlaskClient) -> None:
    """It works without scripts, and shows its query."""
    page = client.get(f"{CALLS}.html?jurisdiction=nzl").text
    for part in ('name="jurisdiction"', 'value="nzl"', "<table", "calls-met.csv?jurisdiction=nzl", "@misc", "VALUES"):
        assert part in page
    assert "<script" not in page.replace('<script type="application/', "")


def test_a_hostile_value_comes_back_as_text(client: FlaskClient) -> None:
    """In the page of the error as in the form."""
    page = client.get(CALLS, query_string={"outcome": "<script>alert(1)</script>"}, headers={"Accept": "text/html"})
    assert page.status_code == 400
    assert "<script>alert" not in page.text


def test_one_new_file_is_seen_everywhere(tmp_path: Path, app_client: AppClient, tiny: Settings) -> None:
    """The API, the OpenAPI document, the editor and the pages show a question with no other change."""
    files = shutil.copytree(tiny.files, tmp_path / "files", symlinks=False)
    settings = Settings(files=files, state=tmp_path / "state")
    question = files / "queries" / "own" / "how-many-calls.rq"
    question.parent.mkdir()
    question.write_text(
        "#+ summary: How many calls are there?\n#+ columns:\n#+   calls: integer, how many there are\n"
        "SELECT (COUNT(?call) AS ?calls) WHERE { ?call a uphold:CallToAction } ORDER BY ?calls\n",
        "utf-8",
    )
    build(settings)
    with app_client(settings) as client:
        assert client.get("/api/how-many-calls").json["data"] == [{"calls": 9}]  # type: ignore[index]
        assert client.get("/api/how-many-calls.csv").text == "calls\r\n9\r\n"
        assert "/api/how-many-calls" in client.get("/api/openapi.json").json["paths"]  # type: ignore[index]
        html = {"Accept": "text/html"}
        for address in ("/api", "/sparql", "/api/how-many-calls"):
            assert "How many calls are there?" in client.get(address, headers=html).text
    question.write_text(f"#+ deprecated: calls-met since 2026-11-24\n{question.read_text('utf-8')}", "utf-8")
    build(settings)
    with app_client(settings) as client:
        reply = client.get("/api/how-many-calls")
        assert reply.headers["Deprecation"] == "@1795478400"
        assert '</api/calls-met>; rel="successor-version"' in reply.headers.getlist("Link")
        assert client.get("/api/openapi.json").json["paths"]["/api/how-many-calls"]["get"]["deprecated"] is True  # type: ignore[index]
    question.write_text(question.read_text("utf-8").replace("SELECT (", "SELEC ("), "utf-8")
    with pytest.raises(UnreadableSource, match=r"how-many-calls\.rq:5"):
        build(settings)


def test_answers_are_cached_by_what_they_depend_on(client: FlaskClient) -> None:
    """The reader's language is one of these."""
    answers = {
        json.dumps(client.get(f"{CALLS}?jurisdiction=nzl", headers={"Accept-Language": each}).json["data"])  # type: ignore[index]
        for each in ("en", "fr", "es", "en")
    }
    assert len(answers) == 3


def test_the_first_page_of_a_table_is_a_page(project_client: FlaskClient) -> None:
    """Counting pages from 1 returns each row once."""
    pages = [project_client.get(f"/api/calls.csv?page={page}").text.splitlines()[1:] for page in (1, 2)]
    whole = project_client.get("/api/calls.csv").text.splitlines()[1:]
    assert pages[0] + pages[1] == whole


@pytest.mark.parametrize("field", ["page", "limit", "fields", "sort"])
def test_a_document_has_no_rows_to_choose_from(project_client: FlaskClient, field: str) -> None:
    """So what chooses rows is as unknown as any other name."""
    reply = project_client.get(f"/api/call?{field}=1")
    assert reply.status_code == 400
    assert f"no parameter '{field}'" in reply.text


@pytest.mark.parametrize("form", ["json", "ttl", "nt"])
def test_a_thing_of_another_kind_has_no_document_in_any_form(project_client: FlaskClient, form: str) -> None:
    """No form is an empty answer where another is none."""
    assert project_client.get(f"/api/treaty.{form}?treaty=jurisdiction:nzl").status_code == 404


def test_the_form_of_a_page_can_be_sent_as_it_is(project_client: FlaskClient) -> None:
    """Also where a parameter has several values: each has its own field."""
    page = project_client.get("/api/compare-jurisdictions.html").text
    fields = re.findall(r'<input[^>]* name="(\w+)" value="([^"]*)"', page)
    assert [value.rpartition("/")[2] for name, value in fields if name == "jurisdiction"] == ["nzl", "tha", ""]
    sent = project_client.get("/api/compare-jurisdictions.html", query_string=[*fields, ("lang", "en")])
    assert sent.status_code == 200


def test_the_data_behind_a_page_is_not_a_part_of_it(project_client: FlaskClient) -> None:
    """A page of HTML has fewer rows than one of JSON, so the number of one says nothing about the other."""
    page = project_client.get("/api/calls.html?page=2&lang=fr").text
    assert 'href="/api/calls.csv?lang=fr"' in page
    assert 'href="/api/calls.csv?page=2&amp;limit=20"' in project_client.get("/api/calls.html?page=2&limit=20").text


def test_addresses_in_headers_are_addresses(project_client: FlaskClient) -> None:
    """The text of a path is escaped in each link, so that it leads back here."""
    key = "urn:x:%C3%A9%3Fa"
    with request_to(project_client.application, f"/api/treaties/{key}/parties"):
        wanted = QuestionRequest({}, 1, 0, (), ())
        links = page_links(request.path, wanted, 100, 1)
    assert set(links.values()) == {f"/api/treaties/{key}/parties"}
