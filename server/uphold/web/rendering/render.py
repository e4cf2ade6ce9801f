"""Rendering: the views and responses of pages, for the current and the archived snapshots."""

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
    """Register a page at `path`, and the same page of an archived snapshot under `/snapshots/<identity>`."""

    def register(function: View) -> View:
        def archived(identity: str, **values: Any) -> Response:
            context().read_archived(manager(), identity)
            response = function(**values)
            response.headers["Cache-Control"] = IMMUTABLE
            return response

        blueprint.add_url_rule(path, function.__name__, function)
        blueprint.add_url_rule(f"/snapshots/<identity>{path}", f"archived_{function.__name__}", archived)
        return function

    return register


def show(
    template: str,
    answers: Mapping[str, QuestionResult],
    title: str,
    description: str,
    model: Callable[[Page], Mapping[str, Any]] | None = None,
    **values: Any,
) -> Response:
    """The response with a page that shows these results in the reader's language.

    Further values go to the template, as do those of `model`, which are computed from the page; `about` and
    `typed_links` replace the default metadata and links.
    """
    about = values.pop("about", None) or about_page(title, description)
    links = values.pop("typed_links", None)
    page, citation = Page(answers, reader_language()), cite_view(title)
    values |= model(page) if model else {}
    content = render_template(template, page=page, about=about, citation=citation, within=snapshot_prefix(), **values)
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
    """The metadata of the requested page; `forms` has its addresses as data by media type."""
    address = f"{open_snapshot().snapshot.base}{own_path().lstrip('/')}{fields()}"
    return Metadata(title, description, address, forms=forms or {}, crumbs=crumbs, indexed=indexed)


def own_path() -> str:
    """The escaped path of the requested page, without the snapshot prefix."""
    return quote(request.path.removeprefix(snapshot_prefix()), safe=PATH_SAFE)


def cite_view(title: str) -> Citation:
    """The citation of the requested page in the snapshot that it reads."""
    return Citation(open_snapshot().snapshot, title, f"snapshots/{open_snapshot().snapshot.id}{own_path()}{fields()}")


def fields() -> str:
    """The query string that determines the content of the page, without its language."""
    found = [(name, value) for name, value in request.args.items(multi=True) if value and name != "lang"]
    return f"?{urlencode(found)}" if found else ""


def scripted(response: Response) -> Response:
    """Allow a page to run the scripts of this host only."""
    response.headers["Content-Security-Policy"] = SCRIPTED
    return response
