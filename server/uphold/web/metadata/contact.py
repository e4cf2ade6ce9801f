"""Contact: whom to ask about this server, from its settings, in the descriptions that it sends.

It is about the server and not part of the data, so that servers with other contacts have the same snapshots.
"""

from __future__ import annotations

from uphold.rdf.terms import iri_term
from uphold.web.http.request_context import manager, open_snapshot

__all__ = ["contact_in_openapi", "contact_of", "contact_terms"]

DCAT, VCARD = "http://www.w3.org/ns/dcat#", "http://www.w3.org/2006/vcard/ns#"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"


def contact_terms() -> dict[str, list[str]]:
    """The contact as the terms of a page query; each is empty unless the contact is of its kind."""
    iri = manager().settings.contact_iri
    terms = [iri_term(iri)] if iri else []
    is_email = iri.startswith("mailto:")
    return {"email": terms if is_email else [], "webpage": [] if is_email else terms}


def contact_of(iri: str) -> str:
    """The statements about the contact of one resource, as N-Triples; empty when there is none."""
    node = iri_term(f"{open_snapshot().snapshot.base}.well-known/void#contact")
    found = [
        f"{node} <{VCARD}{name}> {term} .\n"
        for name, terms in zip(("hasEmail", "hasURL"), contact_terms().values(), strict=True)
        for term in terms
    ]
    about = f"{iri_term(iri)} <{DCAT}contactPoint> {node} .\n{node} <{TYPE}> <{VCARD}Kind> .\n"
    return "".join([about, *found]) if found else ""


def contact_in_openapi() -> dict[str, str]:
    """The Contact Object of an OpenAPI document; empty when there is none."""
    settings = manager().settings
    if not settings.contact:
        return {}
    return {"email" if settings.contact_iri.startswith("mailto:") else "url": settings.contact}
