"""Every request can be found again: by its id in the answer and the log, by where its time went, and by the counts."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_metrics
from werkzeug.test import Client

from uphold.errors import InvalidSetting, UpholdError, all_kinds
from uphold.logs import JsonLines, LineHandler, log_request, only_handler
from uphold.server_timing import CURRENT, Timing, spend, timed
from uphold.settings import Settings
from uphold.snapshots.snapshot import current
from uphold.web.middleware.access_log import METHODS, AccessLog
from uphold.web.middleware.transfer_limit import TransferLimit

AppClient = Callable[[Settings], AbstractContextManager[FlaskClient]]
PERSONAL = "SELECT ?x WHERE { ?x ?y 'something personal' }"
ENDLESS = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . FILTER (?c != ?f && ?f != ?i) }"
Counts = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What was logged so far, read back from the lines."""
    caplog.set_level(logging.INFO, logger="uphold")
    handler = logging.StreamHandler(written := io.StringIO())
    handler.setFormatter(JsonLines())
    logging.getLogger("uphold").addHandler(handler)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    logging.getLogger("uphold").removeHandler(handler)


def counts(client: FlaskClient) -> Counts:
    """Every count by name and labels."""
    text = client.get("/metrics").text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in read_metrics(text)
        for sample in family.samples
    }


def grown(before: Counts, after: Counts, name: str, **labels: str) -> float:
    """By how much a count has grown."""
    key = (name, frozenset(labels.items()))
    return after.get(key, 0.0) - before.get(key, 0.0)


@pytest.mark.parametrize(
    "path", ["/", "/doc/treaty/opsc.ttl", "/nothing", "/sparql?query=ASK%7B%7D", "/static/uphold.css"]
)
def test_every_answer_names_its_request(client: FlaskClient, path: str) -> None:
    """Two requests have two ids."""
    first, second = (client.get(path).headers["X-Request-Id"] for _ in range(2))
    assert first != second
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9]+", first)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("abc.DEF_1-2", True),
        ("x" * 64, True),
        ("x" * 65, False),
        ("", False),
        ("a b", False),
        ("a;b", False),
        ("é", False),
        ('"}', False),
    ],
)
def test_a_harmless_id_from_outside_is_used(client: FlaskClient, given: str, kept: bool) -> None:
    """A proxy and this server then speak of the same request."""
    assert (client.get("/healthz", headers={"X-Request-Id": given}).headers["X-Request-Id"] == given) is kept


def test_a_problem_has_the_id_of_its_request(client: FlaskClient) -> None:
    """Whoever reports a problem can name what to search the log for."""
    response = client.get("/sparql?query=x", headers={"Accept": "application/json"})
    assert response.json
    assert response.json["instance"] == f"urn:uphold:request:{response.headers['X-Request-Id']}"
    page = client.get("/nothing", headers={"Accept": "text/html"})
    assert page.headers["X-Request-Id"] in page.text


