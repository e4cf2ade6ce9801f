"""The places, the groups they form and their links: every place used elsewhere is there, coded, named and sourced."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest
from rdflib import DCTERMS, PROV, RDF, SKOS, VOID, XSD, Graph, Literal, Namespace, URIRef

DATA = Path(__file__).parents[2] / "data"
PLACES = DATA / "places"
LINKS = DATA / "links"

DCAT = Namespace("http://www.w3.org/ns/dcat#")
GRAPH = Namespace("https://w3id.org/uphold/graph/")

Row = dict[str, str]

LANGUAGES = ["label", "label_ar", "label_es", "label_fr", "label_ru", "label_zh"]  # the six of the United Nations
UNNAMED = {  # place: the languages in which no source names this place rather than another
    "jurisdiction:vat": {"label_ar", "label_ru", "label_zh"},  # the sources name Vatican City, not the Holy See
}
REPORT_GROUPS = {  # groups of the 2011 report, which names them in English only; those it lists, with the list
    "asia-and-the-pacific": None,
    "baltic-region": "est lva ltu",
    "europe": None,
    "middle-east": "bhr egy jor kwt lbn qat are",
    "north-america": "mex can usa",
    "south-asia": "bgd ind npl",
}
REVIEWED = """
aus aut bel khm cyp cze dnk est fin fra deu grc hkg ind idn irl ita jpn lux mys mex nor nld nzl pak phl pol prt rou rus
sgp esp zaf kor swe che twn tha tur usa gbr can
"""  # endnote 2 of the report (41), and Canada, which its body text adds
NAMED_ELSEWHERE = """
lva ltu mlt eu middle-east south-asia bhr egy jor kwt lbn qat are
bgd gmb gtm kaz kgz mda npl tgo uga ukr vnm bra
"""  # appendix entries, youth campaign and body text, beyond the reviewed
METADATA = {"links": "links", "places": "places", "report-2011": "report-2011", "treaties": "treaty-actions"}


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def cell(row: Row, column: str) -> list[str]:
    return [value for value in (row.get(column) or "").split("|") if value]


def ids(keys: str | list[str]) -> list[str]:
    return [f"jurisdiction:{key}" for key in (keys.split() if isinstance(keys, str) else keys)]


STATES, TERRITORIES, UNIONS, REGIONS = (
    read(PLACES / f"{name}.csv") for name in ("State", "Territory", "IntergovernmentalOrganisation", "Region")
)
COUNTRIES = STATES + TERRITORIES
ALL = COUNTRIES + UNIONS + REGIONS
BY_ID = {row["id"]: row for row in ALL}
TABLES = sorted(DATA.glob("*/*.csv"))
LINK_TABLES = sorted(LINKS.glob("*.csv"))


def test_a_place_has_one_row() -> None:
    """No identifier is given to two places."""
    assert [key for key, count in Counter(row["id"] for row in ALL).items() if count > 1] == []


@pytest.mark.parametrize("table", TABLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_place_used_in_a_table_is_there(table: Path) -> None:
    """Each jurisdiction that any table of the data names has a row among the places."""
    used = {value for row in read(table) for column in row for value in cell(row, column)}
    assert {value for value in used if value.startswith("jurisdiction:")} - BY_ID.keys() == set()


def test_the_treaty_record_uses_places() -> None:
    """The check of used places is not empty: almost every state is a party to a treaty on record."""
    parties = {row["by"] for row in read(DATA / "treaties" / "TreatyAction.csv")}
    assert parties & BY_ID.keys() == parties
    assert len({row["id"] for row in STATES} & parties) > len(STATES) * 0.95


def test_a_place_of_the_report_is_there() -> None:
    """Each jurisdiction reviewed, addressed or named in the report has a row."""
    assert len(ids(REVIEWED)) == len(set(ids(REVIEWED))) == 42
    assert set(ids(REVIEWED + NAMED_ELSEWHERE)) - BY_ID.keys() == set()


def test_hong_kong_and_taiwan_are_territories() -> None:
    """The two places the report lists beside states are territories whose note takes no position."""
    assert {row["id"] for row in TERRITORIES} == set(ids("hkg twn"))
    assert [row["id"] for row in TERRITORIES if "no position on sovereignty" not in row["note"]] == []


def test_codes_are_those_of_the_key() -> None:
    """The alpha-3 code is the key in capitals, and only states and territories have ISO codes."""
    assert [row["id"] for row in COUNTRIES if row["id"] != f"jurisdiction:{row['iso3'].lower()}"] == []
    assert [
        row["id"] for row in COUNTRIES if not re.fullmatch("[A-Z]{3} [A-Z]{2}", f"{row['iso3']} {row['iso2']}")
    ] == []
    assert [row["id"] for row in UNIONS + REGIONS if row.get("iso3") or row.get("iso2")] == []


@pytest.mark.parametrize("column", ["iso3", "iso2", "m49", "label"])
def test_a_code_names_one_place(column: str) -> None:
    """No code and no English name is given to two places."""
    counts = Counter(row[column] for row in ALL if row.get(column))
    assert [value for value, count in counts.items() if count > 1] == []


def test_m49_codes_have_three_digits() -> None:
    """Each M49 code is three digits; of the countries only Taiwan, which M49 does not list, has none."""
    assert [row["id"] for row in ALL if row.get("m49") and not re.fullmatch("[0-9]{3}", row["m49"])] == []
    assert [row["id"] for row in COUNTRIES if not row["m49"]] == ["jurisdiction:twn"]


def test_each_place_is_named_in_six_languages() -> None:
    """A place is named in the six languages of the United Nations, save the exceptions listed with their reason."""
    exceptions = UNNAMED | {key: set(LANGUAGES[1:]) for key in ids(list(REPORT_GROUPS))}
    missing = {row["id"]: {language for language in LANGUAGES if not row[language]} for row in ALL}
    assert {key: gaps for key, gaps in missing.items() if gaps} == exceptions


@pytest.mark.parametrize(
    ("column", "script"),
    [("label_ar", r"[\u0600-\u06ff]"), ("label_ru", r"[\u0400-\u04ff]"), ("label_zh", r"[\u4e00-\u9fff]")],
)
def test_a_name_is_in_the_script_of_its_language(column: str, script: str) -> None:
    """An untranslated English name never replaces an Arabic, Russian or Chinese one."""
    assert [row["id"] for row in ALL if row[column] and not re.search(script, row[column])] == []


def test_names_carry_no_gloss() -> None:
    """No name of a country is inverted at a comma, glossed in brackets or abbreviated (Russian for islands)."""
    names = [(row["id"], row[language]) for row in COUNTRIES for language in LANGUAGES]
    assert [pair for pair in names if re.search("[,()\u060c\uff08\uff09]|\u043e-\u0432\u0430", pair[1])] == []


def test_another_name_is_another_name() -> None:
    """An alternative name differs from the name and from the other alternatives."""
    names = {row["id"]: [row["label"], *cell(row, "altLabel")] for row in ALL}
    assert [key for key, given in names.items() if len(set(given)) != len(given)] == []


@pytest.mark.parametrize(
    ("printed", "key"),
    [
        ("Czech Republic", "cze"),
        ("EU", "eu"),
        ("South Korea", "kor"),
        ("The Middle East Region", "middle-east"),
        ("Turkey", "tur"),
        ("UAE", "are"),
        ("UK", "gbr"),
        ("US", "usa"),
        ("USA", "usa"),
        ("Vietnam", "vnm"),
    ],
)
def test_a_name_the_report_prints_is_preserved(printed: str, key: str) -> None:
    """A place can be found under the name printed in 2011."""
    assert [row["id"] for row in ALL if printed in [row["label"], *cell(row, "altLabel")]] == ids(key)


def test_each_country_is_in_one_m49_region() -> None:
    """A country is in one M49 region, which is in one of the five large ones."""
    assert [row["id"] for row in COUNTRIES if len(cell(row, "inRegion")) != 1] == []
    regions = {row["id"]: row for row in REGIONS if row["m49"]}
    assert {row["inRegion"] for row in COUNTRIES} - regions.keys() == set()
    large = {key for key, row in regions.items() if not row["inRegion"]}
    assert large == set(ids("m49-africa m49-americas m49-asia m49-europe m49-oceania"))
    assert {row["inRegion"] for key, row in regions.items() if key not in large} == large
    assert {row["inRegion"] for row in COUNTRIES} & large == set()


def test_groups_of_the_report_and_m49_regions_are_separate() -> None:
    """A region has either an M49 code or members, and those with members are the groups of the report."""
    assert [row["id"] for row in REGIONS if bool(row["m49"]) == bool(row["member"])] == []
    assert {row["id"] for row in REGIONS if row["member"]} == set(ids(list(REPORT_GROUPS)))


@pytest.mark.parametrize(("group", "listed"), REPORT_GROUPS.items())
def test_a_group_has_the_members_printed_or_says_what_it_assumes(group: str, listed: str | None) -> None:
    """The members of a group are the printed ones; a group the report does not list names its assumption."""
    row = BY_ID[f"jurisdiction:{group}"]
    assert set(cell(row, "member")) <= {country["id"] for country in COUNTRIES}
    if listed is not None:
        assert (cell(row, "member"), row["assumes"]) == (ids(listed), "")
    else:
        assert row["assumes"] in {assumption["id"] for assumption in read(PLACES / "Assumption.csv")}


def test_the_reviewed_fall_into_groups() -> None:
    """Europe, Asia and the Pacific, North America and South Africa share out the 42 reviewed without overlap."""
    groups = [cell(BY_ID[key], "member") for key in ids("europe asia-and-the-pacific north-america")]
    assert sorted([*groups[0], *groups[1], *groups[2], *ids("zaf")]) == sorted(ids(REVIEWED))


def test_the_groups_follow_the_rule_of_their_assumption() -> None:
    """Europe is M49 Europe with Cyprus and Türkiye, Asia and the Pacific the remainder of M49 Asia and Oceania."""
    large = {row["id"]: BY_ID[row["inRegion"]]["inRegion"] for row in COUNTRIES}
    europe, asia = (set(cell(BY_ID[key], "member")) for key in ids("europe asia-and-the-pacific"))
    assert {key for key in europe if large[key] != "jurisdiction:m49-europe"} == set(ids("cyp tur"))
    assert {large[key] for key in asia} == set(ids("m49-asia m49-oceania"))


def test_each_row_has_its_source() -> None:
    """A place and an assumption cite places in publications, and each of these is described."""
    citations = {row["id"]: row for table in DATA.glob("*/Citation.csv") for row in read(table)}
    rows = ALL + read(PLACES / "Assumption.csv")
    assert [row["id"] for row in rows if not cell(row, "source")] == []
    assert {source for row in rows for source in cell(row, "source")} - citations.keys() == set()
    own = read(PLACES / "Citation.csv")
    publications = {row["id"] for table in DATA.glob("*/Publication.csv") for row in read(table)}
    assert {row["isPartOf"] for row in own} - publications == set()
    assert [row["id"] for row in own if not row["locator"]] == []


@pytest.mark.parametrize("table", LINK_TABLES, ids=lambda path: path.stem)
def test_each_country_is_linked_once(table: Path) -> None:
    """A table of links has for each state and territory one exact or one close match, and none for unknown places."""
    rows = read(table)
    assert {row["id"] for row in COUNTRIES} - {row["id"] for row in rows} == set()
    assert {row["id"] for row in rows} - BY_ID.keys() == set()
    assert [row["id"] for row in rows if bool(row.get("exactMatch")) == bool(row.get("closeMatch"))] == []
    targets = [row.get("exactMatch") or row["closeMatch"] for row in rows]
    assert len(set(targets)) == len(targets) == len({row["id"] for row in rows})


def test_links_to_the_european_table_follow_from_the_code() -> None:
    """The European authority code is the alpha-3 code."""
    ends = {row["id"]: row["exactMatch"].rsplit("/", 1)[1] for row in read(LINKS / "eu-country-authority.csv")}
    assert ends == {row["id"]: row["iso3"] for row in COUNTRIES}


def test_each_set_of_links_says_where_it_leads_and_where_it_is_from() -> None:
    """A set of links has its predicate, target and source described, and its links are in the target's namespace."""
    described = Graph().parse(LINKS / "metadata.ttl")
    publications = {row["id"].removeprefix("publication:") for row in read(PLACES / "Publication.csv")}
    linksets = set(described.subjects(RDF.type, VOID.Linkset))
    assert set(described.objects(GRAPH["links"], VOID.subset)) == linksets
    seen = set()
    for linkset in linksets:
        fragment = str(linkset).partition("#")[2]
        name, column = fragment.removesuffix("-close"), "closeMatch" if fragment.endswith("-close") else "exactMatch"
        assert set(described.objects(linkset, VOID.linkPredicate)) == {SKOS[column]}
        (target,) = set(described.objects(linkset, VOID.target)) - {GRAPH["places"]}
        space = str(described.value(target, VOID.uriSpace))
        found = [row[column] for row in read(LINKS / f"{name}.csv") if row.get(column)]
        assert found
        assert [iri for iri in found if not iri.startswith(space)] == []
        sources = {str(source).rsplit("/", 1)[1] for source in described.objects(linkset, DCTERMS.source)}
        assert sources
        assert sources <= publications
        seen.add((name, column))
    used = {(t.stem, c) for t in LINK_TABLES for row in read(t) for c in ("exactMatch", "closeMatch") if row.get(c)}
    assert seen == used


