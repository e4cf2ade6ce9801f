"""Metadata: what a page says of itself to programs: browsers, search engines, other sites, harvesters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Metadata"]


@dataclass(frozen=True, slots=True)
class Metadata:
    """Title and description in plain text, the permanent IRI of the subject and its class at schema.org.

    `forms` has the address of the page as data by media type.
    """

    title: str
    description: str
    iri: str
    schema: str = "WebPage"
    forms: Mapping[str, str] = field(default_factory=dict)
