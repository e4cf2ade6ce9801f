"""Metadata of a page for browsers, search engines, other sites and harvesters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Image", "Metadata", "cut"]

LONGEST_DESCRIPTION = 160
"""Characters of a description: about as many as a search engine shows."""
SITE = "Uphold"


@dataclass(frozen=True, slots=True)
class Image:
    """An image of the subject of a page: its address and its alternative text."""

    address: str
    words: str
    width: int = 1200
    height: int = 630


@dataclass(frozen=True, slots=True)
class Metadata:
    """Title and description in plain text, the permanent IRI of the subject and its class at schema.org.

    `forms` maps media types to the address of the page as data. `address` is the permanent address of the page where
    the subject is not a page; `crumbs` are the names and addresses of the pages above it; `subject` is the subject in
    schema.org terms, for pages about a resource. Pages that are not `indexed` are marked noindex.
    """

    title: str
    description: str
    iri: str
    schema: str = "WebPage"
    forms: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    crumbs: tuple[tuple[str, str], ...] = ()
    image: Image | None = None
    subject: Mapping[str, Any] = field(default_factory=dict)
    indexed: bool = True

    @property
    def canonical(self) -> str:
        """The permanent address of the page."""
        return self.address or self.iri

    @property
    def summary(self) -> str:
        """The description on one line, cut to the length that search engines show."""
        return cut(self.description)

    @property
    def kind(self) -> str:
        """Its Open Graph type: a page about one resource is an article."""
        return "article" if self.subject else "website"


def cut(text: str, most: int = LONGEST_DESCRIPTION) -> str:
    """A text on one line of at most `most` characters, cut after a word if possible."""
    line = " ".join(text.replace("`", "").split())
    if len(line) <= most:
        return line
    start = line[: most - 1]
    whole = start if line[most - 1] == " " else start.rpartition(" ")[0]
    return f"{(whole or start).rstrip(' ,;:.')}…"
