"""Guides: how partners link, check and show the data, and which words are written here and why."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
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
"""The jurisdiction whose card is shown as an example, where the data have it."""
WITH_FRAME = f"{SCRIPTED}; frame-src 'self'"
guides = Blueprint("guides", __name__)


@dataclass(frozen=True, slots=True)
class Wording:
    """Words that are not written with what is written instead (`avoid`, `write`, `why`), and titles that are kept."""

    terms: tuple[dict[str, Any], ...]
    kept: tuple[dict[str, str], ...]


def read_wording() -> Wording:
    """The words of `words.toml`."""
    found = tomllib.loads(WORDS.read_text("utf-8"))
    return Wording(tuple(found["term"]), tuple(found["kept"]))


@view(guides, "/partners")
def partners() -> Response:
    """How partners link, check, show and cite, and what is not there yet."""
    response = show(
        "partners.html",
        {},
        "For partners",
        "How to link your data to the identifiers of Uphold, check them line by line, show cards with live figures, "
        "ask across data sets and cite the result.",
        example=example(),
        settings=manager().settings,
    )
    response.headers["Content-Security-Policy"] = WITH_FRAME
    return response


def example() -> Embedding | None:
    """A card to show: that of `EXAMPLE`, else of the first jurisdiction; None without any."""
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
    """A note on words: terms that are not written here, titles that are kept, positions that are not taken."""
    return show(
        "words.html",
        {},
        "A note on words",
        "Which words are written here about the exploitation of children and why, which formal titles are kept, and "
        "what unknown means.",
        wording=read_wording(),
    )
