"""Each term of the ontology has a page that says what the ontology's files say; expected values are read from those."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pyoxigraph as ox
import pytest
import rdflib
from flask.testing import FlaskClient
from rdflib import OWL, RDF, RDFS, SDO, SH, SKOS, URIRef

from tests.web.reading import classed, read_page, words
from uphold.settings import CANONICAL_BASE as BASE
from uphold.settings import Settings
from uphold.snapshots.snapshot import Snapshot, current

ROOT = Path(__file__).parents[2]
SPACE = f"{BASE}ontology#"
HTML = {"Accept": "text/html"}
RDF_FORMS = {"ttl": "turtle", "nt": "nt", "jsonld": "json-ld", "rdf": "xml"}
ALIGNED = (SKOS.exactMatch, SKOS.closeMatch, SKOS.relatedMatch, RDFS.subClassOf, RDFS.subPropertyOf)


def declared(kinds: Iterable[URIRef]) -> list[str]:
    """Our own terms of these kinds in the files of the ontology, which also declare terms of other vocabularies."""
    found: set[str] = set()
    for path in sorted((ROOT / "ontology").glob("*.ttl")):
        for triple in ox.parse(path.read_bytes(), format=ox.RdfFormat.TURTLE):
            if triple.predicate.value == str(RDF.type) and triple.object.value in map(str, kinds):
                found.add(triple.subject.value)
    return sorted(iri for iri in found if iri.startswith(BASE))


TERMS = declared([OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty])
CONCEPTS = [iri for iri in declared([SKOS.Concept, SKOS.ConceptScheme]) if not re.search(r"/id/(goal|indicator)/", iri)]
"""Goals and indicators have pages of their own kind."""


@pytest.fixture(scope="module")
def ontology() -> rdflib.Graph:
    """All files of the ontology."""
    graph = rdflib.Graph()
    for path in sorted((ROOT / "ontology").glob("*.ttl")):
        graph.parse(path)
    return graph


@pytest.fixture(scope="module")
def shapes() -> rdflib.Graph:
    """All files of the shapes."""
    graph = rdflib.Graph()
    for path in sorted((ROOT / "shapes").glob("*.ttl")):
        graph.parse(path)
    return graph


@pytest.fixture(scope="module")
def data(tiny: Settings) -> rdflib.Graph:
    """Every triple of the tiny snapshot, each once."""
    return rdflib.Graph().parse(current(tiny.state).union, format="nt")


def label(graph: rdflib.Graph, term: URIRef, naming: URIRef, language: str = "en") -> str:
    """The label of a term in one language."""
    return next(str(text) for text in graph.objects(term, naming) if getattr(text, "language", "") == language)


def address(iri: str) -> str:
    """Where the page about an IRI of ours is."""
    return "/" + iri.removeprefix(BASE).replace("#", "/").replace("id/", "doc/", 1)


def rows(tree: ET.Element) -> dict[str, set[str]]:
    """The addresses of the links in each row of facts on a page, by the heading of the row."""
    found: dict[str, set[str]] = {}
    for row in (row for each in classed(tree, "facts") for row in each.findall("div")):
        links = {link.get("href") or "" for link in row.iter("a")}
        found[words(row.find("dt"))] = found.get(words(row.find("dt")), set()) | links
    return found


def linked(values: Iterable[rdflib.term.Node]) -> set[str]:
    """The addresses to which a page links for these values."""
    return {address(str(value)) if str(value).startswith(BASE) else str(value) for value in values}


@pytest.mark.parametrize("iri", TERMS, ids=lambda iri: iri.partition("#")[2])
def test_a_term_has_a_page_that_says_what_the_ontology_says(
    client: FlaskClient, ontology: rdflib.Graph, iri: str
) -> None:
    """Label, definition, status, domain, range, what is above it, and the like of it elsewhere."""
    term, tree = URIRef(iri), read_page(client, address(iri))
    found = rows(tree)
    assert words(tree.find(".//h1")) == label(ontology, term, RDFS.label)
    assert words(classed(tree, "purpose")[0]) == str(ontology.value(term, SKOS.definition))
    text = words(tree.find(".//main"))
    for note in (SKOS.scopeNote, SKOS.example):
        assert [str(each) for each in ontology.objects(term, note) if " ".join(str(each).split()) not in text] == []
    assert linked(ontology.objects(term, RDFS.domain)) == found.get("Domain", set())
    assert linked(ontology.objects(term, RDFS.range)) == found.get("Range", set())
    for hint, name in ((SDO.domainIncludes, "Domain"), (SDO.rangeIncludes, "Range")):
        assert linked(ontology.objects(term, hint)) == found.get(f"{name} includes", set()), name
    shown = {each for links in found.values() for each in links}
    assert {each for way in ALIGNED for each in linked(ontology.objects(term, way))} - shown == set()
    assert linked(ontology.subjects(RDFS.subClassOf, term)) == found.get("Superclass of", set())
    assert found["Defined in"] == {"/ontology"}


@pytest.mark.parametrize("iri", CONCEPTS, ids=lambda iri: iri.removeprefix(f"{BASE}id/"))
def test_a_concept_has_a_page_that_says_what_the_ontology_says(
    client: FlaskClient, ontology: rdflib.Graph, iri: str
) -> None:
    """Label, definition, notation, and the list that it is in; a list has all its concepts."""
    term, tree = URIRef(iri), read_page(client, address(iri))
    found = rows(tree)
    assert words(tree.find(".//h1")) == label(ontology, term, SKOS.prefLabel)
    assert words(classed(tree, "purpose")[0]) == str(ontology.value(term, SKOS.definition))
    assert linked(ontology.objects(term, SKOS.inScheme)) == found.get("Concept scheme", set())
    assert ("Notation" in found) == (ontology.value(term, SKOS.notation) is not None)
    members = linked(ontology.subjects(SKOS.inScheme, term))
    assert members - {each for links in found.values() for each in links} == set()


@pytest.mark.parametrize("language", ["fr", "es"])
@pytest.mark.parametrize("path", ["/ontology/Accession", "/doc/status/held", "/doc/indicator/helpline", "/doc/goal/2"])
def test_a_page_has_the_name_in_the_readers_language(
    client: FlaskClient, ontology: rdflib.Graph, path: str, language: str
) -> None:
    """The heading of a class, a value, an indicator and a goal is their label in that language, marked as such."""
    iri = f"{BASE}{path.removeprefix('/').replace('ontology/', 'ontology#').replace('doc/', 'id/')}"
    expected = label(ontology, URIRef(iri), RDFS.label if "#" in iri else SKOS.prefLabel, language)
    heading = read_page(client, f"{path}?lang={language}").find(".//h1")
    assert words(heading) == expected
    assert heading is not None
    assert language in [element.get("lang") for element in heading.iter()]
    assert expected in client.get(path, headers={**HTML, "Accept-Language": language}).text


def test_the_overview_has_every_term_once_with_a_link_to_its_page(client: FlaskClient) -> None:
    """Each at the anchor that its IRI names, and no two at one place."""
    tree = read_page(client, "/ontology")
    places = [each.get("id") for each in tree.iter() if each.get("id")]
    assert len(places) == len(set(places))
    entries = {each.get("id"): each for group in classed(tree, "terms") for each in group.findall("div")}
    leads = {link.get("href") for each in entries.values() if (link := each.find("dt/a")) is not None}
    assert {iri.partition("#")[2] for iri in TERMS} - set(entries) == set()
    assert {address(iri) for iri in (*TERMS, *CONCEPTS)} - leads == set()


def test_the_overview_says_what_the_ontology_is(client: FlaskClient, ontology: rdflib.Graph) -> None:
    """Title, description, version, licence, prefixes, and how to cite it."""
    tree, iri = read_page(client, "/ontology"), URIRef(f"{BASE}ontology")
    text = words(tree.find(".//main"))
    for said in (rdflib.DCTERMS.title, rdflib.DCTERMS.description, OWL.versionInfo, rdflib.DCTERMS.license):
        assert str(ontology.value(iri, said)) in text
    for prefix in ("uphold:", "skos:", "prov:"):
        assert prefix in [words(cell) for cell in tree.iter("th")]
    assert f"/snapshots/{client.get('/healthz').get_json()['snapshot']}/ontology" in words(classed(tree, "cite")[0])


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("q=handover", "handover"),
        ("q=HANDOVER", "handover"),
        ("q=demand+handover", "demand handover"),
        ("q=&kind=", ""),
        ("q=nowhereatall", "nowhereatall"),
    ],
)
def test_words_narrow_the_overview(client: FlaskClient, ontology: rdflib.Graph, fields: str, expected: str) -> None:
    """To the terms that have all of them in name, label or definition, in letters of any size."""
    tree = read_page(client, f"/ontology?{fields}")
    shown = {each.get("id") for group in classed(tree, "terms") for each in group.findall("div")}
    wanted = set()
    for iri in TERMS:
        texts = (label(ontology, URIRef(iri), RDFS.label), str(ontology.value(URIRef(iri), SKOS.definition)))
        text = " ".join([iri.replace(SPACE, "uphold:"), *texts]).casefold()
        wanted |= {iri.partition("#")[2]} if all(word in text for word in expected.split()) else set()
    assert shown & {iri.partition("#")[2] for iri in TERMS} == wanted


def test_a_kind_narrows_the_overview(client: FlaskClient) -> None:
    """To terms of this kind; a kind that is none is refused."""
    tree = read_page(client, "/ontology?kind=class")
    shown = {each.get("id") for group in classed(tree, "terms") for each in group.findall("div")}
    assert shown == {iri.partition("#")[2] for iri in declared([OWL.Class])}
    assert client.get("/ontology?kind=planet", headers=HTML).status_code == 400
    assert client.get(f"/ontology?q={'x' * 101}", headers=HTML).status_code == 400


@pytest.mark.parametrize("name", ["CallToAction", "Jurisdiction", "TreatyAction", "Rating"])
def test_a_class_says_how_often_it_is_used_and_shows_three(client: FlaskClient, data: rdflib.Graph, name: str) -> None:
    """As many things as the snapshot has of it, and examples that are of it."""
    tree = read_page(client, f"/ontology/{name}")
    things = set(data.subjects(RDF.type, URIRef(SPACE + name)))
    assert words(tree.find(".//h2[@id='uses']")) == f"Use in this snapshot {len(things)}"
    section = tree.find(".//section[@aria-labelledby='uses']")
    assert section is not None
    shown = {link.get("href") for item in section.iter("li") if (link := item.find("a")) is not None}
    assert len(shown) == min(3, len(things))
    assert shown <= linked(things)


@pytest.mark.parametrize("name", ["addressedTo", "locator", "notBefore", "rating"])
def test_a_property_says_how_often_it_is_used_and_shows_three(
    client: FlaskClient, data: rdflib.Graph, name: str
) -> None:
    """As many statements as the snapshot has with it, and examples that have it."""
    tree = read_page(client, f"/ontology/{name}")
    subjects = list(data.subjects(URIRef(SPACE + name)))
    section = tree.find(".//section[@aria-labelledby='uses']")
    assert section is not None
    assert words(section.find("h2")) == f"Use in this snapshot {len(subjects)}"
    shown = {link.get("href") for item in section.iter("li") if (link := item.find("a")) is not None}
    assert len(shown) == min(3, len(set(subjects)))
    assert shown <= linked(subjects)


def test_a_concept_says_how_often_it_is_used(client: FlaskClient, data: rdflib.Graph) -> None:
    """Statements of the data count, and those that only build the list do not."""
    met = URIRef(f"{BASE}id/outcome/met")
    used = [(thing, by) for thing, by in data.subject_predicates(met) if str(by).startswith(SPACE)]
    assert used
    assert words(read_page(client, "/doc/outcome/met").find(".//h2[@id='uses']")).endswith(f" {len(used)}")


@pytest.mark.parametrize("name", ["CallToAction", "Treaty", "Assumption", "addressedTo", "basis", "notBefore"])
def test_a_term_names_the_shapes_that_constrain_it(client: FlaskClient, shapes: rdflib.Graph, name: str) -> None:
    """Those that target the class, and those about the property, each with its message and a link."""
    term, tree = URIRef(SPACE + name), read_page(client, f"/ontology/{name}")
    found = {
        *shapes.subjects(SH.targetClass, term),
        *shapes.subjects(SH.path, term),
        *shapes.subjects(SH["class"], term),
    }
    named = {shape for shape in found if isinstance(shape, URIRef)}
    assert named
    links = {link.get("href") for link in tree.iter("a")}
    assert linked(named) - links == set()
    text = words(tree.find(".//main"))
    messages = [str(message) for shape in named for message in shapes.objects(shape, SH.message)]
    assert [message for message in messages if " ".join(message.split()) not in text] == []


def test_a_class_has_the_properties_of_the_classes_above_it(client: FlaskClient) -> None:
    """A ratification is dated as any act is, and the page says from where it has that."""
    tree = read_page(client, "/ontology/Ratification")
    table = {words(row.find("th")) for row in tree.iter("tr")}
    assert "performed by from treaty action" in table


def test_a_term_names_the_questions_that_use_it(client: FlaskClient) -> None:
    """Each question whose query has the term by its name, and no question in which it is part of a longer one."""
    for name in ("call", "callDate", "Treaty"):
        tree = read_page(client, f"/ontology/{name}")
        files = [path for path in (ROOT / "queries").rglob("*.rq") if path.parent.name not in ("pages", "rules")]
        queries = {path.stem: re.sub("(?m)^#.*$", "", path.read_text("utf-8")) for path in files}
        using = {each for each, query in queries.items() if re.search(rf"uphold:{name}(?![\w-])", query)}
        section = tree.find(".//section[@aria-labelledby='asked']")
        shown = {link.get("href") for link in section.iter("a")} if section is not None else set()
        assert shown == {f"/api/{each}.html" for each in using}, name


@pytest.mark.parametrize("suffix", RDF_FORMS)
def test_a_term_is_described_in_every_form_of_rdf(client: FlaskClient, ontology: rdflib.Graph, suffix: str) -> None:
    """By suffix and by negotiation, with every statement of the ontology about it."""
    term = URIRef(f"{SPACE}CallToAction")
    by_suffix = client.get(f"/ontology/CallToAction.{suffix}")
    negotiated = client.get("/ontology/CallToAction", headers={"Accept": by_suffix.mimetype})
    assert (by_suffix.status_code, negotiated.data) == (200, by_suffix.data)
    assert "Accept" in negotiated.vary
    graph = rdflib.Graph().parse(data=by_suffix.data, format=RDF_FORMS[suffix])
    assert set(ontology.triples((term, None, None))) - set(graph) == set()


def test_a_term_is_described_in_json(client: FlaskClient) -> None:
    """As other things are."""
    found = client.get("/ontology/addressedTo.json").get_json()
    assert (found["id"], found["label"]) == (f"{SPACE}addressedTo", "addressed to")
    assert found["facts"]["rdfs:range"] == [{"id": f"{SPACE}Jurisdiction", "label": "jurisdiction"}]


def test_a_version_is_still_described_at_its_iri(client: FlaskClient) -> None:
    """The versions of the ontology are documents, not terms."""
    graph = rdflib.Graph().parse(data=client.get("/ontology/0.1.0", headers={"Accept": "text/turtle"}).data)
    assert (URIRef(f"{BASE}ontology"), OWL.versionIRI, URIRef(f"{BASE}ontology/0.1.0")) in graph
    assert client.get("/ontology/0.0.0").status_code == 404, "there was no version before the first"


@pytest.mark.parametrize(
    "name", ["Nothing", "calltoaction", "CallToAction.zip", "CallToAction/x", "%00", "Treaty%23", "0.1.0%23x"]
)
def test_what_the_ontology_does_not_declare_is_not_there(client: FlaskClient, name: str) -> None:
    """404, so that a typing error shows at once."""
    assert client.get(f"/ontology/{name}").status_code == 404


def test_a_page_of_a_term_names_its_iri_and_its_forms(client: FlaskClient) -> None:
    """The permanent address is that of the page, and what it is about is the term."""
    response = client.get("/ontology/Treaty", headers=HTML)
    assert f'<{SPACE}Treaty>; rel="describes"' in response.headers["Link"]
    assert f'<{SPACE}Treaty>; rel="cite-as"' in response.headers["Link"]
    assert '</ontology/Treaty.ttl>; rel="describedby"; type="text/turtle"' in response.headers["Link"]
    assert f'<link rel="canonical" href="{BASE}ontology/Treaty">' in response.text
    assert response.headers["Content-Location"] == "/ontology/Treaty.html"


def test_an_archived_snapshot_shows_the_ontology_as_it_had_it(client: FlaskClient, tiny: Settings) -> None:
    """Overview, term and data; their links stay within it, and caches may store them."""
    place = f"/snapshots/{current(tiny.state).id}"
    for path in ("/ontology", "/ontology/Treaty", "/ontology.ttl", "/ontology/Treaty.ttl"):
        response = client.get(place + path, headers=HTML)
        assert response.status_code == 200, path
        assert "immutable" in response.headers["Cache-Control"], path
    assert f'href="{place}/ontology/Treaty"' in client.get(f"{place}/ontology", headers=HTML).text
    term = read_page(client, f"{place}/ontology/Treaty")
    assert f"{place}/ontology/Instrument" in rows(term)["Subclass of"]
    assert "/ontology/Treaty" in {link.get("href") for link in term.iter("a")}, "the way to the current one"


def test_a_snapshot_that_holds_a_page_of_the_ontology_is_read_as_any_other(
    tiny: Settings, tmp_path: Path, app_client: Callable[[Settings], AbstractContextManager[FlaskClient]]
) -> None:
    """Earlier builds wrote one into the folder; it is not shown."""
    shutil.copytree(tiny.state, tmp_path / "state", symlinks=True, ignore=shutil.ignore_patterns("*.log"))
    settings = replace(tiny, state=tmp_path / "state")
    found: Snapshot = current(settings.state)
    (found.folder / "ontology.html").write_text("<title>An earlier page</title>", "utf-8")
    with app_client(settings) as other:
        assert words(read_page(other, "/ontology").find(".//h1")) == "Uphold ontology"
        assert other.get("/ontology/Treaty", headers=HTML).status_code == 200
