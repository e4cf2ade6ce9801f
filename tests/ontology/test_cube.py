"""The Data Cube views are well-formed by the specification, and say what the records say.

The constraints are those of https://www.w3.org/TR/vocab-data-cube/#wf, after the normalization of the same section.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from rdflib import QB, RDF, RDFS, SKOS, URIRef

from uphold.snapshots.snapshot import Snapshot

ID = "https://w3id.org/uphold/id/"
TERM = "https://w3id.org/uphold/ontology#"
VIEWS = {"ratings": "rating", "stars": "ngoWork", "statistics": "value"}
DIMENSIONS = {
    "ratings": ["card", "indicator", "jurisdiction"],
    "stars": ["card", "indicator", "jurisdiction"],
    "statistics": ["population", "subject"],
}
ROLES = {QB.dimension: QB.DimensionProperty, QB.measure: QB.MeasureProperty, QB.attribute: QB.AttributeProperty}
PREFIXES = """
PREFIX id: <https://w3id.org/uphold/id/>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX qb: <http://purl.org/linked-data/cube#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX uphold: <https://w3id.org/uphold/ontology#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
PREFIX : <https://example.org/>
"""
NORMALIZATION = """
INSERT { ?o a qb:Observation } WHERE { [] qb:observation ?o } ;
INSERT { ?o a qb:Observation } WHERE { ?o qb:dataSet [] } ;
INSERT { ?s a qb:Slice } WHERE { [] qb:slice ?s } ;
INSERT { ?c qb:componentProperty ?p ; a qb:ComponentSpecification . ?p a ?role }
WHERE {
  VALUES (?way ?role) {
    (qb:dimension qb:DimensionProperty) (qb:measure qb:MeasureProperty) (qb:attribute qb:AttributeProperty)
  }
  ?c ?way ?p
} ;
INSERT { ?o ?p ?value }
WHERE {
  ?c qb:componentAttachment qb:DataSet ; qb:componentProperty ?p . ?d qb:structure/qb:component ?c ; ?p ?value .
  ?o qb:dataSet ?d
} ;
INSERT { ?o ?p ?value }
WHERE {
  ?c qb:componentAttachment qb:Slice ; qb:componentProperty ?p . ?d qb:structure/qb:component ?c ; qb:slice ?s .
  ?s ?p ?value ; qb:observation ?o
} ;
INSERT { ?o ?p ?value }
WHERE {
  ?c qb:componentProperty ?p . ?p a qb:DimensionProperty . ?d qb:structure/qb:component ?c ; qb:slice ?s .
  ?s ?p ?value ; qb:observation ?o
}
"""
CONSTRAINTS = {
    "IC-1 unique data set": """
        ?wrong a qb:Observation
        OPTIONAL { ?wrong qb:dataSet ?one , ?two FILTER (?one != ?two) }
        FILTER (BOUND(?two) || NOT EXISTS { ?wrong qb:dataSet ?any })""",
    "IC-2 unique structure": """
        ?wrong a qb:DataSet
        OPTIONAL { ?wrong qb:structure ?one , ?two FILTER (?one != ?two) }
        FILTER (BOUND(?two) || NOT EXISTS { ?wrong qb:structure ?any })""",
    "IC-3 a structure includes a measure": """
        ?wrong a qb:DataStructureDefinition
        FILTER NOT EXISTS { ?wrong qb:component/qb:componentProperty ?part . ?part a qb:MeasureProperty }""",
    "IC-4 dimensions have a range": """
        ?wrong a qb:DimensionProperty FILTER NOT EXISTS { ?wrong rdfs:range ?any }""",
    "IC-5 dimensions of concepts have code lists": """
        ?wrong a qb:DimensionProperty ; rdfs:range skos:Concept FILTER NOT EXISTS { ?wrong qb:codeList ?any }""",
    "IC-6 only attributes may be optional": """
        ?structure qb:component ?part . ?part qb:componentRequired false ; qb:componentProperty ?wrong
        FILTER NOT EXISTS { ?wrong a qb:AttributeProperty }""",
    "IC-7 slice keys are declared": """
        ?wrong a qb:SliceKey FILTER NOT EXISTS { ?structure a qb:DataStructureDefinition ; qb:sliceKey ?wrong }""",
    "IC-8 slice keys fit the structure": """
        ?wrong a qb:SliceKey ; qb:componentProperty ?part . ?structure qb:sliceKey ?wrong
        FILTER NOT EXISTS { ?structure qb:component/qb:componentProperty ?part }""",
    "IC-9 unique slice structure": """
        ?wrong a qb:Slice
        OPTIONAL { ?wrong qb:sliceStructure ?one , ?two FILTER (?one != ?two) }
        FILTER (BOUND(?two) || NOT EXISTS { ?wrong qb:sliceStructure ?any })""",
    "IC-10 slices have all their dimensions": """
        ?wrong qb:sliceStructure/qb:componentProperty ?part FILTER NOT EXISTS { ?wrong ?part ?any }""",
    "IC-11 all dimensions are required": """
        ?wrong qb:dataSet/qb:structure/qb:component/qb:componentProperty ?part . ?part a qb:DimensionProperty
        FILTER NOT EXISTS { ?wrong ?part ?any }""",
    "IC-12 no duplicate observations": """
        ?wrong qb:dataSet ?set . ?other qb:dataSet ?set FILTER (STR(?wrong) < STR(?other))
        FILTER NOT EXISTS {
          ?set qb:structure/qb:component/qb:componentProperty ?part . ?part a qb:DimensionProperty .
          ?wrong ?part ?one . ?other ?part ?two FILTER (?one != ?two)
        }""",
    "IC-13 required attributes are there": """
        ?wrong qb:dataSet/qb:structure/qb:component ?spec . ?spec qb:componentRequired true ; qb:componentProperty ?part
        FILTER NOT EXISTS { ?wrong ?part ?any }""",
    "IC-14 all measures are there": """
        ?wrong qb:dataSet/qb:structure ?structure
        FILTER NOT EXISTS { ?structure qb:component/qb:componentProperty qb:measureType }
        ?structure qb:component/qb:componentProperty ?part . ?part a qb:MeasureProperty
        FILTER NOT EXISTS { ?wrong ?part ?any }""",
    "IC-15 the measure named by the measure dimension is there": """
        ?wrong qb:dataSet/qb:structure/qb:component/qb:componentProperty qb:measureType ; qb:measureType ?part
        FILTER NOT EXISTS { ?wrong ?part ?any }""",
    "IC-16 with a measure dimension, a single measure": """
        ?wrong qb:dataSet/qb:structure ?structure ; qb:measureType ?part ; ?other ?any .
        ?structure qb:component/qb:componentProperty qb:measureType , ?other . ?other a qb:MeasureProperty
        FILTER (?other != ?part)""",
    "IC-17 with a measure dimension, all measures at each place": """
        ?wrong qb:dataSet ?set . ?set qb:structure ?structure .
        ?structure qb:component/qb:componentProperty qb:measureType , ?measure . ?measure a qb:MeasureProperty
        FILTER NOT EXISTS {
          ?other qb:dataSet ?set ; qb:measureType ?measure
          FILTER NOT EXISTS {
            ?structure qb:component/qb:componentProperty ?part . ?part a qb:DimensionProperty .
            ?wrong ?part ?one . ?other ?part ?two FILTER (?part != qb:measureType && ?one != ?two)
          }
        }""",
    "IC-18 slices and observations name one data set": """
        ?set qb:slice/qb:observation ?wrong FILTER NOT EXISTS { ?wrong qb:dataSet ?set }""",
    "IC-19 codes are in the code list": """
        ?wrong qb:dataSet/qb:structure/qb:component/qb:componentProperty ?part .
        ?part a qb:DimensionProperty ; qb:codeList ?list . ?wrong ?part ?code
        { ?list a skos:ConceptScheme FILTER (!EXISTS { ?code a skos:Concept ; skos:inScheme ?list }) }
        UNION { ?list a skos:Collection FILTER (!EXISTS { ?code a skos:Concept . ?list skos:member+ ?code }) }""",
    "IC-20 codes are in the hierarchy": """
        ?list a qb:HierarchicalCodeList ; qb:parentChildProperty ?way FILTER (isIRI(?way))
        ?wrong qb:dataSet/qb:structure/qb:component/qb:componentProperty ?part .
        ?part a qb:DimensionProperty ; qb:codeList ?list . ?wrong ?part ?code
        FILTER (?way != skos:narrower || NOT EXISTS { ?list qb:hierarchyRoot/skos:narrower* ?code })""",
    "IC-21 codes are in the inverse hierarchy": """
        ?list a qb:HierarchicalCodeList ; qb:parentChildProperty/owl:inverseOf ?way .
        ?wrong qb:dataSet/qb:structure/qb:component/qb:componentProperty ?part .
        ?part a qb:DimensionProperty ; qb:codeList ?list . ?wrong ?part ?code
        FILTER (?way != skos:broader || NOT EXISTS { ?list qb:hierarchyRoot/(^skos:broader)* ?code })""",
}
"""What is wrong under each constraint; hierarchies are followed by skos:narrower, or backwards by skos:broader."""
EXAMPLE = """
:set a qb:DataSet ; qb:structure :structure ; qb:slice :slice .
:structure a qb:DataStructureDefinition ; qb:sliceKey :key ;
    qb:component [ qb:dimension :place ] , [ qb:dimension :time ] , [ qb:dimension :area ] , [ qb:measure :height ] ,
        [ qb:attribute :unit ; qb:componentRequired true ] , [ qb:attribute :note ; qb:componentRequired false ] .
