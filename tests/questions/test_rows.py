"""Values of rows are typed; one that JSON has no number for stays the text that it is."""

from __future__ import annotations

import json

import pytest

from uphold.questions.metadata import Column
from uphold.questions.rows import typed


@pytest.mark.parametrize(
    ("type_", "text", "expected"),
    [
        ("decimal", "7.50", 7.5),
        ("decimal", "7.0", 7),
        ("decimal", "INF", "INF"),
        ("decimal", "NaN", "NaN"),
        ("decimal", "1E999999", "1E999999"),
        ("integer", "+07", 7),
        ("integer", "seven", "seven"),
        ("boolean", "1", True),
        ("boolean", "yes", "yes"),
        ("date", "2011-09-20", "2011-09-20"),
    ],
)
def test_a_value_is_of_its_columns_type(type_: str, text: str, expected: object) -> None:
    """Or text, and always JSON."""
    found = typed({"type": "literal", "value": text}, Column("x", type_, nullable=False, meaning="x"))
    assert found == expected
    assert type(found) is type(expected)
    json.dumps(found, allow_nan=False)
