"""Other SHACL processors, each behind one function, and what each is given and cannot do.

`python -m tests.shapes.processors` prints the table of docs/contribute.md from a run.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import rdflib
from rdflib.namespace import SH

from tests.shapes.test_shapes import BASE, CASES, FILES, GRAPH_WIDE, HERE, ROOT, name_of, rules_of
from tests.standard.node import node_command
from uphold.build.portable_shapes import subclass_statements, whole, without_sparql

__all__ = ["PROCESSORS", "Processor", "Verdict", "answers", "expected", "row", "rules_with_sparql", "table", "verdicts"]

Verdict = frozenset[str] | str
"""The names of the shapes that a processor reports, or its error."""
Validate = Callable[[str], Iterable[str]]
"""From data as N-Triples to the IRIs of the shapes that report it."""

SHAPE = f"{BASE}shapes/"
GROUP_BY = "TreatyParticipation-count"
OWL = "http://www.w3.org/2002/07/owl#"
TYPE, DISJOINT = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type"), ox.NamedNode(f"{OWL}disjointWith")
TERMS = [ox.NamedNode(f"{OWL}{kind}") for kind in ("Class", "ObjectProperty", "DatatypeProperty")]
CONCEPTS = [ox.NamedNode(f"{BASE}ontology#{kind}") for kind in ("Goal", "Indicator", "Rating")]


@dataclass(frozen=True, slots=True)
class Processor:
    """A processor: how to call it, and what it cannot do."""

    package: str
    prepare: Callable[[str], Validate] | None = None
    """From shapes as N-Triples to a function that validates with them; None for those that run in Node."""
    core: bool = False
    """Whether it is given the shapes without SPARQL."""
    cannot: Mapping[str, str] = field(default_factory=dict)
    """Rules that it cannot run, and why."""
    note: str = ""

    @property
    def version(self) -> str:
        """The version that is installed, or the one that package.json names."""
        if self.prepare:
            return version(self.package)
        return str(json.loads((HERE / "package.json").read_text("utf-8"))["dependencies"][self.package])

    @property
    def installed(self) -> bool:
        """Whether it can be run here."""
        if self.prepare is None:
            return (HERE / "node_modules" / ".ready").exists()
        try:
            version(self.package)
        except ModuleNotFoundError:
            return False
        return True


def prepare_shacl(shapes: str) -> Validate:
    """`shacl` from PyPI, which writes IRIs in angle brackets."""
    compiled = import_module("shacl").Shapes.from_text(shapes, "nt")
    return lambda data: [result.source_shape.strip("<>") for result in compiled.validate_text(data, "nt").results]


def prepare_pyshifty(shapes: str) -> Validate:
    """Pyshifty, without the inference that it would do first."""
    prepared = import_module("shifty").PreparedValidator(shapes.encode())
    return lambda data: source_shapes(prepared.validate(data.encode(), infer=False)[1])


def prepare_turbo(shapes: str) -> Validate:
    """pyshacl-turbo, which takes graphs of rdflib."""
    compiled = import_module("pyshacl_turbo").compile_shapes(graph(shapes))
    return lambda data: source_shapes(compiled.validate(graph(data))[1])


def prepare_rudof(shapes: str) -> Validate:
    """Pyrudof, which has one set of shapes at a time."""
    pyrudof = import_module("pyrudof")
    rudof = pyrudof.Rudof(pyrudof.RudofConfig())

    def validate(data: str) -> list[str]:
        rudof.reset_all()
        rudof.read_shacl(shapes, pyrudof.ShaclFormat.NTriples)
        rudof.read_data(data, pyrudof.RDFFormat.NTriples)
        return [str(entry.source_shape).strip("<>") for entry in rudof.validate_shacl()]

    return validate


def prepare_shacl_rust(shapes: str) -> Validate:
    """shacl-rust."""
    package = import_module("shacl_rust")

    def validate(data: str) -> list[str]:
        report = package.validate(data, shapes, data_format="nt", shapes_format="nt")
        return [str(result["sourceShape"]).strip("<>") for result in report["results"]]

    return validate


def graph(triples: str) -> rdflib.Graph:
    """A graph of rdflib from N-Triples."""
    return rdflib.Graph().parse(data=triples, format="nt")


def source_shapes(report: Any) -> list[str]:
    """The shapes of a report's results; not those of the details of a result."""
    return [
        str(shape) for result in report.objects(None, SH.result) for shape in report.objects(result, SH.sourceShape)
    ]


@cache
def read(path: Path) -> tuple[ox.Triple, ...]:
    """The triples of a Turtle file; its blank nodes are like those of no other file."""
    found = ox.parse(path.read_bytes(), format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)
    return tuple(quad.triple for quad in found)


@cache
def ontology() -> tuple[ox.Triple, ...]:
    """All that the ontology says."""
    return tuple(triple for path in sorted((ROOT / "ontology").glob("*.ttl")) for triple in read(path))


def n_triples(triples: Iterable[ox.Triple]) -> str:
    """N-Triples of them, each once."""
    return (ox.serialize(set(triples), format=ox.RdfFormat.N_TRIPLES) or b"").decode("utf-8")


@cache
def rules_with_sparql() -> frozenset[str]:
    """The names of the rules that are not in the core file."""
    files = [read(path) for path in FILES.values()]
    named = {rule for path in FILES.values() for rule in rules_of(path)}
    core = {named_node.value.removeprefix(SHAPE) for triples in files for named_node in names(without_sparql(triples))}
    return frozenset(named - core)


