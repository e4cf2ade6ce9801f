"""Showing: a page with answers in it, from its address to its response; kept snapshots show it as they had it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, render_template, request

from uphold.web.http.headers import IMMUTABLE, SCRIPTED
from uphold.web.http.link_values import PATH_SAFE
from uphold.web.http.request_context import context, manager, open_snapshot, snapshot_prefix
from uphold.web.http.responses import send
from uphold.web.metadata.citations import Citation
from uphold.web.metadata.metadata import Metadata
from uphold.web.rendering.link_header import add_links, links_of_page
from uphold.web.rendering.page_context import Page, reader_language
from uphold.web.rendering.question_results import QuestionResult

__all__ = ["about_page", "cite_view", "scripted", "show", "view"]

HTML = "text/html"
View = Callable[..., Response]


def view(blueprint: Blueprint, path: str) -> Callable[[View], View]:
    """Answer for a page at `path`, and for the same page of a kept snapshot, at `/snapshots/<identity>` before it."""

    def register(function: View) -> View:
        def old(identity: str, **values: Any) -> Response:
            context().read_archived(manager(), identity)
            response = function(**values)
            response.headers["Cache-Control"] = IMMUTABLE
            return response

        blueprint.add_url_rule(path, function.__name__, function)
        blueprint.add_url_rule(f"/snapshots/<identity>{path}", f"old_{function.__name__}", old)
        return function

    return register


def show(template: str, answers: Mapping[str, QuestionResult], title: str, description: str, **told: Any) -> Response:
    """The response with a page that shows these answers in the reader's language.

    What else is told goes to the template, but for `about` and `typed_links`: they take the place of what would be said
    of the page otherwise.
    """
    about = told.pop("about", None) or about_page(title, description)
    links = told.pop("typed_links", None)
    page, citation = Page(answers, reader_language()), cite_view(title)
    content = render_template(template, page=page, about=about, citation=citation, within=snapshot_prefix(), **told)
    response = scripted(send(content, HTML))
    add_links(response, links_of_page(about, citation, answers.values()) if links is None else links)
    return response


def about_page(
    title: str,
    description: str,
    forms: Mapping[str, str] | None = None,
    crumbs: tuple[tuple[str, str], ...] = (),
    *,
    indexed: bool = True,
) -> Metadata:
    """The metadata of the page that is asked for; `forms` has its addresses as data by media type."""
    address = f"{open_snapshot().snapshot.base}{own_path().lstrip('/')}{fields()}"
    return Metadata(title, description, address, forms=forms or {}, crumbs=crumbs, indexed=indexed)


def own_path() -> str:
    """The path of the page that is asked for, as the current snapshot has it, ready for an address."""
    return quote(request.path.removeprefix(snapshot_prefix()), safe=PATH_SAFE)


def cite_view(title: str) -> Citation:
    """How to cite the page that is asked for, as the snapshot that is read has it."""
    return Citation(open_snapshot().snapshot, title, f"snapshots/{open_snapshot().snapshot.id}{own_path()}{fields()}")


def fields() -> str:
    """The fields of the request that say what the page shows, with a question mark; the language is the reader's."""
    found = [(name, value) for name, value in request.args.items(multi=True) if value and name != "lang"]
    return f"?{urlencode(found)}" if found else ""


def scripted(response: Response) -> Response:
    """Let a page run the scripts of this host, and no others."""
    response.headers["Content-Security-Policy"] = SCRIPTED
    return response
