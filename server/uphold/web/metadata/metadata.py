"""Metadata: what a page says of itself to programs: browsers, search engines, other sites, harvesters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Image", "Metadata", "cut"]

LONGEST_DESCRIPTION = 160
"""Characters of a description: about what a search engine shows of it."""
SITE = "Uphold"


@dataclass(frozen=True, slots=True)
class Image:
    """A picture of what a page is about: its address, and what it shows in words."""

    address: str
    words: str
    width: int = 1200
    height: int = 630


@dataclass(frozen=True, slots=True)
class Metadata:
    """Title and description in plain text, the permanent IRI of the subject and its class at schema.org.

    `forms` has the address of the page as data by media type. `address` is the page's own permanent address where the
    subject is no page; `crumbs` are name and address of the pages above it; `subject` is the subject as schema.org has
    it, for pages about a thing. Search engines are asked to leave out what is not to be `indexed`.
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
        """The description on one line, short enough to be shown whole."""
        return cut(self.description)

    @property
    def kind(self) -> str:
        """What it is to sites that show links: a page about one thing is an article."""
        return "article" if self.subject else "website"


def cut(text: str, most: int = LONGEST_DESCRIPTION) -> str:
    """A text on one line, of so many characters at most: cut after a word, and within one only when it is too long."""
    line = " ".join(text.replace("`", "").split())
    if len(line) <= most:
        return line
    start = line[: most - 1]
    whole = start if line[most - 1] == " " else start.rpartition(" ")[0]
    return f"{(whole or start).rstrip(' ,;:.')}…"
