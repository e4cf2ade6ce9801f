"""Embeddable cards for other sites, as a small page for a frame, as SVG and as PNG.

Each names and links to its source. A card has no scripts and loads nothing but its style sheet.
"""

from __future__ import annotations

import base64
import hashlib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup

from uphold.questions.charts import NOT_XML
from uphold.web.http.headers import EMBEDDED
from uphold.web.http.negotiation import split_suffix
from uphold.web.http.request_context import manager, open_snapshot, snapshot_prefix
from uphold.web.http.request_parameters import choose_language, read_language
from uphold.web.http.responses import send
from uphold.web.rendering.render import view
from uphold.web.resources.cards import Card, make_card

__all__ = ["Embedding", "embed", "wrap"]

HTML, SVG, PNG = "text/html", "image/svg+xml", "image/png"
SUFFIXES = {"html": HTML, "svg": SVG, "png": PNG}
WIDTH, HEIGHT = 600, 315
TITLE_LINES, TITLE_UNITS = 4, 41
FIGURES = 3
MARGIN, GAP, LINE, SMALL_LINE = 28, 12, 30, 18
FOOT = 38
"""Height of the footer with the source of the card."""
embed = Blueprint("embed", __name__)

STYLE = """
@media (prefers-color-scheme: dark) {
  .paper { fill: #14181b } .edge { stroke: #343b41 } .ink { fill: #e6e4de } .quiet { fill: #9da7ae }
  .plain { fill: #8dbbe2 } .met { fill: #57b288 } .open { fill: #e08d63 } .none { fill: #9da7ae }
}
"""
"""Colours of an SVG card in dark mode; those in light mode are attributes, which every renderer supports."""
DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
IN_SVG = f"default-src 'none'; style-src 'sha256-{DIGEST}'; base-uri 'none'; frame-ancestors *"


@dataclass(frozen=True, slots=True)
class Embedding:
    """The embed code of a card; it contains no figures, which would become outdated."""

    key: str
    title: str

    @property
    def words(self) -> str:
        """The text alternative of the card."""
        return f"{self.title}: figures from Uphold"

    @property
    def frame(self) -> str:
        """The HTML of the card in a frame, which can navigate the page only by user activation."""
        made = Markup(
            '<iframe src="{}" title="{}" width="{}" height="{}" loading="lazy" '
            'sandbox="allow-top-navigation-by-user-activation"></iframe>'
        )
        return str(made.format(f"{open_snapshot().snapshot.base}embed/{self.key}", self.words, WIDTH, HEIGHT))

    @property
    def picture(self) -> str:
        """The HTML of the card as an image that links to the page."""
        base = open_snapshot().snapshot.base
        made = Markup('<a href="{}"><img src="{}" alt="{}" width="{}" height="{}" loading="lazy"></a>')
        return str(made.format(f"{base}doc/{self.key}", f"{base}embed/{self.key}.svg", self.words, WIDTH, HEIGHT))


@view(embed, "/embed/<kind>/<path:key>")
def card(kind: str, key: str) -> Response:
    """The card of a resource, in the format of the suffix; a page without one."""
    stem, form = split_suffix(key, SUFFIXES)
    found = make_card(kind, stem, language())
    if form in (SVG, PNG):
        drawn = draw(found)
        renderer = manager().chart_renderer
        response = send(renderer.letter(drawn) if form == SVG else renderer.rasterise(drawn), str(form))
        response.headers["Content-Security-Policy"] = IN_SVG
        return response
    response = send(render_template("embed/card.html", card=found, within=snapshot_prefix()), HTML)
    response.headers["Content-Security-Policy"] = EMBEDDED
    return response


def language() -> str:
    """The language of the card: only by `lang` in the address, so that it is the same for all readers."""
    given = [value for value in request.args.getlist("lang") if value]
    return choose_language(read_language(given), open_snapshot().resources.languages()) if given else "en"


def draw(card: Card) -> str:
    """The card as SVG, with its text laid out in lines."""
    title = wrap(clean(card.title), TITLE_UNITS, TITLE_LINES if len(card.figures) < FIGURES else 3)
    figures = card.figures[:FIGURES]
    column = (WIDTH - 2 * MARGIN) / max(1, len(figures))
    below = max(60 + len(title) * LINE + 22, 150)
    lines = 1 + (HEIGHT - FOOT - below - 38) // SMALL_LINE
    return render_template(
        "embed/card.svg",
        card=card,
        above=wrap(clean(card.above), 70, 1)[0],
        words=clean(card.sentence),
        title=title,
        figures=[
            (
                round(MARGIN + place * column),
                figure.mark,
                clean(figure.value),
                wrap(clean(figure.words), int(column / 6.6), lines),
            )
            for place, figure in enumerate(figures)
        ],
        below=below,
        room=WIDTH - 2 * MARGIN,
        narrow=round(column - GAP),
        width=WIDTH,
        height=HEIGHT,
        style=STYLE,
        line=LINE,
        small_line=SMALL_LINE,
        margin=MARGIN,
    )


def clean(text: str) -> str:
    """A text on one line with characters that XML allows."""
    return " ".join(NOT_XML.sub("\ufffd", text).split()) or "–"  # noqa: RUF001 a dash for no name


def wrap(text: str, units: int, most: int) -> list[str]:
    """A text in at most `most` lines of `units` characters; wide characters count as two."""
    lines = list(fill(text, units))
    if len(lines) > most:
        last = lines[most - 1]
        while width(last) > units - 1:
            last = last.rpartition(" ")[0] or last[:-1]
        lines = [*lines[: most - 1], f"{last.rstrip(' ,;:.')}…"]
    return lines or [""]


def fill(text: str, units: int) -> Iterator[str]:
    """Lines of whole words; a word too wide for a line is broken."""
    line = ""
    for word in text.split():
        joined = f"{line} {word}".strip()
        if width(joined) <= units:
            line = joined
            continue
        if line:
            yield line
        line = word
        while width(line) > units:
            end = next(at for at in range(min(len(line), units), 0, -1) if width(line[:at]) <= units or at == 1)
            yield line[:end]
            line = line[end:]
    if line:
        yield line


def width(text: str) -> int:
    """The approximate width of a text in characters."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
