"""Guides: integration for partners, and the note on terminology."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response

from uphold.errors import ResourceNotFound
from uphold.web.http.headers import SCRIPTED
from uphold.web.http.request_context import manager, open_snapshot
from uphold.web.rendering.render import show, view
from uphold.web.resources.cards import make_card
from uphold.web.resources.embed import Embedding

__all__ = ["WORDS", "Wording", "guides", "read_wording"]

WORDS = Path(__file__).parents[1] / "words.toml"
EXAMPLE = "nzl"
"""The jurisdiction of the example card, if it is in the data."""
WITH_FRAME = f"{SCRIPTED}; frame-src 'self'"
guides = Blueprint("guides", __name__)


@dataclass(frozen=True, slots=True)
class Wording:
    """Terms to avoid with their replacements (`avoid`, `write`, `why`), formal titles, and meanings of terms of art."""

    terms: tuple[dict[str, Any], ...]
    kept: tuple[dict[str, str], ...]
    meanings: dict[str, str]


@cache
def read_wording() -> Wording:
    """The terms of `words.toml`."""
    found = tomllib.loads(WORDS.read_text("utf-8"))
    return Wording(tuple(found["term"]), tuple(found["kept"]), found["meanings"])


@guides.app_template_global()
def meaning(term: str) -> str:
    """The meaning of a term of art, in one line."""
    return read_wording().meanings[term]


@view(guides, "/partners")
def partners() -> Response:
    """How partners link, validate, embed and cite, and what is not available yet."""
    response = show(
        "partners.html",
        {},
        "For partners",
        "How to link your data to Uphold's identifiers, validate it, embed cards with live figures, query across data "
        "sets and cite the results.",
        example=example(),
        settings=manager().settings,
    )
    response.headers["Content-Security-Policy"] = WITH_FRAME
    return response


def example() -> Embedding | None:
    """The example card: that of `EXAMPLE`, else of the first jurisdiction; None without any."""
    keys = [EXAMPLE]
    if "jurisdiction" in open_snapshot().resources.kinds():
        keys += [thing.iri.rpartition("/")[2] for thing in open_snapshot().resources.things_of_kind("jurisdiction")[:1]]
    for key in keys:
        try:
            return Embedding(f"jurisdiction/{key}", make_card("jurisdiction", key).title)
        except ResourceNotFound:
            continue
    return None


@view(guides, "/words")
def words() -> Response:
    """A note on words: terms we avoid, formal titles, terms of art, positions we do not take."""
    return show(
        "words.html",
        {},
        "A note on words",
        "Terms we use and avoid in writing about the exploitation of children, formal titles, terms of art, and what "
        "unknown means.",
        wording=read_wording(),
    )
