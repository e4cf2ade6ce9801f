"""Typed links: what the `Link` header of a response leads to, and in which relation (RFC 8288)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from flask import Response, request

from uphold.web.http.request_context import open_snapshot
from uphold.web.metadata.citations import Citation
from uphold.web.metadata.json_ld import LICENCE
from uphold.web.metadata.metadata import Metadata
from uphold.web.rendering.question_results import QuestionResult

__all__ = ["SAFE", "SCHEMA", "Link", "add_links", "links_of_page"]

HTML, JSON = "text/html", "application/json"
SCHEMA = "https://schema.org/"
SAFE = "/:@!$&'()*+,;=~-._%?#"
FOR_GOOD = ("cite-as", "author", "describes")
"""Relations to identifiers and to what lasts, which have the permanent address and not the one on this host."""


@dataclass(frozen=True, slots=True)
class Link:
    """A typed link from a page: the permanent address of what it leads to, the relation, and the form of that."""

    target: str
    relation: str
    form: str = ""


def add_links(response: Response, links: Iterable[Link]) -> None:
    """Add links to the header; those to documents of ours stay on this host, those to identifiers are permanent."""
    base, written = open_snapshot().snapshot.base, response.headers.getlist("Link")
    for link in links:
        target = link.target
        if link.relation not in FOR_GOOD and target.startswith(base):
            target = f"{request.script_root}/{target.removeprefix(base)}"
        form = f'; type="{link.form}"' if link.form else ""
        written.append(f'<{quote(target, safe=SAFE)}>; rel="{link.relation}"{form}')
    response.headers["Link"] = ", ".join(written)


def links_of_page(about: Metadata, citation: Citation, answers: Iterable[QuestionResult] = ()) -> list[Link]:
    """The links of a page that is about no one thing: how it is cited, and the answers that it shows, as data."""
    base = open_snapshot().snapshot.base
    return [
        Link(citation.url, "cite-as"),
        *(Link(f"{SCHEMA}{kind}", "type") for kind in dict.fromkeys(("WebPage", about.schema))),
        Link(LICENCE, "license"),
        Link(f"{base}id/organisation/uphold-contributors", "author"),
        Link(f"{base}.well-known/void", "describedby", "text/turtle"),
        *(Link(address, "item", form) for form, address in about.forms.items()),
        *(Link(answer.address("json"), "item", JSON) for answer in answers if answer.asked),
    ]
