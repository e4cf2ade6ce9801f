"""Pages ask questions: one look at the reader's connection for all of them, and answers narrowed to what is shown."""

from __future__ import annotations

from flask import g
from flask.testing import FlaskClient

from uphold.web.rendering.question_results import ask


def test_all_questions_of_a_page_look_at_one_connection(client: FlaskClient) -> None:
    """Else a page that has taken long finds, for a later question, that its reader's request is too old to be his."""
    with client.application.test_request_context("/"):
        assert len(ask("ratings")) == 3
        first = g.client
        assert len(ask("goals").document) > 0
        assert g.client is first


def test_a_narrowed_answer_has_only_the_rows_with_the_values_named(client: FlaskClient) -> None:
    """Each column one of its values; the whole answer and its address stay as they are."""
    with client.application.test_request_context("/"):
        whole = ask("jurisdictions")
        states = whole.only(kind=["State"])
        assert {row["kind"] for row in states} == {"State"}
        assert {row["iso3"] for row in states.only(iso3=["NZL", "HKG"])} == {"NZL"}
        assert len(whole) > len(states)
        assert states.address("csv") == whole.address("csv")
