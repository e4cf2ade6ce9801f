"""Sitemap: every document for search engines, with the date of its last change.

The addresses are those under the base, so the sitemap is at its address there, which `robots.txt` states.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from urllib.parse import quote
from xml.sax.saxutils import escape

from flask import Blueprint, Response

from uphold.errors import NotFound
from uphold.serving.resources import Resources
from uphold.snapshots.publication_log import debuts, timeline
from uphold.web.http.link_values import URI_SAFE
from uphold.web.http.request_context import manager, open_snapshot
from uphold.web.http.responses import send

__all__ = ["addresses", "files", "sitemap"]

MOST_ADDRESSES, MOST_BYTES = 50_000, 50 * 1024 * 1024
"""The limits of one file by the rules of sitemaps.org."""

GENERAL_PAGES = (
    *("", "outcomes", "timeline", "compare", "matrix", "discrepancies"),
    *("ontology", "shapes", "dumps/", "partners", "words"),
)
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
XML = "application/xml"
sitemap = Blueprint("sitemap", __name__)


@sitemap.get("/sitemap.xml", defaults={"number": 0})
@sitemap.get("/sitemap-<int(min=1):number>.xml")
def show(number: int) -> Response:
    """The sitemap, or its index when it needs several files; each file by its number."""
    base = open_snapshot().snapshot.base
    found = files(base, addresses(base, open_snapshot().resources), published())
    if number >= len(found):
        raise NotFound(f"There is no sitemap {number}; there are {len(found) - 1}.")
    return send(found[number], XML)


def published() -> str:
    """The time when the snapshot first became current."""
    snapshot = open_snapshot().snapshot
    moments = debuts(timeline(manager().settings.state))
    return next((each.time.isoformat() for each in moments if each.snapshot.id == snapshot.id), snapshot.created)


def addresses(base: str, resources: Resources) -> Iterator[str]:
    """The address of every document: general pages, terms, lists, and one for each resource."""
    yield from (f"{base}{page}" for page in GENERAL_PAGES)
    yield from (f"{base}ontology/{name}" for name in resources.ontology().terms())
    for kind in sorted(resources.kinds()):
        yield f"{base}doc/{kind}/"
        for thing in resources.things_of_kind(kind):
            yield f"{base}doc/{thing.iri.removeprefix(f'{base}id/')}"


def files(
    base: str, urls: Iterable[str], changed: str, most: int = MOST_ADDRESSES, size: int = MOST_BYTES
) -> list[str]:
    """`sitemap.xml` and its parts, if any, each of at most `most` addresses and `size` bytes."""
    parts = [whole("urlset", part) for part in split((entry("url", url, changed) for url in urls), most, size)]
    if len(parts) == 1:
        return parts
    names = (f"{base}sitemap-{number}.xml" for number in range(1, len(parts) + 1))
    return [whole("sitemapindex", [entry("sitemap", name, changed) for name in names]), *parts]


def split(entries: Iterable[str], most: int, size: int) -> Iterator[list[str]]:
    """The entries in groups that each fit into one file."""
    group: list[str] = []
    left = room = size - len(whole("sitemapindex", []))
    for found in chain(entries, [""]):
        left -= len(found)
        if group and (not found or left < 0 or len(group) == most):
            yield group
            group, left = [], room - len(found)
        group.append(found)


def entry(element: str, address: str, changed: str) -> str:
    """One address, in ASCII as sitemaps.org requires, with its last change."""
    return f"<{element}><loc>{escape(quote(address, safe=URI_SAFE))}</loc><lastmod>{changed}</lastmod></{element}>\n"


def whole(element: str, entries: list[str]) -> str:
    """A file with these entries."""
    return f'{HEAD}<{element} xmlns="{NAMESPACE}">\n{"".join(entries)}</{element}>\n'
