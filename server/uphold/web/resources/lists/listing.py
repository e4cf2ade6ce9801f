"""List definitions: the question, the columns and the facets of each list.

`templates/lists.toml` defines the lists; `page_registry` reads it. A facet named like a parameter of the question is
passed on to its downloads; `asks` maps other names.
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
"""The formats of a value in the macro `cell` of lists.html."""


@dataclass(frozen=True, slots=True)
class ListColumn:
    """One column of a list: its heading, the column of the question, and its format.

    `show` is one of `SHOWN_AS`; a `choice` is shown with the labels of the facet of the same column. `sort` is the
    column to sort by, `until` the one with the end of a period, `under` one with a remark shown below the value, `cite`
    one with the IRI of the fact that states the value, and `beside` one with the subject of each of several values, in
    the same order.
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
        """Whether it has numbers, which are right-aligned."""
        return self.show in ("number", "amount", "span")


@dataclass(frozen=True, slots=True)
class JoinedColumns:
    """Columns of another question, joined to the rows where the columns `on` agree; several values become a list."""

    question: str
    on: tuple[str, ...]
    columns: Mapping[str, str]
    """The columns of the other question by their names in the list."""


@dataclass(frozen=True, slots=True)
class ListPage:
    """The list of one kind; the first column shows the resource itself."""

    question: str
    intro: str
    columns: tuple[ListColumn, ...]
    facets: tuple[Facet, ...] = ()
    sort: str = ""
    """The default order; that of the question when empty."""
    find: str = ""
    """The label of the text filter; no filter when empty."""
    within: tuple[str, ...] = ()
    """The columns that the text filter searches, unless the question has a parameter `text`."""
    joined: tuple[JoinedColumns, ...] = ()
    asks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Question parameters by facet, with {} for the value."""
    unlike: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Values by facet for which the parameter of the same name has another meaning."""
    pictures: tuple[str, ...] = ()
    """Questions with charts of the same resources."""
