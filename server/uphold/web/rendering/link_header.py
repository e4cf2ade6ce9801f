"""Link header: the typed links of a page, with targets on this host or permanent ones (RFC 8288)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from flask import Response, request

from uphold.web.http.link_values import URI_SAFE, add_link_values, link_value
from uphold.web.http.request_context import open_snapshot
from uphold.web.metadata.citations import Citation
from uphold.web.metadata.json_ld import LICENCE
from uphold.web.metadata.metadata import Metadata
from uphold.web.rendering.question_results import QuestionResult

__all__ = ["SCHEMA", "Link", "add_links", "links_of_page"]

HTML, JSON = "text/html", "application/json"
SCHEMA = "https://schema.org/"
PERMANENT = ("cite-as", "author", "describes")
"""Relations whose targets are permanent addresses rather than addresses on this host."""


@dataclass(frozen=True, slots=True)
class Link:
    """A typed link: the permanent address of its target, the relation, and the media type of the target."""

    target: str
    relation: str
    form: str = ""


def add_links(response: Response, links: Iterable[Link]) -> None:
    """Add links to the header: documents by their address on this host, identifiers by their permanent one."""
    base, values = open_snapshot().snapshot.base, []
    for link in links:
        target = link.target
        if link.relation not in PERMANENT and target.startswith(base):
            target = f"{request.script_root}/{target.removeprefix(base)}"
        values.append(link_value(quote(target, safe=URI_SAFE), link.relation, type=link.form))
    add_link_values(response, *values)


def links_of_page(about: Metadata, citation: Citation, answers: Iterable[QuestionResult] = ()) -> list[Link]:
    """The links of a page that is not about a single thing: its citation, and its results as data."""
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
