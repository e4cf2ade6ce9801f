"""List views: all resources of a kind as a page with filters, JSON or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, render_template, request

from uphold.errors import InvalidParameter, MalformedRequest
from uphold.serving.descriptions import Thing
from uphold.web.http.json_envelope import as_text
from uphold.web.http.request_context import open_snapshot, snapshot_prefix
from uphold.web.http.responses import send
from uphold.web.metadata.metadata import Metadata
from uphold.web.rendering.facets import cell_values, link
from uphold.web.rendering.page_context import Page, reader_language
from uphold.web.rendering.render import about_page, cite_view, scripted
from uphold.web.rendering.template_filters import HUMP, plural, words
from uphold.web.resources.lists.listing import ListPage
from uphold.web.resources.lists.rows import Listing, Row, check_last, read_field
from uphold.web.resources.page_registry import registry

__all__ = ["LIST_FORMS", "show_list"]

HTML, JSON, CSV = "text/html", "application/json", "text/csv"
LIST_FORMS = {HTML: "", JSON: "json", CSV: "csv"}
"""The media types of a list with their suffixes; the page has none."""
NAMES_ON_A_PAGE = 500


def show_list(kind: str, things: Sequence[Thing], form: str) -> Response:
    """The list of a kind; raises `MalformedRequest`, `InvalidParameter` and `ResourceNotFound`."""
    made = registry().lists.get(kind)
    if form != HTML:
        check_fields(made)
    whole = form != HTML and not read_field("page")  # data is complete unless a page is requested
    number = 0 if whole else page_number()
    if made:
        listing = Listing(kind, made, things, number)
        if listing.found or listing.words:
            return show_rows(listing) if form == HTML else send_rows(listing, form)
    last = check_last(kind, number, len(things), NAMES_ON_A_PAGE)
    shown = things if whole else things[(number - 1) * NAMES_ON_A_PAGE : number * NAMES_ON_A_PAGE]
    if form != HTML:
        names = [thing.as_json() for thing in called(shown)]
        return send_data({"kind": kind, "count": len(things), "things": names}, names, ("id", "label"), form)
    title = plural(kind)
    about = about_page(title, f"Every {words(kind).lower()} in Uphold, {len(things)} in all, each with a page.")
    page = render_template(
        "index.html",
        kind=kind,
        things=shown,
        count=len(things),
        number=number,
        last=last,
        about=about,
        citation=cite_view(title),
        within=snapshot_prefix(),
    )
    return send(page, HTML, varies=True)


def check_fields(made: ListPage | None) -> None:
    """Raise `InvalidParameter` for an unknown field, since data must match the request exactly."""
    known = ["page", "lang", "format"]
    if made:
        known = [*(facet.name for facet in made.facets), *(["q"] if made.find else []), "sort", *known]
    for name in request.args:
        if name not in known:
            raise InvalidParameter(f"{name[:80]!r} is not a parameter of this list; it has {', '.join(known)}.")


def called(things: Sequence[Thing]) -> list[Thing]:
    """The resources with their labels in the reader's language."""
    found = open_snapshot().resources.called([thing.iri for thing in things], reader_language())
    return [found[thing.iri] for thing in things]


def send_rows(listing: Listing, form: str) -> Response:
    """The resources of a list as data with their rows, in the order of the page."""
    listed = dict.fromkeys(listing.iri(row) for row in listing.rows)
    things = {thing.iri: thing for thing in listing.things}
    shown = [*(things[iri] for iri in listed if iri in things), *listing.others]
    columns = [column.name for column in listing.answer.question.head.columns]
    columns += [name for other in listing.made.joined for name in other.columns]
    names = [thing.as_json() for thing in called(shown)]
    count = listing.count + len(listing.without_rows)
    return send_data({"kind": listing.kind, "count": count, "things": names}, listing.rows, columns, form)


def send_data(listed: Mapping[str, Any], rows: Sequence[Row], columns: Sequence[str], form: str) -> Response:
    """The list with its rows as JSON, or the rows as CSV."""
    if form == JSON:
        return send(as_text({**listed, "rows": [*rows]}), JSON)
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([[" ".join(cell_values(row.get(name), "")) for name in columns] for row in rows])
    return send(written.getvalue(), CSV)


def page_number() -> int:
    """The requested page number, from 1; raises `MalformedRequest`."""
    text = request.args.get("page", "1")
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 10 and int(text)):
        raise MalformedRequest(f"page is {text[:80]!r}; it must be a number from 1.")
    return int(text)


def show_rows(listing: Listing) -> Response:
    """The page of a list that has rows."""
    title = plural(listing.kind)
    page = Page({"rows": listing.part}, listing.language, listing.unnamed)
    about = Metadata(
        title,
        listing.made.intro,
        f"{open_snapshot().snapshot.base}doc/{listing.kind}/{link(listing.fields).removesuffix('?')}",
        "CollectionPage",
        {form: listing.address(suffix) for form, suffix in LIST_FORMS.items() if suffix},
    )
    content = render_template(
        "lists.html",
        page=page,
        about=about,
        citation=cite_view(title),
        within=snapshot_prefix(),
        listing=listing,
        spaced=spaced,
    )
    return scripted(send(content, HTML, varies=True))


def spaced(name: object) -> str:
    """The name of a class or kind as text."""
    return HUMP.sub(" ", str(name)).capitalize()