:place rdfs:range skos:Concept ; qb:codeList :places . :time rdfs:range xsd:gYear .
:area rdfs:range :Area ; qb:codeList :areas .
:places a skos:ConceptScheme . :here a skos:Concept ; skos:inScheme :places .
:areas a qb:HierarchicalCodeList ; qb:hierarchyRoot :earth ; qb:parentChildProperty skos:narrower .
:earth skos:narrower :sea .
:key a qb:SliceKey ; qb:componentProperty :time .
:slice qb:sliceStructure :key ; :time 2010 ; qb:observation :one .
:one qb:dataSet :set ; :place :here ; :time 2010 ; :area :sea ; :height 1 ; :unit :metre .
:two qb:dataSet :set ; :place :here ; :time 2011 ; :area :earth ; :height 2 ; :unit :metre .
:both a qb:DataSet ; qb:structure :measures .
:measures a qb:DataStructureDefinition ;
    qb:component [ qb:dimension :time ] , [ qb:dimension qb:measureType ] ,
        [ qb:measure :height ] , [ qb:measure :depth ] .
qb:measureType rdfs:range rdf:Property .
:three qb:dataSet :both ; :time 2010 ; qb:measureType :height ; :height 1 .
:four qb:dataSet :both ; :time 2010 ; qb:measureType :depth ; :depth 1 .
"""
FAULTS = {
    "IC-1": "INSERT DATA { :one qb:dataSet :both }",
    "IC-2": "INSERT DATA { :set qb:structure :another }",
    "IC-3": "DELETE { ?c qb:measure :height } WHERE { :structure qb:component ?c . ?c qb:measure :height }",
    "IC-4": "DELETE DATA { :time rdfs:range xsd:gYear }",
    "IC-5": "DELETE DATA { :place qb:codeList :places }",
    "IC-6": "INSERT { ?c qb:componentRequired false } WHERE { :structure qb:component ?c . ?c qb:dimension :time }",
    "IC-7": "DELETE DATA { :structure qb:sliceKey :key }",
    "IC-8": "INSERT DATA { :key qb:componentProperty :depth . :slice :depth 1 }",
    "IC-9": "INSERT DATA { :slice qb:sliceStructure :another }",
    "IC-10": "DELETE DATA { :slice :time 2010 }",
    "IC-11": "DELETE DATA { :two :time 2011 }",
    "IC-12": "DELETE DATA { :two :time 2011 ; :area :earth } ; INSERT DATA { :two :time 2010 ; :area :sea }",
    "IC-13": "DELETE DATA { :two :unit :metre }",
    "IC-14": "DELETE DATA { :two :height 2 }",
    "IC-15": "DELETE DATA { :four :depth 1 }",
    "IC-16": "INSERT DATA { :four :height 1 }",
    "IC-17": "DELETE WHERE { :four ?p ?o }",
    "IC-18": "DELETE DATA { :one qb:dataSet :set } ; INSERT DATA { :one qb:dataSet :both ; qb:measureType :height }",
    "IC-19": "DELETE DATA { :here skos:inScheme :places }",
    "IC-20": "DELETE DATA { :earth skos:narrower :sea }",
    "IC-21": """DELETE DATA { :areas qb:parentChildProperty skos:narrower } ;
        INSERT DATA { :areas qb:parentChildProperty [ owl:inverseOf skos:broader ] }""",
}
"""Changes of the example, each of which breaks the constraint."""
RECORDS = """
PREFIX assessment: <https://w3id.org/uphold/id/assessment/> PREFIX card: <https://w3id.org/uphold/id/progress-card/>
PREFIX indicator: <https://w3id.org/uphold/id/indicator/> PREFIX jurisdiction: <https://w3id.org/uphold/id/jurisdiction/>
PREFIX rating: <https://w3id.org/uphold/id/rating/> PREFIX unit: <https://w3id.org/uphold/id/unit/>
PREFIX statistic: <https://w3id.org/uphold/id/statistic/> PREFIX population: <https://w3id.org/uphold/id/population/>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#> PREFIX uphold: <https://w3id.org/uphold/ontology#>
assessment:tha-helpline a uphold:Assessment ; skos:prefLabel "Thailand, Helpline"@en , "Thaïlande"@fr ;
    uphold:card card:tha ; uphold:jurisdiction jurisdiction:tha ; uphold:indicator indicator:helpline ;
    uphold:rating rating:partial ; uphold:ngoWork true ; uphold:year "2011"^^xsd:gYear .
