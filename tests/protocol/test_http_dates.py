"""Dates: Accept-Datetime has one form (RFC 7089), conditions have three (RFC 9110, 5.6.7) and ignore invalid ones."""

from __future__ import annotations

import datetime as dt

import pytest
from flask.testing import FlaskClient

from tests.protocol.tables import rows
from uphold.web.http.http_dates import read_http_date

GATES = ("/doc/jurisdiction/nzl", "/doc/jurisdiction/nzl.ttl")
FILES = ("/dumps/uphold.nq.gz", "/static/uphold.css")
CONDITIONS = ("if-modified-since", "if-unmodified-since")


@pytest.mark.parametrize("case", rows("accept-datetime.csv"), ids=lambda case: case["value"])
def test_accept_datetime_takes_the_form_of_rfc_1123_only(client: FlaskClient, case: dict[str, str]) -> None:
    """By GET and HEAD; anything else is 400 with the form to send."""
    for path in GATES:
        for method in ("GET", "HEAD"):
            headers = {"Accept-Datetime": case["value"].encode().decode("latin-1")}
            response = client.open(path, method=method, headers=headers)
            assert response.status_code == int(case["status"]), (path, method)
    if case["status"] == "400":
        problem = client.get(GATES[0], headers=headers).get_json()
        assert "Thu, 01 Jan 2026 00:00:00 GMT" in problem["detail"]


@pytest.mark.parametrize("case", rows("conditional-dates.csv"), ids=lambda case: case["value"])
@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("path", FILES)
def test_a_condition_takes_every_form_of_date(
    client: FlaskClient, path: str, condition: str, case: dict[str, str]
) -> None:
    """A date that is none counts as not sent, and is never an error."""
    for method in ("GET", "HEAD"):
        response = client.open(path, method=method, headers={condition: case["value"]})
        assert response.status_code == int(case[condition])
        assert response.mimetype != "application/problem+json" or response.status_code == 412


def test_tags_come_before_dates(client: FlaskClient) -> None:
    """13.1.3 and 13.1.4: with a condition on the tag, that on the date is ignored."""
    tag = client.get(FILES[0]).headers["ETag"]
    old, new = "Sun, 06 Nov 1994 08:49:37 GMT", "Fri, 01 Jan 2094 00:00:00 GMT"
    for headers, status in (
        ({"If-None-Match": '"x"', "If-Modified-Since": new}, 200),
        ({"If-None-Match": tag, "If-Modified-Since": old}, 304),
        ({"If-Match": tag, "If-Unmodified-Since": old}, 200),
        ({"If-Match": '"x"', "If-Unmodified-Since": new}, 412),
    ):
        assert client.get(FILES[0], headers=headers).status_code == status


@pytest.mark.parametrize(
    "path", ["/doc/jurisdiction/nzl", "/sparql?query=ASK%7B%7D", "/dumps/uphold.nq.gz", "/ontology"]
)
@pytest.mark.parametrize("coding", [None, "gzip"])
def test_if_match_compares_strongly(client: FlaskClient, path: str, coding: str | None) -> None:
    """13.1.1: with the tag of the answer it is sent, with any other one it is 412, as problem details."""
    accept = {"Accept-Encoding": coding} if coding else {}
    tag = client.get(path, headers=accept).headers["ETag"]
    for condition, status in ((tag, 200), ("*", 200), (f'"x", {tag}', 200), ('"x"', 412), (f"W/{tag}", 412)):
        response = client.get(path, headers={**accept, "If-Match": condition})
        assert response.status_code == status, condition
        if status == 412:
            assert response.mimetype == "application/problem+json"
            assert response.get_json()["type"].endswith("problem/precondition-failed")
            assert "ETag" not in response.headers


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("Saturday, 28-Nov-76 12:00:00 GMT", 2076),
        ("Sunday, 29-Nov-76 12:00:00 GMT", 2076),
        ("Sunday, 29-Nov-76 12:00:01 GMT", None),
        ("Tuesday, 30-Nov-76 12:00:00 GMT", 1976),
        ("Monday, 30-Nov-76 12:00:00 GMT", None),
    ],
)
def test_two_digits_of_a_year_reach_fifty_years_ahead_to_the_second(text: str, year: int | None) -> None:
    """5.6.7: a timestamp, not only a year, that is more than 50 years away is the most recent past year."""
    read = read_http_date(text, dt.datetime(2026, 11, 29, 12, tzinfo=dt.UTC))
    assert (read and read.year) == year
