"""JSON-LD: structured data about a page and its subject in schema.org terms, for the head of the page.

It is serialized in one function, whose escapes keep its content from ending the script element.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from flask import request
from markupsafe import Markup

from uphold.snapshots.downloads import FORM, Download
from uphold.snapshots.snapshot import Snapshot
from uphold.web.http.json_envelope import LICENCE
from uphold.web.http.request_context import open_snapshot
from uphold.web.metadata.citations import AUTHOR, PUBLISHER
from uphold.web.metadata.metadata import SITE, Metadata

__all__ = ["LICENCE", "as_script", "catalogue", "dataset", "downloads_of_all", "structured"]

CONTEXT = "https://schema.org"
SCRIPT_ESCAPES = str.maketrans({sign: f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"})
"""Characters that could end a script element or a line of it, and their JSON escapes."""


def as_script(data: Any) -> Markup:
    """Data as JSON that is safe in a script element."""
    return Markup(json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(SCRIPT_ESCAPES))  # noqa: S704 escaped


def structured(about: Metadata) -> Markup:
    """The page, its breadcrumb, and its subject."""
    snapshot = open_snapshot().snapshot
    page: dict[str, Any] = {
        "@type": "AboutPage" if about.subject else about.schema,
        "@id": about.canonical if about.canonical != snapshot.base else f"{snapshot.base}#page",
        "url": about.canonical,
        "name": about.title,
        "description": about.summary,
        "inLanguage": "en",
        "license": LICENCE,
        "isPartOf": {"@id": snapshot.base},
        "dateModified": snapshot.created,
        "version": snapshot.id,
        "breadcrumb": breadcrumb(about, snapshot.base),
    }
    if about.image:
        page["primaryImageOfPage"] = {"@type": "ImageObject", "url": about.image.address, "caption": about.image.words}
    if about.subject:
        page["mainEntity"] = {"@id": about.subject["@id"]}
        page |= {name: about.subject[name] for name in ("citation", "isBasedOn") if name in about.subject}
    subject = {name: value for name, value in about.subject.items() if name not in ("citation", "isBasedOn")}
    return as_script({"@context": CONTEXT, "@graph": [page, *([subject] if subject else [])]})


def breadcrumb(about: Metadata, base: str) -> dict[str, Any]:
    """The breadcrumb from the home page to the page."""
    steps = [(SITE, base), *about.crumbs, *([(about.title, about.canonical)] if about.canonical != base else [])]
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": place, "name": name, "item": address}
            for place, (name, address) in enumerate(steps, 1)
        ],
    }


def organisation(base: str) -> dict[str, str]:
    """The creator of the data."""
    return {"@type": "Organization", "@id": f"{base}id/organisation/uphold-contributors", "name": AUTHOR}


def dataset(about: Metadata, snapshot: Snapshot, columns: Iterable[tuple[str, str]] = ()) -> dict[str, Any]:
    """The result of a question as a data set; `columns` are names and descriptions."""
    return {
        "@type": "Dataset",
        "@id": f"{about.canonical}#data",
        "name": about.title,
        "description": about.description,
        "url": about.canonical,
        "license": LICENCE,
        "creator": organisation(snapshot.base),
        "isPartOf": {"@id": snapshot.base},
        "version": snapshot.id,
        "dateModified": snapshot.created,
        "isAccessibleForFree": True,
        "distribution": [download(permanent(address, snapshot.base), form) for form, address in about.forms.items()],
        "variableMeasured": [
            {"@type": "PropertyValue", "name": name, "description": meaning} for name, meaning in columns
        ],
    }


def permanent(address: str, base: str) -> str:
    """The permanent form of an address on this host."""
    return f"{base}{address.removeprefix(request.script_root).lstrip('/')}"


def download(address: str, form: str) -> dict[str, str]:
    """The data in one media type."""
    return {"@type": "DataDownload", "contentUrl": address, "encodingFormat": form}


def file_of_all(name: str, base: str) -> dict[str, str]:
    """A file for download."""
    return {**download(f"{base}dumps/{name}", FORM), "name": name}


def downloads_of_all(snapshot: Snapshot, files: Iterable[Download]) -> dict[str, Any]:
    """The whole data set with the sizes and the digests of its files."""
    return {
        "@type": "Dataset",
        "@id": snapshot.base,
        "distribution": [
            {**file_of_all(file.name, snapshot.base), "contentSize": f"{file.size} B", "sha256": file.sha256}
            for file in files
        ],
    }


def catalogue(
    about: Metadata, snapshot: Snapshot, graphs: Iterable[Mapping[str, str]], files: Iterable[str]
) -> dict[str, Any]:
    """The catalogue of graphs, which is also a data set, with the names of its files and its search.

    A graph has `iri`, `title`, `description` and `licence`.
    """
    base = snapshot.base
    search = f"{base}api/search.html?q={{search_term_string}}"
    return {
        "@type": ["DataCatalog", "Dataset"],
        "@id": base,
        "name": f"{SITE}: {about.title[0].lower()}{about.title[1:]}",
        "description": about.description,
        "url": base,
        "license": LICENCE,
        "creator": organisation(base),
        "publisher": {"@type": "Organization", "name": PUBLISHER, "url": base},
        "version": snapshot.id,
        "dateModified": snapshot.created,
        "inLanguage": "en",
        "isAccessibleForFree": True,
        "distribution": [file_of_all(name, base) for name in files],
        "dataset": [
            {
                "@type": "Dataset",
                "@id": graph["iri"],
                "url": graph["iri"],
                "name": graph["title"],
                "description": graph["description"] or graph["title"],
                "license": graph["licence"] or LICENCE,
                "creator": organisation(base),
                "includedInDataCatalog": {"@id": base},
            }
            for graph in graphs
        ],
        "potentialAction": {
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": search},
            "query-input": "required name=search_term_string",
        },
    }