assessment:tha-shelters a uphold:Assessment ; uphold:card card:tha ; uphold:jurisdiction jurisdiction:tha ;
    uphold:indicator indicator:shelters .
<https://partner.example/1> a uphold:Assessment ; uphold:card card:tha ; uphold:jurisdiction jurisdiction:tha ;
    uphold:indicator indicator:prevention ; uphold:ngoWork false .
<https://partner.example/2> a uphold:Assessment ; uphold:card card:tha ; uphold:jurisdiction jurisdiction:tha ;
    uphold:indicator indicator:collaboration ; uphold:ngoWork false .
statistic:a a uphold:Statistic ; uphold:subject "countries with a plan"@en , "pays avec un plan"@fr ;
    uphold:population population:all ; uphold:value 24.0 ; uphold:asPrinted "24%" ; uphold:unit unit:percent .
statistic:b a uphold:Statistic ; uphold:subject "stores"@en ;
    uphold:value 64.0 ; uphold:asPrinted "64" ; uphold:unit unit:stores .
statistic:c a uphold:Statistic ; uphold:subject "countries with a law"@en ; uphold:population population:all ;
    uphold:value 17.0 ; uphold:asPrinted "17%" ; uphold:unit unit:percent .
statistic:d a uphold:Statistic ; uphold:subject "countries with a law"@en ; uphold:population population:all ;
    uphold:value 18.0 ; uphold:asPrinted "18%" ; uphold:unit unit:percent .
