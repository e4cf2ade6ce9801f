"""Each term is described in one block, in one way, in one place."""

from __future__ import annotations

import re
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from rdflib import DCTERMS, OWL, QB, RDF, RDFS, SKOS, VANN, XSD, Literal, URIRef

IRI = URIRef("https://w3id.org/uphold/ontology")
TERM_STATUS = URIRef("http://www.w3.org/2003/06/sw-vocab-status/ns#term_status")
DOMAIN_INCLUDES = URIRef("https://schema.org/domainIncludes")
RANGE_INCLUDES = URIRef("https://schema.org/rangeIncludes")
COLOUR, POSITION = URIRef(f"{IRI}#colour"), URIRef(f"{IRI}#position")
MARK = URIRef("https://w3id.org/uphold/id/mark/ngo-work")
GOAL, INDICATOR, RATING = URIRef(f"{IRI}#Goal"), URIRef(f"{IRI}#Indicator"), URIRef(f"{IRI}#Rating")
ORDER = [
    "a",
    "rdfs:subClassOf",
    "rdfs:subPropertyOf",
    "owl:disjointWith",
    "rdfs:label",
    "skos:definition",
    "skos:scopeNote",
    "skos:example",
    "skos:changeNote",
    "rdfs:domain",
    "rdfs:range",
    "schema:domainIncludes",
    "schema:rangeIncludes",
    "rdfs:isDefinedBy",
    "owl:deprecated",
    "dcterms:isReplacedBy",
    "vs:term_status",
]
VALUE_LISTS = {
    "basis": "petition research",
    "date-basis": "stated computed",
    "discrepancy-kind": "arithmetic two-versions date spelling membership treaty-name treaty-status population "
    "unclear-change overlap wording misprint recomputed",
    "outcome": "already-met met open not-applicable",
    "qualifier": "exactly more-than nearly at-least about",
    "recorded-status": "party signatory none",
    "stage": "in-force bill plan asked-for",
    "status": "held collected planned none",
    "strength": "pledged under-preparation noted",
    "unit": "people petitions signatures percent percentage-point count ratio us-dollar stores schools countries "
    "months years",
}
CONTRACT_CLASSES = """
Jurisdiction State Territory Region IntergovernmentalOrganisation ReviewRound Instrument Treaty Declaration
UnionLegislation DomesticMeasure TreatyAction Signature ConsentToBeBound Ratification Accession Acceptance Approval
Succession TerritorialExtension Denunciation Goal Indicator Rating ProgressCard Assessment CallToAction Petition
Handover Commitment Statistic Finding Organisation Officeholder Publication Citation Campaign Discrepancy CallOutcome
RecomputedStatistic
"""
CONTRACT_PROPERTIES = """
iso3 m49 inRegion hasMember year covers depositary adopted enteredIntoForce jurisdiction stage by treaty notBefore
notAfter entersIntoForce extendsTo position colour card indicator rating ngoWork addressedTo ordinal raisedAt goal
callsForConsentTo basis partOf signatures qualifier unit status collectedBy includes petition presentedBy receivedBy
madeBy spokenBy madeAt strength promisesConsentTo value asPrinted minValue maxValue numerator denominator population
subject comparedWith about concerns role locator between kind call callDate handoverDate asOf outcome answeredBy
daysToAnswer daysAfterHandover statistic agrees
"""
HIERARCHY = {
    "Acceptance": "uphold:ConsentToBeBound",
    "Accession": "uphold:ConsentToBeBound",
    "Approval": "uphold:ConsentToBeBound",
    "Assessment": "qb:Observation",
    "ConsentToBeBound": "uphold:TreatyAction",
    "Declaration": "uphold:Instrument",
    "Denunciation": "uphold:TreatyAction",
    "DomesticMeasure": "uphold:Instrument",
    "Goal": "skos:Concept",
    "Handover": "prov:Activity",
    "Indicator": "skos:Concept",
    "IntergovernmentalOrganisation": "uphold:Jurisdiction",
    "Mandate": "org:Post",
    "Population": "skos:Concept",
    "Ratification": "uphold:ConsentToBeBound",
    "Rating": "skos:Concept",
    "Region": "uphold:Jurisdiction",
    "Rule": "prov:Plan",
    "Signature": "uphold:TreatyAction",
    "State": "uphold:Jurisdiction",
    "Statistic": "qb:Observation",
    "Succession": "uphold:ConsentToBeBound",
    "TerritorialExtension": "uphold:TreatyAction",
    "Territory": "uphold:Jurisdiction",
    "Treaty": "uphold:Instrument",
    "UnionLegislation": "uphold:Instrument",
}


@pytest.fixture(scope="module")
def terms(classes: set[URIRef], properties: set[URIRef]) -> list[URIRef]:
    """All coined terms."""
    return sorted(classes | properties)


