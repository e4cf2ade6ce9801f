"""The ontology's page for people, made by pyLODE when the snapshot is built."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox

from uphold.checks import to_rdflib

__all__ = ["write_ontology_page"]


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
        (folder / "ontology.html").write_text(html, "utf-8")
    finally:
        logging.disable(logging.NOTSET)
        root.handlers[:] = handlers
        root.setLevel(level)
