"""The whole graph: complete against its sources, and of the form that the model promises."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from uphold.engines.oxigraph.engine import EmbeddedEngine

ROOT = Path(__file__).parents[2]
NO_CONFIRMED_INSTANCE = {"Denunciation", "TerritorialExtension"}  # docs/open-facts.md says why


def rows(engine: EmbeddedEngine, query: str) -> list[list[str]]:
    """The rows of an answer, IRIs cut to what follows the base of things or terms."""
    text = engine.query(query, accept="text/csv").read().decode("utf-8")
    found = list(csv.reader(io.StringIO(text)))[1:]
    return [[re.sub(r"^https://w3id\.org/uphold/(id/|ontology#)", "", cell) for cell in row] for row in found]


def test_each_class_has_instances(project_engine: EmbeddedEngine) -> None:
    """No class is there for nothing, but two of which the treaty record confirms no case."""
    query = """SELECT ?class { ?class a owl:Class FILTER (STRSTARTS(STR(?class), STR(uphold:)))
      FILTER NOT EXISTS { ?thing a/rdfs:subClassOf* ?class } }"""
    assert {cell for row in rows(project_engine, query) for cell in row} == NO_CONFIRMED_INSTANCE
    page = (ROOT / "docs" / "open-facts.md").read_text("utf-8")
    assert "extension" in page
    assert "denunciation" in page.lower()


@pytest.mark.parametrize(
    "table", sorted((ROOT / "data").rglob("[A-Z]*.csv")), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_each_row_of_a_table_is_a_thing_of_its_graph(project_engine: EmbeddedEngine, table: Path) -> None:
    """Nothing is lost between a table and the graph."""
    with table.open(encoding="utf-8", newline="") as file:
        ids = [row["id"] for row in csv.DictReader(file)]
    values = " ".join(f"<https://w3id.org/uphold/id/{identity.replace(':', '/', 1)}>" for identity in ids)
    found = rows(project_engine, f"SELECT ?id {{ VALUES ?id {{ {values} }} FILTER EXISTS {{ ?id a ?class }} }}")
    assert {row[0] for row in found} == {identity.replace(":", "/", 1) for identity in ids}


def test_each_call_for_a_treaty_has_one_outcome(project_engine: EmbeddedEngine) -> None:
    """One per pair of call and treaty: none is missing, none is double."""
    requested = rows(project_engine, "SELECT ?call ?treaty { ?call uphold:callsForConsentTo ?treaty }")
    found = rows(
        project_engine, "SELECT ?call ?treaty { ?o a uphold:CallOutcome ; uphold:call ?call ; uphold:treaty ?treaty }"
    )
    assert sorted(requested) == sorted(found) != []


def test_a_class_can_be_queried_without_its_subclasses(project_engine: EmbeddedEngine) -> None:
    """A query for all treaty actions returns every act, of whatever kind."""
    count = "SELECT (COUNT(DISTINCT ?act) AS ?n) {{ {pattern} }}"
    wide = rows(project_engine, count.format(pattern="?act a uphold:TreatyAction"))
    assert wide == rows(project_engine, count.format(pattern="?act uphold:by ?state"))
    assert wide != [["0"]]


def test_no_rating_is_filled_in(project_engine: EmbeddedEngine) -> None:
    """The colours of the one printed card are lost, so its twelve cells have no rating."""
    assert rows(project_engine, "SELECT ?cell { ?cell uphold:rating ?rating }") == []
    cells = rows(project_engine, "SELECT ?cell { ?cell a uphold:Assessment ; uphold:card progress-card:tha }")
    assert len(cells) == len(rows(project_engine, "SELECT ?i { ?i a uphold:Indicator }")) > 0


def test_a_fact_of_both_sources_is_one_node_with_both_citations(project_engine: EmbeddedEngine) -> None:
    """What the report states and the treaty record has are the same acts, cited from both."""
    query = """SELECT ?act (COUNT(DISTINCT ?publication) AS ?sources) {
      GRAPH graph:report-2011 { ?act prov:wasDerivedFrom ?printed } ?act a uphold:TreatyAction .
      ?act prov:wasDerivedFrom/dcterms:isPartOf ?publication ; uphold:notBefore ?first ; uphold:notAfter ?last .
    } GROUP BY ?act"""
    found = rows(project_engine, query)
    assert len(found) >= 9
    assert [act for act, sources in found if int(sources) < 2] == []


def test_a_printed_period_contains_the_recorded_day(project_engine: EmbeddedEngine) -> None:
    """Otherwise the report and the record would speak of two acts, and a discrepancy would say so."""
    query = """SELECT ?act { ?act uphold:notBefore ?first ; uphold:notAfter ?last ; prov:wasDerivedFrom ?citation .
      ?citation uphold:statedNotBefore ?from ; uphold:statedNotAfter ?until ; dcterms:isPartOf publication:report-2011
      FILTER (?first < ?from || ?last > ?until) }"""
    assert rows(project_engine, query) == []


def test_each_derived_fact_names_its_rule_and_its_inputs(project_engine: EmbeddedEngine) -> None:
    """Whatever a rule has made says which rule, and from what."""
    query = """SELECT ?thing { GRAPH graph:derived { ?thing a ?class } FILTER (?class != uphold:Rule)
      FILTER NOT EXISTS { GRAPH ?other { ?thing a ?own } FILTER (?other != graph:derived) }
      FILTER NOT EXISTS { ?thing uphold:derivedBy/a uphold:Rule ; prov:wasDerivedFrom ?input } }"""
    assert rows(project_engine, query) == []


def test_a_recomputed_figure_assumes_only_its_day_and_its_region(project_engine: EmbeddedEngine) -> None:
    """The members of a region are assumed where a region is counted, and nowhere else."""
    query = """SELECT ?statistic (GROUP_CONCAT(DISTINCT ?of) AS ?assumes) {
      { SELECT ?statistic ?of { ?result uphold:statistic ?statistic ; uphold:assumes ?assumption
        BIND (STRAFTER(STR(?assumption), "/assumption/") AS ?of) } ORDER BY ?of } } GROUP BY ?statistic"""
    region = {"europe": " reviewed-europe", "pacific": " reviewed-asia-and-the-pacific"}
    found = rows(project_engine, query)
    assert len(found) == 6
    for statistic, assumed in found:
        assert assumed == "publication-month" + region.get(statistic.rpartition("-")[2], "")


def test_no_petition_that_is_part_of_a_total_lacks_its_link(project_engine: EmbeddedEngine) -> None:
    """Adding the petitions that no other one includes counts nobody twice: only the global one is left."""
    query = """SELECT ?petition { ?petition a uphold:Petition ; uphold:signatures ?n
      FILTER NOT EXISTS { ?total uphold:includes+ ?petition } }"""
    assert rows(project_engine, query) == [["petition/global"]]


def test_each_graph_is_described_with_its_size(project_engine: EmbeddedEngine) -> None:
    """Licence, source, creator, date and the true number of triples of each named graph."""
    query = """SELECT ?g ?stated (COUNT(*) AS ?counted) {
      GRAPH graph:catalogue { ?g a dcat:Dataset, void:Dataset ; void:triples ?stated ; dcterms:license ?l ;
        dcterms:creator ?c ; dcterms:issued ?i }
      FILTER EXISTS { GRAPH graph:catalogue { ?g dcterms:source|prov:wasDerivedFrom ?source } }
      GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ?stated"""
    found = rows(project_engine, query)
    graphs = rows(project_engine, "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }")
    assert {row[0] for row in found} == {row[0] for row in graphs}
    assert [row for row in found if row[1] != row[2]] == []