statistic:e a uphold:Statistic ; uphold:subject "countries with a bill"@en ; uphold:population population:all ;
    uphold:minValue 3.0 ; uphold:asPrinted "at least 3" ; uphold:unit unit:countries .
"""


def normalized(store: ox.Store) -> ox.Store:
    """The store with what the specification's normalization adds."""
    store.update(PREFIXES + NORMALIZATION)
    return store


def broken(store: ox.Store, name: str) -> list[str]:
    """What breaks a constraint, sorted."""
    rows = store.query(f"{PREFIXES} SELECT DISTINCT ?wrong WHERE {{ {CONSTRAINTS[name]} }}")
    assert isinstance(rows, ox.QuerySolutions)
    return sorted(str(row["wrong"]) for row in rows)


def pairs(store: ox.Store, pattern: str) -> list[tuple[str, ...]]:
    """The rows of a query for all variables in the order of their names, as texts."""
    rows = store.query(f"{PREFIXES} SELECT * WHERE {{ {pattern} }}")
    assert isinstance(rows, ox.QuerySolutions)
    names = sorted(variable.value for variable in rows.variables)
    return sorted(tuple(getattr(row[name], "value", "") for name in names) for row in rows)


@pytest.fixture(scope="module")
def cubes(project: Snapshot) -> ox.Store:
    """All statements of the project's snapshot in one graph, normalized."""
    store = ox.Store()
    store.bulk_load(path=project.union, format=ox.RdfFormat.N_TRIPLES)
    return normalized(store)


