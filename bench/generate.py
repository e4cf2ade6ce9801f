"""Synthetic data of any size in the project's own vocabulary; equal sizes produce equal bytes.

Only the number of states grows with the size. The data about one state is constant, so that a query about one resource
has the same result size at 50,000 triples as at a million, and only the search grows.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from uphold.settings import CANONICAL_BASE

__all__ = ["SyntheticDataset", "triples"]

SEED = 2011
ONTOLOGY = f"{CANONICAL_BASE}ontology#"
VOCABULARIES = {
    "uphold": ONTOLOGY,
    "dcterms": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "qb": "http://purl.org/linked-data/cube#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
SYLLABLES = [first + second for first in "bdklmnrstv" for second in "aeiou"]
STATES_OF_A_REGION = 4
YEARS = (2009, 2010, 2011, 2012)
TREATIES = ("crc", "opsc", "untip", "cets-197", "cets-201", "ilo-182")
RATINGS = ("significant", "partial", "inadequate")
INDICATORS = {
    1: ("prevention", "collaboration", "awareness-raising", "teacher-training"),
    2: ("optional-protocol", "trafficking-protocol", "national-legislation", "special-police-units"),
    3: ("helpline", "shelters", "medical-services", "psychological-counselling"),
}
CALLS = 5


@dataclass(frozen=True, slots=True)
class SyntheticDataset:
    """The resources of a data set of a given size."""

    states: int

    @classmethod
    def of(cls, size: int) -> SyntheticDataset:
        """The largest dataset of at most `size` triples."""
        alone = sum(1 for _ in triples(cls(0)))
        region = sum(1 for _ in triples(cls(STATES_OF_A_REGION))) - alone
        return cls(max(1, (size - alone) // region) * STATES_OF_A_REGION)

    @property
    def regions(self) -> list[str]:
        """The IRI of each region."""
        return [thing("jurisdiction", f"region-{at}") for at in range(self.states // STATES_OF_A_REGION)]

    @property
    def jurisdictions(self) -> list[str]:
        """The IRI of each state."""
        return [thing("jurisdiction", name(at).lower()) for at in range(self.states)]

    @property
    def names(self) -> list[str]:
        """The name of each state; no name is part of another."""
        return [name(at) for at in range(self.states)]

    @property
    def actions(self) -> list[str]:
        """The IRI of each ratification."""
        return [action(at, treaty, "ratification") for at in range(self.states) for treaty in TREATIES]


def triples(dataset: SyntheticDataset) -> Iterator[str]:
    """The data as lines of N-Triples, each triple once."""
    chance = random.Random(SEED)  # noqa: S311
    yield from shared()
    for at in range(dataset.states):
        if at % STATES_OF_A_REGION == 0:
            region = f"region-{at // STATES_OF_A_REGION}"
            yield from about(thing("jurisdiction", region), "Region Jurisdiction", region.replace("-", " ").title())
        yield from state(at)
        for treaty in TREATIES:
            yield from treaty_actions(at, treaty, chance)
        for year in YEARS:
            yield from card(at, year, chance)
        yield from calls(at, chance)


def shared() -> Iterator[str]:
    """The common data: goals and indicators, ratings, rounds, treaties and their sources."""
    for goal, indicators in INDICATORS.items():
        yield from about(thing("goal", str(goal)), "Goal", f"Goal {goal}")
        for indicator in indicators:
            yield from about(thing("indicator", indicator), "Indicator", words(indicator))
            yield line(thing("indicator", indicator), "skos:broader", iri(thing("goal", str(goal))))
    for rating in RATINGS:
        yield from about(thing("rating", rating), "Rating", words(rating))
    for year in YEARS:
        yield from about(thing("review-round", str(year)), "ReviewRound", f"Review of {year}")
        yield line(thing("review-round", str(year)), "uphold:year", literal(str(year), "gYear"))
    for treaty in TREATIES:
        yield from about(thing("treaty", treaty), "Treaty Instrument", treaty.upper())
        yield line(thing("treaty", treaty), "uphold:depositary", iri(thing("organisation", "depositary")))
        for predicate in ("uphold:adopted", "uphold:openedForSignature", "uphold:enteredIntoForce"):
            yield line(thing("treaty", treaty), predicate, literal("2000-05-25", "date"))
        yield line(thing("treaty", treaty), "uphold:depositaryReference", literal(f"Chapter {treaty}"))
        yield line(thing("treaty", treaty), "uphold:place", literal("New York"))
        yield from citation(f"parties-{treaty}", "Parties")


def state(at: int) -> Iterator[str]:
    """One state, its region and the sources of its name."""
    subject, called = thing("jurisdiction", name(at).lower()), name(at)
    yield from about(subject, "State Jurisdiction", called)
    yield line(subject, "skos:prefLabel", f'"{called}"@fr')
    yield line(subject, "skos:altLabel", f'"Republic of {called}"@en')
    yield line(subject, "uphold:iso3", literal(f"{at:03X}"))
    yield line(subject, "uphold:inRegion", iri(thing("jurisdiction", f"region-{at // STATES_OF_A_REGION}")))
    for source in ("name", "codes", "region"):
        yield line(subject, "prov:wasDerivedFrom", iri(thing("citation", f"{source}-{name(at).lower()}")))
        yield from citation(f"{source}-{name(at).lower()}", f"{called}, {source}")


def treaty_actions(at: int, treaty: str, chance: random.Random) -> Iterator[str]:
    """A signature and a ratification of one treaty by one state."""
    year = chance.randrange(1990, 2012)
    day = f"{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"
    for kind, types, date in (
        ("signature", "Signature TreatyAction", f"{year}-{day}"),
        ("ratification", "Ratification ConsentToBeBound TreatyAction", f"{year + 1}-{day}"),
    ):
        subject = action(at, treaty, kind)
        yield from about(subject, types, f"{name(at)}: {kind}, {treaty.upper()}, {date}")
        yield line(subject, "uphold:by", iri(thing("jurisdiction", name(at).lower())))
        yield line(subject, "uphold:treaty", iri(thing("treaty", treaty)))
        for predicate in ("dcterms:date", "uphold:notBefore", "uphold:notAfter"):
            yield line(subject, predicate, literal(date, "date"))
        if kind == "ratification":
            yield line(subject, "uphold:entersIntoForce", literal(date, "date"))
        yield line(subject, "prov:wasDerivedFrom", iri(thing("citation", f"parties-{treaty}")))


def card(at: int, year: int, chance: random.Random) -> Iterator[str]:
    """The progress card of one state in one year: an assessment under each indicator."""
    jurisdiction = iri(thing("jurisdiction", name(at).lower()))
    code = f"{name(at).lower()}-{year}"
    subject = thing("progress-card", code)
    yield from about(subject, "ProgressCard", f"Progress card of {name(at)}, {year}")
    yield line(subject, "uphold:jurisdiction", jurisdiction)
    yield line(subject, "uphold:reviewRound", iri(thing("review-round", str(year))))
    yield line(subject, "prov:wasDerivedFrom", iri(thing("citation", f"card-{code}")))
    yield from citation(f"card-{code}", f"Progress card of {name(at)}")
    for indicator in (each for group in INDICATORS.values() for each in group):
        cell = thing("assessment", f"{code}-{indicator}")
        yield from about(cell, "Assessment", f"{name(at)}, {words(indicator)}, {year}")
        yield line(cell, "qb:dataSet", iri(thing("data-cube", "assessments")))
        yield line(cell, "uphold:jurisdiction", jurisdiction)
        yield line(cell, "uphold:card", iri(subject))
        yield line(cell, "uphold:indicator", iri(thing("indicator", indicator)))
        yield line(cell, "uphold:rating", iri(thing("rating", chance.choice(RATINGS))))
        yield line(cell, "uphold:ngoWork", literal(chance.choice(("true", "false")), "boolean"))
        yield line(cell, "uphold:year", literal(str(year), "gYear"))
        yield line(cell, "prov:wasDerivedFrom", iri(thing("citation", f"card-{code}")))


def calls(at: int, chance: random.Random) -> Iterator[str]:
    """The calls to one state."""
    for ordinal in range(1, CALLS + 1):
        goal = chance.choice(tuple(INDICATORS))
        indicator = chance.choice(INDICATORS[goal])
        subject = thing("call", f"{name(at).lower()}-{ordinal}")
        yield from about(subject, "CallToAction", f"{name(at)} is asked to do more under {words(indicator)}")
        yield line(subject, "uphold:addressedTo", iri(thing("jurisdiction", name(at).lower())))
        yield line(subject, "uphold:ordinal", literal(str(ordinal), "integer"))
        yield line(subject, "uphold:goal", iri(thing("goal", str(goal))))
        yield line(subject, "uphold:indicator", iri(thing("indicator", indicator)))
        yield line(subject, "prov:wasDerivedFrom", iri(thing("citation", f"name-{name(at).lower()}")))


def citation(code: str, locator: str) -> Iterator[str]:
    """One citation of the synthetic publication."""
    yield line(thing("citation", code), "rdf:type", iri(f"{ONTOLOGY}Citation"))
    yield line(thing("citation", code), "dcterms:isPartOf", iri(thing("publication", "invented")))
    yield line(thing("citation", code), "uphold:locator", literal(locator))


def about(subject: str, classes: str, label: str) -> Iterator[str]:
    """The classes and the label of a resource."""
    for each in classes.split():
        yield line(subject, "rdf:type", iri(f"{ONTOLOGY}{each}"))
    yield line(subject, "skos:prefLabel", f'"{label}"@en')


def action(at: int, treaty: str, kind: str) -> str:
    """The IRI of a treaty action."""
    return thing("treaty-action", f"{treaty}-{name(at).lower()}-{kind}")


def name(at: int) -> str:
    """The synthetic name of one state: three syllables."""
    size = len(SYLLABLES)
    return (SYLLABLES[at % size] + SYLLABLES[at // size % size] + SYLLABLES[at // size // size % size]).capitalize()


def words(code: str) -> str:
    """A code as a label."""
    return code.replace("-", " ").capitalize()


def thing(kind: str, code: str) -> str:
    """The IRI of a resource."""
    return f"{CANONICAL_BASE}id/{kind}/{code}"


def iri(value: str) -> str:
    """An IRI in N-Triples."""
    return f"<{value}>"


def literal(value: str, datatype: str = "") -> str:
    """A literal in N-Triples, with an XML Schema datatype, if any."""
    return f'"{value}"^^<{VOCABULARIES["xsd"]}{datatype}>' if datatype else f'"{value}"'


def line(subject: str, predicate: str, written: str) -> str:
    """One triple in N-Triples; the predicate is a prefixed name."""
    prefix, _, local = predicate.partition(":")
    return f"<{subject}> <{VOCABULARIES[prefix]}{local}> {written} .\n"