@pytest.fixture(scope="module")
def blocks(root: Path) -> list[tuple[str, list[str]]]:
    """The blocks of uphold.ttl as they are in the file: the term, and what each of its lines begins with."""
    text = (root / "ontology" / "uphold.ttl").read_text(encoding="utf-8")
    found = re.findall(r"^uphold:(\S+)\n((?:    .*\n)+)", text, re.MULTILINE)
    return [(name, [line.split()[0] for line in body.splitlines()]) for name, body in found]


def test_every_file_is_read_alike_by_both_libraries(root: Path) -> None:
    """Both rdflib and Oxigraph find the same number of triples in each Turtle file."""
    for path in sorted((root / "ontology").glob("*.ttl")):
        triples = set(ox.parse(path.read_bytes(), format=ox.RdfFormat.TURTLE))
        assert len(triples) == len(rdflib.Graph().parse(path)), path.name


def test_the_header_is_complete(ontology: rdflib.Graph, root: Path) -> None:
    """The ontology has version, title, description, creator, licence, date and preferred prefix."""
    assert ontology.value(IRI, RDF.type) == OWL.Ontology
    version = str(ontology.value(IRI, OWL.versionInfo))
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert ontology.value(IRI, OWL.versionIRI) == URIRef(f"{IRI}/{version}")
    assert ontology.value(IRI, SKOS.historyNote) is not None
    assert {text.language for text in ontology.objects(IRI, DCTERMS.title) if isinstance(text, Literal)} == {"en"}
    assert ontology.value(IRI, DCTERMS.description) is not None
    described = rdflib.Graph().parse(root / "data" / "metadata.ttl")  # where the creator of every graph is named
    assert described.value(ontology.value(IRI, DCTERMS.creator), SKOS.prefLabel) == Literal("Uphold contributors", "en")
    assert ontology.value(IRI, DCTERMS.license) == URIRef("https://creativecommons.org/licenses/by/4.0/")
    assert ontology.value(IRI, DCTERMS.issued) == Literal("2026-11-23", datatype=XSD.date)
    assert str(ontology.value(IRI, VANN.preferredNamespacePrefix)) == "uphold"
    assert str(ontology.value(IRI, VANN.preferredNamespaceUri)) == f"{IRI}#"