@pytest.fixture
def example() -> ox.Store:
    """A small well-formed cube with a slice and a hierarchy, and one with a measure dimension; not normalized."""
    store = ox.Store()
    store.load((PREFIXES + EXAMPLE).encode(), format=ox.RdfFormat.TURTLE)
    return store


@pytest.fixture
def derived(root: Path) -> ox.Store:
    """The ontology, a few records and what the rule makes of them, normalized."""
    store = ox.Store()
    for path in sorted((root / "ontology").glob("*.ttl")):
        store.load(path.read_bytes(), format=ox.RdfFormat.TURTLE)
    store.load(RECORDS.encode(), format=ox.RdfFormat.TURTLE)
    made = store.query((root / "queries" / "rules" / "40-data-cubes.rq").read_text("utf-8"))
    assert isinstance(made, ox.QueryTriples)
    store.extend([ox.Quad(triple.subject, triple.predicate, triple.object) for triple in made])
    return normalized(store)


def structure(name: str) -> URIRef:
    """The structure with this name."""
    return URIRef(f"{ID}structure/{name}")


def parts(ontology: rdflib.Graph, name: str, role: URIRef) -> list[str]:
    """The properties that have this role in a structure."""
    components = ontology.objects(structure(name), QB.component)
    return sorted(str(part) for component in components for part in ontology.objects(component, role))


@pytest.mark.parametrize("name", VIEWS)
def test_a_structure_is_well_formed(ontology: rdflib.Graph, name: str) -> None:
    """It serves a data set, has the agreed dimensions and measure, types each part, and declares ranges."""
    assert set(ontology.subjects(QB.structure, structure(name))) == {URIRef(f"{ID}data-cube/{name}")}
    assert parts(ontology, name, QB.dimension) == [TERM + part for part in DIMENSIONS[name]]
    assert parts(ontology, name, QB.measure) == [TERM + VIEWS[name]]
    for role, kind in ROLES.items():
        for part in map(URIRef, parts(ontology, name, role)):
            assert {one for one in ROLES.values() if (part, RDF.type, one) in ontology} == {kind}, part
            assert role != QB.dimension or (part, RDFS.range, None) in ontology, part
            for scheme in ontology.objects(part, QB.codeList):
                assert (scheme, RDF.type, SKOS.ConceptScheme) in ontology, scheme


def test_there_are_no_other_data_sets(ontology: rdflib.Graph) -> None:
    """The views are the only data sets, and the printed form of a figure is no dimension."""
    assert set(ontology.subjects(RDF.type, QB.DataSet)) == {URIRef(f"{ID}data-cube/{name}") for name in VIEWS}
    assert (URIRef(f"{TERM}asPrinted"), RDF.type, QB.AttributeProperty) in ontology


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_the_views_keep_the_integrity_constraints(cubes: ox.Store, name: str) -> None:
    """Nothing in the snapshot breaks a constraint of the Data Cube specification."""
    assert broken(cubes, name) == []


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_views_of_other_records_keep_them(derived: ox.Store, name: str) -> None:
    """Nor does what the rule makes of records with ratings, of other people's records and of figures that collide."""
    assert broken(derived, name) == []


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_a_broken_constraint_is_noticed(example: ox.Store, name: str) -> None:
    """The example breaks no constraint, and the one after the change that breaks it."""
    before = ox.Store()
    before.extend(example)
    assert broken(normalized(before), name) == []
    if name.startswith("IC-3 "):  # so that the measure has its role, and only the structure lacks it
        example.update(PREFIXES + "DELETE { ?c qb:measure :height } WHERE { ?c qb:measure :height }")
    example.update(PREFIXES + FAULTS[name.split(maxsplit=1)[0]])
    assert broken(normalized(example), name) != []