def test_one_request_is_one_line(
    client: FlaskClient, tiny: Settings, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    """The request, its outcome, its duration, and the snapshot."""
    response = client.get("/doc/treaty/opsc.ttl?first=1")
    (line,) = lines()
    assert line.pop("duration_ms") > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert line == {
        "level": "info",
        "logger": "uphold.web.middleware.access_log",
        "message": "request",
        "request_id": response.headers["X-Request-Id"],
        "method": "GET",
        "path": "/doc/treaty/opsc.ttl",
        "status": 200,
        "bytes": len(response.data),
        "snapshot": current(tiny.state).id,
        "handler": "pages",
    }


def test_a_query_is_logged_by_its_digest_only(
    client: FlaskClient, lines: Callable[[], list[dict[str, Any]]], caplog: pytest.LogCaptureFixture
) -> None:
    """Queries are private: neither the query nor its sender is in the log."""
    client.get("/sparql", query_string={"query": PERSONAL}, headers={"User-Agent": "mine"})
    client.post("/sparql", data={"query": PERSONAL})
    digest = hashlib.sha256(PERSONAL.encode()).hexdigest()[:16]
    assert [(line["query_sha256"], line["handler"], line["path"]) for line in lines()] == [
        (digest, "engine", "/sparql")
    ] * 2
    shown = json.dumps(lines())
    assert [word for word in ("personal", "mine", "127.0.0.1") if word in shown] == []
    caplog.set_level(logging.DEBUG, logger="uphold")
    client.get("/sparql", query_string={"query": f"{PERSONAL} LIMIT 7"})
    assert lines()[-1]["query_text"] == f"{PERSONAL} LIMIT 7"


def test_an_error_is_logged_by_its_code(client: FlaskClient, lines: Callable[[], list[dict[str, Any]]]) -> None:
    """Also when the error is shown above the form."""
    client.get("/nothing")
    client.get("/sparql?query=x", headers={"Accept": "text/html"})
    assert [line["problem"] for line in lines()] == ["not-found", "query-syntax-error"]


def test_no_request_can_write_a_line_of_its_own(lines: Callable[[], list[dict[str, Any]]], client: FlaskClient) -> None:
    """Line breaks and quotes in a path stay inside their string, and a path has an end."""
    client.get('/a%0A%22level%22:"error"')
    client.get("/" + "x" * 5000)
    first, second = lines()
    assert first["path"] == '/a\n"level":"error"'
    assert len(second["path"]) == 500
    assert "\n" not in JsonLines().format(logging.makeLogRecord({"msg": "a\nb\u2028c"}))


def test_a_failure_nobody_foresaw_is_one_line_with_its_traceback(
    tiny: Settings, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    """And the client hears the id under which to find it, and nothing else."""

    def broken(_: dict[str, Any], __: Callable[..., Any]) -> Iterable[bytes]:
        raise RuntimeError("a secret of the inside")

    response = Client(AccessLog(broken, tiny, TransferLimit(1))).get("/")
    error, request = lines()
    assert (response.status_code, response.mimetype) == (500, "application/problem+json")
    assert "secret" not in response.text
    assert response.json
    assert response.json["instance"].endswith(response.headers["X-Request-Id"])
    assert error["request_id"] == request["request_id"] == response.headers["X-Request-Id"]
    assert error["level"] == "error"
    assert "RuntimeError: a secret of the inside" in error["traceback"]
    assert (request["status"], request["problem"]) == (500, UpholdError.code)


def test_an_answer_that_breaks_off_is_logged_as_that(tiny: Settings, lines: Callable[[], list[dict[str, Any]]]) -> None:
    """The status was sent already, so only the log can show it."""

    def halves(_: dict[str, Any], start: Callable[..., Any]) -> Iterator[bytes]:
        start("200 OK", [])

        def body() -> Iterator[bytes]:
            yield b"half"
            raise OSError("the disk is gone")

        return body()

    with pytest.raises(OSError, match="disk"):
        Client(AccessLog(halves, tiny, TransferLimit(1))).get("/", buffered=True)
    assert lines()[0]["message"] == "response aborted after 4 bytes"
    assert "OSError" in lines()[0]["traceback"]


def test_the_answer_shows_where_the_time_went(client: FlaskClient) -> None:
    """In all, waiting for a worker, and in the engine, in milliseconds."""
    timings = client.get("/sparql?query=ASK%7BFILTER(1=1)%7D").headers["Server-Timing"]
    parts = {name: float(value) for name, value in re.findall(r"(\w+);dur=([0-9.]+)", timings)}
    assert set(parts) == {"total", "queue", "engine"}
    assert parts["queue"] + parts["engine"] <= parts["total"]


def test_what_the_cache_answers_is_counted_and_not_logged(
    client: FlaskClient, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    """The third request is; a line would cost more than the answer, which still has its own id."""
    query = {"query": "ASK { FILTER (2 = 2) }"}
    before = counts(client)
    first, _, again = (client.get("/sparql", query_string=query) for _ in range(3))
    after = counts(client)
    assert again.headers["Server-Timing"] == "cache;desc=hit"
    assert again.headers["X-Request-Id"] != first.headers["X-Request-Id"]
    assert [line["path"] for line in lines()] == ["/metrics", "/sparql", "/sparql", "/metrics"]
    assert grown(before, after, "uphold_queries_total", outcome="ok") == 2
    assert grown(before, after, "uphold_queries_total", outcome="cached") == 1
    assert grown(before, after, "uphold_http_requests_total", method="GET", endpoint="sparql", status="200") == 3


def test_any_layer_may_note_what_it_spends() -> None:
    """On the request that its thread answers; without one nothing happens."""
    spend("engine", 1.0)
    timing = Timing("x")
    token = CURRENT.set(timing)
    spend("engine", 0.25)
    spend("engine", 0.5)
    with timed("queue"):
        pass
    CURRENT.reset(token)
    timing.note("cache", "hit")
    assert timing.parts["engine"] == 0.75
    assert re.fullmatch(r"total;dur=[\d.]+, engine;dur=750.00, queue;dur=[\d.]+, cache;desc=hit", timing.header())


def test_requests_are_counted_by_what_they_are(client: FlaskClient) -> None:
    """By method, group of addresses and status."""
    before = counts(client)
    client.get("/doc/treaty/opsc.ttl?second=1")
    client.get("/doc/treaty/none")
    client.post("/sparql", data={"query": "ASK {}"})
    after = counts(client)
    name = "uphold_http_requests_total"
    assert grown(before, after, name, method="GET", endpoint="doc", status="200") == 1
    assert grown(before, after, name, method="GET", endpoint="doc", status="404") == 1
    assert grown(before, after, name, method="POST", endpoint="sparql", status="200") == 1
    assert grown(before, after, "uphold_http_request_duration_seconds_count", endpoint="doc") == 2


def test_queries_are_counted_by_their_outcome(client: FlaskClient) -> None:
    """The code of the error, or ok; a lost worker by why it was lost."""
    before = counts(client)
    for query in ("ASK {}", "ASK {", "ASK { SERVICE <urn:x> {} }"):
        client.get("/sparql", query_string={"query": query})
    client.get("/sparql", query_string={"query": ENDLESS, "timeout": "0.2"})
    client.get("/sparql")
    after = counts(client)
    outcomes = ("ok", "query-syntax-error", "query-forbidden", "query-timeout")
    assert [grown(before, after, "uphold_queries_total", outcome=outcome) for outcome in outcomes] == [1, 1, 1, 1]
    assert grown(before, after, "uphold_worker_restarts_total", reason="deadline") == 1


def test_validations_are_counted_by_their_outcome(client: FlaskClient) -> None:
    """It conforms, it does not, or it could not be read."""
    before = counts(client)
    for text in ("<urn:x> a <urn:y> .", "no Turtle"):
        client.post("/validate", data=text, content_type="text/turtle")
    after = counts(client)
    name = "uphold_validations_total"
    assert sum(grown(before, after, name, outcome=o) for o in ("conforms", "does-not-conform")) == 1
    assert grown(before, after, name, outcome="body-syntax-error") == 1


def test_the_metrics_describe_the_snapshot(client: FlaskClient, tiny: Settings) -> None:
    """Which one it is, and how many statements it has."""
    found, snapshot = counts(client), current(tiny.state)
    assert found["uphold_snapshot_info", frozenset({("id", snapshot.id)})] == 1
    assert found["uphold_snapshot_quads", frozenset()] == snapshot.quads
    assert found["uphold_queue_length", frozenset()] == 0


def test_no_client_can_make_a_new_label(client: FlaskClient) -> None:
    """Whatever is requested, the labels are those of short lists; else anybody could fill the memory."""
    paths = ["/wp-admin/x", "//", "/x.y.z", "/sparqlx", "/doc/none/é", "/.git", "/ontology.zip", "/static/../x"]
    for path in paths:
        client.get(path)
        client.open(path, method="BREW")
    labels = {pair for _, pairs in counts(client) for pair in pairs}
    endpoints = {value for name, value in labels if name == "endpoint"}
    assert "other" in endpoints
    assert [path for path in paths if path.strip("/") in endpoints] == []
    assert {value for name, value in labels if name == "method"} <= {*METHODS, "other"}
    outcomes = {value for name, value in labels if name == "outcome"}
    assert outcomes <= {kind.code for kind in all_kinds()} | {"ok", "cached", "conforms", "does-not-conform"}


def test_metrics_come_in_the_requested_format(client: FlaskClient) -> None:
    """The old text, unless OpenMetrics is requested; never from a cache."""
    plain = client.get("/metrics")
    assert plain.content_type.startswith("text/plain; version=0.0.4")
    assert plain.headers["Cache-Control"] == "no-store"
    assert list(read_metrics(plain.text))
    metrics = client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert metrics.mimetype == "application/openmetrics-text"
    assert list(read_openmetrics(metrics.text))  # type: ignore[no-untyped-call]


def test_every_metric_is_documented(client: FlaskClient) -> None:
    """Authors of a dashboard find what each metric shows."""
    page = (Path(__file__).parents[2] / "docs" / "operate.md").read_text("utf-8")
    families = {sample.name for family in read_metrics(client.get("/metrics").text) for sample in family.samples}
    names = {re.sub("_(created|bucket|count|sum)$", "", name) for name in families}
    assert len(names) >= 6
    assert [name for name in sorted(names) if f"`{name}`" not in page and f"`{name}_total`" not in page] == []


def test_a_setting_hides_the_metrics(tiny: Settings, app_client: AppClient) -> None:
    """Operators may keep them private."""
    with app_client(Settings(files=tiny.files, state=tiny.state, metrics=False)) as client:
        assert client.get("/metrics").status_code == 404


def test_a_level_that_does_not_exist_is_refused() -> None:
    """At the start, not at the first line."""
    with pytest.raises(InvalidSetting, match="loud"):
        Settings(log_level="loud")


def test_a_request_is_logged_alike_by_our_handler_alone_and_beside_others(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The short way for the server's own handler writes the same line as logging does."""
    written = io.StringIO()
    handler = LineHandler(written)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("uphold.web.middleware.access_log")
    monkeypatch.setattr(logging.root, "handlers", [handler])
    caplog.set_level(logging.INFO, logger=logger.name)
    fields = {"request_id": "a-1", "path": "/\n", "status": 200}
    for alone in (True, False):
        assert bool(only_handler(logger)) == alone
        log_request(logger, fields)
        logging.root.addHandler(logging.NullHandler())
    one, other = (json.loads(line) for line in written.getvalue().splitlines())
    assert one | {"time": ""} == other | {"time": ""}
    assert len(one["time"]) == len(other["time"]) == len("2027-01-01T00:00:00.000Z")
