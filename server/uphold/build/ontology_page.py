"""The ontology's page for people, made by pyLODE when the snapshot is built."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox

from uphold.validation.shacl import to_rdflib

__all__ = ["write_ontology_page"]

ROLES = {
    "<html>": '<html lang="en">',
    '<div id="content">': '<div id="content" role="main">',
    '<div id="toc">': '<div id="toc" role="navigation" aria-label="On this page">',
    '<div id="pylode">': '<div id="pylode" role="contentinfo">',
}
"""What pyLODE leaves out and readers by ear need."""
STYLE = """body, td, pre, code { overflow-wrap: anywhere } pre { white-space: pre-wrap } table { max-width: 100% }
li a, td a, dd a { display: inline-block; min-width: 24px; line-height: 24px }
#pylode, #pylode span { color: #555 !important }
@media (max-width: 60em) { body { margin: 1em; padding: 0 } #content { width: auto; padding: 0 }
#pylode { display: none } #toc { position: static; width: auto; height: auto; float: none } }"""
HEAD = f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style>'


def write_ontology_page(quads: Iterable[ox.Quad], folder: Path, base: str) -> None:
    """Write `ontology.html` into `folder`."""
    ours = f"{base}ontology"  # pyLODE would take the value lists for further ontologies
    graph = to_rdflib(quad for quad in quads if str(quad.subject).startswith((f"<{ours}#", f"<{ours}>", "_:")))
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logging.disable(logging.CRITICAL)  # pyLODE sets up logging for the whole process, and talks
    try:
        from pylode.profiles.ontpub import OntPub  # heavy to import

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # it leaves its style sheet open
            html = OntPub(ontology=graph.serialize(format="turtle"), sort_subjects=True).make_html()
        (folder / "ontology.html").write_text(at_home(with_anchors(html, f"{ours}#"), base), "utf-8")
    finally:
        logging.disable(logging.NOTSET)
        root.handlers[:] = handlers
        root.setLevel(level)


def with_anchors(html: str, namespace: str) -> str:
    """The page with each term at the anchor that its IRI names: pyLODE calls `#CallToAction` `#calltoaction`."""
    place = re.compile(
        rf'class="property entity" id="([^"]+)">(?:(?!class="property entity").)*?<code>{re.escape(namespace)}(\w+)<',
        re.DOTALL,
    )
    names = dict(place.findall(html))
    return re.sub(r'( id="| href="#)([^"]+)"', lambda found: f'{found[1]}{names.get(found[2], found[2])}"', html)


def at_home(html: str, base: str) -> str:
    """The page with links to our own IRIs that stay on the host that serves it, readable and operable by everybody."""
    html = html.replace(f'href="{base}ontology#', 'href="#').replace(f'href="{base}', 'href="./')
    for written, wanted in ROLES.items():
        html = html.replace(written, wanted, 1)
    return html.replace("</head>", f"{HEAD}</head>", 1)