def test_all_constraints_of_the_specification_are_checked() -> None:
    """IC-1 to IC-21, each with a fault."""
    assert [name.split()[0] for name in CONSTRAINTS] == [f"IC-{number}" for number in range(1, 22)]
    assert list(FAULTS) == [f"IC-{number}" for number in range(1, 22)]


def test_the_views_have_what_the_tables_have(cubes: ox.Store, root: Path) -> None:
    """Each cell with a rating or a star, and each figure with a population, is in its view, with its value."""
    cells, figures = list(table(root, "Assessment")), list(table(root, "Statistic"))
    expected = {
        "ratings": [(row["id"], row["rating"]) for row in cells if row.get("rating")],
        "stars": [(row["id"], row["ngoWork"]) for row in cells if row.get("ngoWork")],
        "statistics": [(row["id"], row["value"]) for row in figures if row["population"] and row["value"]],
    }
    prov = "<http://www.w3.org/ns/prov#wasDerivedFrom>"
    for name, measure in VIEWS.items():
        pattern = f"?observation qb:dataSet id:data-cube\\/{name} ; {prov} ?record ; uphold:{measure} ?value"
        found = [(record.removeprefix(ID), value) for _, record, value in pairs(cubes, pattern)]
        wanted = [(identity.replace(":", "/", 1), value.replace(":", "/", 1)) for identity, value in expected[name]]
        assert sorted(found) == sorted(wanted), name
    assert expected["stars"], "the one printed card has stars"


def table(root: Path, name: str) -> Iterator[dict[str, str]]:
    """The rows of the report's table with this name."""
    with (root / "data" / "report-2011" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def test_an_observation_names_its_rule_and_its_record(cubes: ox.Store) -> None:
    """Each has the rule, one record, one label and a readable name."""
    prov = "<http://www.w3.org/ns/prov#wasDerivedFrom>"
    pattern = f"?a qb:dataSet ?b ; uphold:derivedBy ?c ; {prov} ?d ; skos:prefLabel ?e"
    found = pairs(cubes, pattern)
    assert len(found) == len({row[0] for row in found}) == len(pairs(cubes, "?a qb:dataSet ?b")) > 0
    for observation, view, rule, record, _ in found:
        kind = view.removeprefix(f"{ID}data-cube/").removesuffix("s")
        assert rule == f"{ID}rule/data-cube"
        assert observation == f"{ID}observation/{kind}-{record.rpartition('/')[2]}"


def test_a_record_is_in_no_data_set(cubes: ox.Store) -> None:
    """Assessments and statistics stay records: their observations are other nodes."""
    assert pairs(cubes, "VALUES ?class { uphold:Assessment uphold:Statistic } ?a a ?class ; qb:dataSet ?b") == []
    assert pairs(cubes, "?a a uphold:Assessment FILTER EXISTS { ?a a qb:Observation }") == []


def test_a_view_has_only_what_is_known(derived: ox.Store) -> None:
    """Unknown ratings, figures without population or value, and figures that share a place are in no view."""
    found = [observation.removeprefix(f"{ID}observation/") for observation, _ in pairs(derived, "?a qb:dataSet ?b")]
    assert len([one for one in found if one.startswith("star-") and len(one) == len("star-") + 40]) == 2
    assert [one for one in found if len(one) < 40] == ["rating-tha-helpline", "star-tha-helpline", "statistic-a"]
    label = pairs(derived, "id:observation\\/rating-tha-helpline skos:prefLabel ?label")
    assert label == [("Rating: Thailand, Helpline",)]
    assert pairs(derived, "id:observation\\/statistic-a uphold:subject ?subject") == [("countries with a plan",)]
