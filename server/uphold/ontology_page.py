"""The ontology's page for people, made by pyLODE when the snapshot is built."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox

from uphold.checks import to_rdflib

__all__ = ["write_ontology_page"]


def write_ontology_page(quads: Iterable[ox.Quad], folder: Path, base: str) -> None:
    """Write `ontology.html` into `folder`."""
    from pylode.profiles.ontpub import OntPub  # heavy to import

    graph = to_rdflib(quads)
    page = OntPub(ontology=graph.serialize(format="turtle"), sort_subjects=True)
    (folder / "ontology.html").write_text(page.make_html(), "utf-8")