@pytest.mark.parametrize(("folder", "graph"), METADATA.items())
def test_each_graph_is_described(folder: str, graph: str) -> None:
    """A folder of facts says what its graph is, whose, from what, since when and under which licence."""
    described = Graph().parse(DATA / folder / "metadata.ttl")
    dataset = GRAPH[graph]
    assert set(described.objects(dataset, RDF.type)) == {DCAT.Dataset, VOID.Dataset}
    licence = URIRef("https://creativecommons.org/licenses/by/4.0/")
    creator = URIRef("https://w3id.org/uphold/id/organisation/uphold-contributors")
    assert list(described.objects(dataset, DCTERMS.license)) == [licence]
    assert list(described.objects(dataset, DCTERMS.creator)) == [creator]
    assert list(described.objects(dataset, DCTERMS.issued)) == [Literal("2026-11-23", datatype=XSD.date)]
    for wording in (DCTERMS.title, DCTERMS.description):
        assert [text.language for text in described.objects(dataset, wording) if isinstance(text, Literal)] == ["en"]
    tables = DATA.glob("*/Publication.csv")
    known = {row["id"].removeprefix("publication:") for table in tables for row in read(table)}
    sources = {str(source).rsplit("/", 1)[1] for source in described.objects(dataset, PROV.wasDerivedFrom)}
    assert sources
    assert sources <= known
