"""Classes and the values of lists have names in English, French and Spanish, and treaty law's own words for its acts.

Expected names are those of the equally authentic French and Spanish texts of the Vienna Convention on the Law of
Treaties (1969: Articles 2, 11, 12, 14, 15 and 56; 7 and 8 for "acte relatif à"), of the Vienna Convention on Succession
of States in respect of Treaties (1978), of the Optional Protocol (2000), and of the UN protocol on trafficking (2000).
"""

from __future__ import annotations

import pytest
import rdflib
from rdflib import OWL, RDF, RDFS, SKOS, Literal, URIRef

LANGUAGES = {"en", "es", "fr"}
ID, TERM = "https://w3id.org/uphold/id/", "https://w3id.org/uphold/ontology#"
OFFICIAL = {
    "Acceptance": ("acceptation", "aceptación"),
    "Accession": ("adhésion", "adhesión"),
    "Approval": ("approbation", "aprobación"),
    "ConsentToBeBound": ("consentement à être lié", "consentimiento en obligarse"),
    "Denunciation": ("dénonciation", "denuncia"),
    "Ratification": ("ratification", "ratificación"),
    "Signature": ("signature", "firma"),
    "State": ("État", "Estado"),
    "Succession": ("succession", "sucesión"),
    "Treaty": ("traité", "tratado"),
    "TreatyAction": ("acte relatif à un traité", "acto relativo a un tratado"),
    "goal/2": ("Cadre juridique", "Marco jurídico"),
    "goal/3": (
        "Services spécialisés pour les enfants victimes",
        "Servicios especializados para niñas, niños y adolescentes víctimas",
    ),
    "indicator/optional-protocol": ("Protocole facultatif", "Protocolo facultativo"),
    "recorded-status/party": ("Partie", "Parte"),
    "recorded-status/signatory": ("Signataire", "Signatario"),
    "stage/in-force": ("En vigueur", "En vigor"),
    "unit/us-dollar": ("Dollar des États-Unis", "Dólar de los Estados Unidos"),
}


@pytest.fixture(scope="module")
def names(ontology: rdflib.Graph) -> dict[str, dict[str, str]]:
    """The names of each class, scheme and concept of ours, by language."""
    kinds = {OWL.Class: RDFS.label, SKOS.ConceptScheme: SKOS.prefLabel, SKOS.Concept: SKOS.prefLabel}
    found: dict[str, dict[str, str]] = {}
    for kind, naming in kinds.items():
        for thing in (each for each in ontology.subjects(RDF.type, kind) if str(each).startswith((ID, TERM))):
            texts = [text for text in ontology.objects(thing, naming) if isinstance(text, Literal)]
            assert len({text.language for text in texts}) == len(texts), thing
            found[str(thing)] = {text.language or "": str(text) for text in texts}
    return found


def test_classes_and_values_are_named_in_three_languages(names: dict[str, dict[str, str]]) -> None:
    """Each has exactly one name in each language."""
    assert [thing for thing, found in names.items() if set(found) != LANGUAGES] == []


def test_a_property_is_named_in_english_only(ontology: rdflib.Graph, properties: set[URIRef]) -> None:
    """Its label is a phrase before a value, which no translation here covers yet."""
    labels = [text for term in properties for text in ontology.objects(term, RDFS.label)]
    assert {getattr(text, "language", "") for text in labels} == {"en"}


@pytest.mark.parametrize("key", OFFICIAL)
def test_the_words_of_the_treaties_are_used(names: dict[str, dict[str, str]], key: str) -> None:
    """Acts, parties and titles have the names that the authentic texts give them."""
    found = names[f"{ID}{key}" if "/" in key else f"{TERM}{key}"]
    assert (found["fr"], found["es"]) == OFFICIAL[key]


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_names_tell_things_apart_in_each_language(
    ontology: rdflib.Graph, names: dict[str, dict[str, str]], language: str
) -> None:
    """No two classes share a name, nor two concepts of one scheme."""
    groups: dict[str, list[str]] = {}
    for thing, found in names.items():
        if (URIRef(thing), RDF.type, SKOS.ConceptScheme) not in ontology:
            groups.setdefault(str(ontology.value(URIRef(thing), SKOS.inScheme)), []).append(found[language])
    assert groups
    assert {group: found for group, found in groups.items() if len(set(found)) != len(found)} == {}


def test_names_are_written_as_their_language_is(names: dict[str, dict[str, str]]) -> None:
    """Concepts begin with a capital, classes without, but for the words État and Estado; no straight apostrophe."""
    for thing, found in names.items():
        for language, text in found.items():
            assert text == " ".join(text.split()), text
            assert language == "en" or "'" not in text, text
            lower = thing.startswith(TERM) and text not in {"État", "Estado"}
            assert text[0].islower() == lower, text


def test_it_is_said_whose_translations_they_are(ontology: rdflib.Graph) -> None:
    """The report has English names only, so the schemes with its names say who translated them."""
    for name in ("progress-card", "rating"):
        notes = [str(note) for note in ontology.objects(URIRef(f"{ID}scheme/{name}"), SKOS.note)]
        assert any("translations by this project" in note for note in notes), name
