"""Listing: what is said of a list: its question, its columns and its facets.

`templates/lists.toml` has the lists, and `page_registry` reads it. A facet with the name of a parameter of the question
is passed on to its downloads; `asks` says what to pass where the names differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from uphold.web.rendering.facets import Facet

__all__ = ["SHOWN_AS", "JoinedColumns", "ListColumn", "ListPage"]

SHOWN_AS = (
    *("agrees", "amount", "choice", "code", "day", "finder", "kept", "kind", "link", "links", "number", "outcome"),
    *("outcomes", "period", "progress", "quote", "span", "strength", "text", "tick", "years"),
)
"""The ways in which the macro `cell` of lists.html shows a value."""


@dataclass(frozen=True, slots=True)
class ListColumn:
    """One column of a list: its heading, the column of the question, and how it is shown.

    `show` is one of `SHOWN_AS`; a `choice` is shown in the words of the facet with the same column. `sort` is
    the column to sort by, `until` the one with the end of a period, `under` one with a remark that stands under the
    value, `cite` one with the IRI of what states the value, and `beside` one with what each of several values is said
    of, in the same order.
    """

    heading: str
    column: str
    show: str = "text"
    sort: str = ""
    until: str = ""
    under: str = ""
    cite: str = ""
    beside: str = ""

    @property
    def is_figure(self) -> bool:
        """Whether it holds numbers, which are set to the end of their cells."""
        return self.show in ("number", "amount", "span")


@dataclass(frozen=True, slots=True)
class JoinedColumns:
    """Columns of another question, joined to the rows where the columns `on` agree; several values become a list."""

    question: str
    on: tuple[str, ...]
    columns: Mapping[str, str]
    """Each column of the other question by its name in the list."""


@dataclass(frozen=True, slots=True)
class ListPage:
    """How the things of one kind are listed; the first column shows the thing itself."""

    question: str
    intro: str
    columns: tuple[ListColumn, ...]
    facets: tuple[Facet, ...] = ()
    sort: str = ""
    """The order of who does not choose; that of the question when empty."""
    find: str = ""
    """What the field for words finds; there is no field when it is empty."""
    within: tuple[str, ...] = ()
    """The columns in which words are found, where the question has no parameter `text` to do it."""
    joined: tuple[JoinedColumns, ...] = ()
    asks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Parameters of the question by the name of a facet, with {} for the value."""
    unlike: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Values by the name of a facet for which the parameter of that name means something else."""
    pictures: tuple[str, ...] = ()
    """Questions whose charts show the same things."""
