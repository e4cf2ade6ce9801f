"""Pages ask questions, and narrow their answers to what is shown."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests.web.contexts import request_to
from uphold.web.rendering.question_results import ask


def test_a_narrowed_answer_has_only_the_rows_with_the_values_named(client: FlaskClient) -> None:
    """Each column one of its values; the whole answer and its address stay as they are."""
    with request_to(client.application, "/"):
        whole = ask("jurisdictions")
        states = whole.only(kind=["State"])
        assert {row["kind"] for row in states} == {"State"}
        assert {row["iso3"] for row in states.only(iso3=["NZL", "HKG"])} == {"NZL"}
        assert len(whole) > len(states)
        assert states.address("csv") == whole.address("csv")