def test_a_prior_version_is_one_that_was_released(ontology: rdflib.Graph, root: Path) -> None:
    """The ontology names as prior only a version of which the changelog says when it was released."""
    released = re.findall(
        r"^## \[(\S+)\] - \d{4}-\d{2}-\d{2}$", (root / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE
    )
    prior = set(ontology.objects(IRI, OWL.priorVersion))
    assert prior - {URIRef(f"{IRI}/{version}") for version in released} == set()
    assert not released or prior, "a version was released, and the ontology does not name it"
    assert {iri for iri in ontology.all_nodes() if re.fullmatch(rf"{IRI}/\d.*", str(iri))} - prior == {
        ontology.value(IRI, OWL.versionIRI)
    }


def test_the_contract_is_declared(classes: set[URIRef], properties: set[URIRef]) -> None:
    """Every class and property that others rely on is declared, as what it is."""
    assert {URIRef(f"{IRI}#{name}") for name in CONTRACT_CLASSES.split()} - classes == set()
    assert {URIRef(f"{IRI}#{name}") for name in CONTRACT_PROPERTIES.split()} - properties == set()


def test_the_hierarchy_is_the_one_agreed(root: Path) -> None:
    """In uphold.ttl a class is under the one class that the model puts it under, or under none."""
    graph = rdflib.Graph().parse(root / "ontology" / "uphold.ttl")
    found = {
        str(lower).partition("#")[2]: graph.namespace_manager.curie(str(upper))
        for lower, upper in graph.subject_objects(RDFS.subClassOf)
    }
    assert found == HIERARCHY
    assert len(list(graph.subject_objects(RDFS.subClassOf))) == len(HIERARCHY)


def test_every_term_has_one_english_label(ontology: rdflib.Graph, terms: list[URIRef]) -> None:
    """A term has exactly one label in English."""
    labels = {term: list(ontology.objects(term, RDFS.label)) for term in terms}
    assert [
        term
        for term, found in labels.items()
        if [text.language for text in found if isinstance(text, Literal)].count("en") != 1
    ] == []


def test_labels_distinguish_terms(ontology: rdflib.Graph, terms: list[URIRef]) -> None:
    """No two classes and no two properties share a label, and none begins with a capital but for an abbreviation."""
    labels = [(str(term)[len(IRI) + 1].isupper(), english(ontology, term)) for term in terms]
    assert len(set(labels)) == len(labels)
    assert [text for _, text in labels if text[0].isupper() and not text.split()[0].isupper()] == []


def test_a_label_of_a_property_reads_before_its_value(ontology: rdflib.Graph) -> None:
    """In a list of facts, "label: value", an act or a day follows a phrase that says what was done."""
    phrases = {
        "addressedTo": "addressed to", "adopted": "adopted on", "agrees": "agrees with the printed figure",
        "by": "performed by", "callsForConsentTo": "calls for consent to", "depositary": "deposited with",
        "enteredIntoForce": "entered into force on", "entersIntoForce": "enters into force on",
        "handoverDate": "handed over on", "openedForSignature": "opened for signature on",
        "population": "has population", "promisesConsentTo": "promises consent to", "statistic": "recomputes",
    }  # fmt: skip
    found = {name: english(ontology, URIRef(f"{IRI}#{name}")) for name in phrases}
    assert found == phrases


def test_every_term_has_one_definition_of_one_sentence(ontology: rdflib.Graph, terms: list[URIRef]) -> None:
    """A definition is one English sentence: a capital first, a full stop last, and none between."""
    definitions = {term: list(ontology.objects(term, SKOS.definition)) for term in terms}
    assert [term for term, found in definitions.items() if len(found) != 1] == []
    assert [one for found in definitions.values() for one in found if getattr(one, "language", "") != "en"] == []
    texts = [str(text) for found in definitions.values() for text in found]
    assert [text for text in texts if not re.fullmatch(r"[A-Z].*[^.]\.", text) or ". " in text] == []
    assert len(set(texts)) == len(texts), "two terms share a definition"


def test_no_definition_uses_its_own_name(ontology: rdflib.Graph, terms: list[URIRef]) -> None:
    """A definition explains its term in other words than the label."""
    named = [(english(ontology, term), str(ontology.value(term, SKOS.definition))) for term in terms]
    assert [pair for pair in named if re.search(rf"\b{re.escape(pair[0])}\b", pair[1], re.IGNORECASE)] == []


def test_every_class_has_an_example_and_a_counter_example(ontology: rdflib.Graph, classes: set[URIRef]) -> None:
    """One English text: what the class is for, then what it is mistaken for."""
    examples = {term: list(ontology.objects(term, SKOS.example)) for term in classes}
    assert [term for term, found in examples.items() if len(found) != 1] == []
    assert [one for found in examples.values() for one in found if getattr(one, "language", "") != "en"] == []
    texts = [str(text) for found in examples.values() for text in found]
    assert [text for text in texts if not re.fullmatch(r"[A-Z].*\. Not an example: [^A-Z].*[^.]\.", text)] == []
    assert len(set(texts)) == len(texts)


def test_an_example_with_what_it_is_not_is_written_in_one_way(ontology: rdflib.Graph) -> None:
    """Examples of properties that say what they are not have the same form."""
    texts = [str(text) for text in ontology.objects(None, SKOS.example)]
    assert [text for text in texts if "not an example" in text.lower() and ". Not an example: " not in text] == []


def test_every_term_says_where_it_is_defined(ontology: rdflib.Graph, terms: list[URIRef]) -> None:
    """A term points to the ontology and has a status."""
    assert [term for term in terms if list(ontology.objects(term, RDFS.isDefinedBy)) != [IRI]] == []
    statuses = {term: [str(text) for text in ontology.objects(term, TERM_STATUS)] for term in terms}
    assert [term for term, found in statuses.items() if found not in (["stable"], ["testing"], ["archaic"])] == []


def test_every_property_says_where_it_is_used(ontology: rdflib.Graph, properties: set[URIRef]) -> None:
    """A property has a domain or a hint of the classes that have it; both name declared classes, as do ranges."""
    bearing = (RDFS.domain, DOMAIN_INCLUDES)
    assert [term for term in properties if not any((term, way, None) in ontology for way in bearing)] == []
    named = {one for way in (*bearing, RDFS.range, RANGE_INCLUDES) for one in ontology.objects(None, way)}
    ours = {term for term in named if str(term).startswith(f"{IRI}#")}
    assert [term for term in ours if (term, RDF.type, OWL.Class) not in ontology] == []


def test_an_axiom_has_no_hint_beside_it(ontology: rdflib.Graph, properties: set[URIRef]) -> None:
    """A property has a domain, from which types follow, or a hint of one, and not both; so with its range."""
    for axiom, hint in ((RDFS.domain, DOMAIN_INCLUDES), (RDFS.range, RANGE_INCLUDES)):
        assert [term for term in properties if (term, axiom, None) in ontology and (term, hint, None) in ontology] == []
        assert [term for term in properties if len(list(ontology.objects(term, axiom))) > 1] == [], axiom


def test_the_blocks_are_in_alphabetical_order(
    blocks: list[tuple[str, list[str]]], classes: set[URIRef], properties: set[URIRef]
) -> None:
    """There is one block per term, classes first, each part in alphabetical order whatever the case of letters."""
    names = [name for name, _ in blocks]
    ordered = [sorted((str(term)[len(IRI) + 1 :] for term in part), key=str.casefold) for part in (classes, properties)]
    assert names == ordered[0] + ordered[1]


def test_the_lines_of_a_block_are_in_one_order(blocks: list[tuple[str, list[str]]]) -> None:
    """The lines of each block come in the order that all blocks have."""
    assert [name for name, lines in blocks if lines != [word for word in ORDER if word in lines]] == []


@pytest.mark.parametrize("name", VALUE_LISTS)
def test_a_value_list_has_the_values_agreed(ontology: rdflib.Graph, name: str) -> None:
    """The scheme of a value list has the agreed concepts and no other, each with label, definition and notation."""
    scheme = URIRef(f"https://w3id.org/uphold/id/scheme/{name}")
    assert (scheme, RDF.type, SKOS.ConceptScheme) in ontology
    expected = {URIRef(f"https://w3id.org/uphold/id/{name}/{key}") for key in VALUE_LISTS[name].split()}
    assert set(ontology.subjects(SKOS.inScheme, scheme)) == expected
    assert set(ontology.subjects(SKOS.topConceptOf, scheme)) == expected
    assert set(ontology.objects(scheme, SKOS.hasTopConcept)) == expected


def test_every_concept_is_described(ontology: rdflib.Graph) -> None:
    """A concept has one definition, one notation that is its own within the scheme, and a scheme."""
    concepts = sorted(set(ontology.subjects(RDF.type, SKOS.Concept)), key=str)
    for predicate in (SKOS.definition, SKOS.notation, SKOS.inScheme):
        assert [one for one in concepts if len(list(ontology.objects(one, predicate))) != 1] == [], predicate
    places = [(ontology.value(one, SKOS.inScheme), ontology.value(one, SKOS.notation)) for one in concepts]
    assert len(set(places)) == len(concepts)


def test_the_progress_card_has_three_goals_with_four_indicators_each(ontology: rdflib.Graph) -> None:
    """Goals are at 1 to 3, the indicators of each goal at 1 to 4, and the ratings have their colours."""
    goals = set(ontology.subjects(RDF.type, GOAL))
    assert sorted(str(ontology.value(goal, POSITION)) for goal in goals) == ["1", "2", "3"]
    for goal in goals:
        indicators = set(ontology.subjects(SKOS.broader, goal))
        assert indicators == set(ontology.objects(goal, SKOS.narrower))
        assert all((one, RDF.type, INDICATOR) in ontology for one in indicators)
        assert sorted(str(ontology.value(one, POSITION)) for one in indicators) == ["1", "2", "3", "4"]
    colours = {str(one).rpartition("/")[2]: str(ontology.value(one, COLOUR)) for one in rated(ontology)}
    assert colours == {"significant": "green", "partial": "yellow", "inadequate": "red"}


def test_the_progress_card_has_a_scheme_for_each_kind_of_concept(ontology: rdflib.Graph) -> None:
    """Goals and indicators, ratings, and marks are in a scheme each, with its top concepts, and values name theirs."""
    indicators = set(ontology.subjects(RDF.type, INDICATOR))
    goals = set(ontology.subjects(RDF.type, GOAL))
    expected = {
        "progress-card": (goals | indicators, goals),
        "rating": (set(rated(ontology)), set(rated(ontology))),
        "mark": ({MARK}, {MARK}),
    }
    concepts = set(ontology.subjects(RDF.type, SKOS.Concept))
    for name, (members, tops) in expected.items():
        scheme = URIRef(f"https://w3id.org/uphold/id/scheme/{name}")
        assert set(ontology.subjects(SKOS.inScheme, scheme)) & concepts == members
        assert set(ontology.subjects(SKOS.topConceptOf, scheme)) == tops
        assert set(ontology.objects(scheme, SKOS.hasTopConcept)) == tops
    for property_, name in (("rating", "rating"), ("indicator", "progress-card")):
        assert str(ontology.value(URIRef(f"{IRI}#{property_}"), QB.codeList)).endswith(f"/id/scheme/{name}")


def english(graph: rdflib.Graph, term: URIRef) -> str:
    """The English label of a term."""
    return next(str(text) for text in graph.objects(term, RDFS.label) if getattr(text, "language", "") == "en")


def rated(graph: rdflib.Graph) -> list[rdflib.term.Node]:
    """The ratings in the graph."""
    return list(graph.subjects(RDF.type, RATING))