def names(triples: Iterable[ox.Triple]) -> set[ox.NamedNode]:
    """The subjects with an IRI."""
    return {triple.subject for triple in triples if isinstance(triple.subject, ox.NamedNode)}


def rules_for(processor: Processor, rule: str) -> str:
    """The set of rules that a case is validated with: those of its file, or, for a graph-wide rule, itself only.

    The graph-wide files take seconds for each case in some processors.
    """
    stem = rule.partition("-")[0]
    return rule if stem in GRAPH_WIDE or rule in processor.cannot else stem


def rule_sets(processor: Processor) -> dict[str, str]:
    """The sets of rules as N-Triples with the subclasses, as in the downloads."""
    prefixes, subclasses = read(FILES["prefixes"]), subclass_statements(ontology(), BASE)
    sets: dict[str, list[ox.Triple]] = {}
    for stem, path in FILES.items():
        triples = [*read(path), *prefixes]
        described: dict[object, list[ox.Triple]] = {}
        for triple in triples:
            described.setdefault(triple.subject, []).append(triple)
        wholes = {rule: whole(ox.NamedNode(f"{SHAPE}{rule}"), described) for rule in rules_of(path)}
        alone = {rule: [*wholes[rule], *prefixes] for rule in wholes if rules_for(processor, rule) == rule}
        if stem not in GRAPH_WIDE:
            left_out = {triple for rule in alone for triple in wholes[rule]}
            sets[stem] = [triple for triple in triples if triple not in left_out]
        sets |= alone
    return {
        name: n_triples([*(without_sparql(found) if processor.core else found), *subclasses])
        for name, found in sets.items()
    }


@cache
def background(rule: str) -> str:
    """What a case needs around it, as in test_shapes.py, but no more: much of it is slow for some processors."""
    stem = rule.partition("-")[0]
    found = [*read(HERE / "background.ttl"), *subclass_statements(ontology(), BASE)]
    if stem == "vocabulary":
        found += [t for t in ontology() if t.predicate == DISJOINT or (t.predicate == TYPE and t.object in TERMS)]
    elif stem not in GRAPH_WIDE:
        known = {t.subject for t in ontology() if t.predicate == TYPE and t.object in CONCEPTS}
        found += [t for t in ontology() if t.subject in known]
    return n_triples(found)


def expected(case: Path) -> Verdict:
    """The shape that the first line of a bad case names; none for a good case."""
    first = case.read_text("utf-8").split("\n")[0]
    return frozenset({first.removeprefix("# expects: shape:")} if ".bad." in case.name else ())


@cache
def verdicts(package: str) -> dict[Path, Verdict]:
    """What a processor says of each case."""
    processor = PROCESSORS[package]
    tasks = [(rules_for(processor, name_of(c)), background(name_of(c)) + n_triples(read(c))) for c in CASES]
    return dict(zip(CASES, answers(processor, rule_sets(processor), tasks), strict=True))


def answers(processor: Processor, sets: dict[str, str], tasks: Sequence[tuple[str, str]]) -> list[Verdict]:
    """What a processor says of each task: the name of a set of rules, and data."""
    if processor.prepare is None:
        return answers_of_node(processor, sets, tasks)
    prepared = {name: processor.prepare(sets[name]) for name in {name for name, _ in tasks}}
    found: list[Verdict] = []
    for name, data in tasks:
        try:
            found.append(local(prepared[name](data)))
        except Exception as problem:  # noqa: BLE001 whatever it raises is its answer
            found.append(str(problem))
    return found


def answers_of_node(processor: Processor, sets: dict[str, str], tasks: Sequence[tuple[str, str]]) -> list[Verdict]:
    """The same for a processor in JavaScript; one process for all tasks."""
    cases = [{"rules": name, "data": data} for name, data in tasks]
    task = {"processor": processor.package, "shapes": sets, "cases": cases}
    command = [*node_command(), str(HERE / "processors.mjs")]
    run = subprocess.run(command, input=json.dumps(task).encode(), stdout=subprocess.PIPE, check=True)
    return [each if isinstance(each, str) else local(each) for each in json.loads(run.stdout)]


def local(shapes: Iterable[str]) -> frozenset[str]:
    """The names of shapes without their namespace."""
    return frozenset(shape.removeprefix(SHAPE) for shape in shapes)


PROCESSORS = {
    processor.package: processor
    for processor in (
        Processor("shacl", prepare_shacl),
        Processor("pyshifty", prepare_pyshifty),
        Processor("shacl-engine", cannot={GROUP_BY: "GROUP BY beside $this"}, note="slow with SPARQL"),
        Processor("rdf-validate-shacl", core=True, note="no SPARQL: use `shapes-core.ttl.gz`"),
        Processor("pyshacl-turbo", prepare_turbo),
        Processor("shacl-rust", prepare_shacl_rust),
        Processor("pyrudof", prepare_rudof),
    )
}


def table() -> str:
    """The table of docs/contribute.md, one row for each processor."""
    rows = ["| processor | version | verdicts as expected | cannot |", "|---|---|---|---|"]
    return "\n".join([*rows, *(row(processor) for processor in PROCESSORS.values())])


def row(processor: Processor) -> str:
    """One row of the table."""
    found = verdicts(processor.package)
    right = sum(verdict == expected(case) for case, verdict in found.items())
    notes = "; ".join([*processor.cannot.values(), *filter(None, [processor.note])])
    return f"| {processor.package} | {processor.version} | {right} of {len(found)} | {notes} |"


if __name__ == "__main__":
    print(table())
