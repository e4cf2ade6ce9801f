"""Completions of the query editor: the prefixes, terms and resources of a snapshot, and the bases of links."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from flask import request

from uphold.serving.open_snapshot import OpenSnapshot
from uphold.web.http.request_context import snapshot_prefix

__all__ = ["editor_words"]

MOST_OF_A_KIND = 250
"""Larger kinds are not completed: the list would be too long to read, and the file too large."""


def editor_words(open_snapshot: OpenSnapshot) -> dict[str, Any]:
    """Prefixes, terms with their use counts and definitions, and resources with their labels."""
    resources, prefixes = open_snapshot.resources, open_snapshot.snapshot.prefixes

    def name(short: str, iri: str) -> str:
        """The short name where its prefix is declared, else the IRI."""
        return short if short != iri and short.partition(":")[0] in prefixes else f"<{iri}>"

    terms = [
        {key: value for key, value in {**term, "name": name(term["name"], term["iri"]), "iri": None}.items() if value}
        for term in resources.vocabulary()
    ]
    few = {kind for kind, count in resources.kinds().items() if count <= MOST_OF_A_KIND}
    things = sorted(  # by name, since similar neighbours compress better
        (
            {"name": name(thing.short, thing.iri), "label": thing.label.text}
            for thing in resources.everything()
            if thing.short.partition(":")[0] in few
        ),
        key=itemgetter("name"),
    )
    places = {
        "base": resources.base,
        "root": request.script_root,
        "within": snapshot_prefix(),
        "snapshot": open_snapshot.snapshot.id,
    }
    return {**places, "prefixes": dict(sorted(prefixes.items())), "terms": terms, "things": things}
