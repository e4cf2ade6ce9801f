"""The ontology's page for people, made by pyLODE when the snapshot is built."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox

from uphold.checks import to_rdflib

__all__ = ["write_ontology_page"]

NARROW = "body, td, pre, code { overflow-wrap: anywhere } table { max-width: 100% } @media (max-width: 60em) "
NARROW += "{ body { margin: 1em; padding: 0 } #content { width: auto; padding: 0 } #pylode { display: none } "
NARROW += "#toc { position: static; width: auto; height: auto; float: none } }"


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
    """The page with links to our own IRIs that stay on the host that serves it, and readable on a narrow screen."""
    html = html.replace(f'href="{base}ontology#', 'href="#').replace(f'href="{base}', 'href="/')
    return html.replace("</head>", f"<style>{NARROW}</style></head>", 1)
