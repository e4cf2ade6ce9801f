"""Conformance: a case with its expected results, and the results of each processor in one form."""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple

import pyoxigraph as ox
import rdflib
from pyshacl import validate
from rdflib.namespace import RDF, RDFS, SH, XSD
from rdflib.term import Node
from shacl import Shapes

from uphold.sparql.parser import parse, subtrees
from uphold.validation.background import with_iris
from uphold.validation.changes import SUBCLASS, engine_of
from uphold.validation.compiler import compile_shapes
from uphold.validation.evaluation import Found, evaluate, evaluate_all, nodes_of_change
from uphold.validation.paths import read_path
from uphold.validation.query_patterns import PatternReader
from uphold.validation.rules import Compiled
from uphold.validation.triple_index import TripleIndex

__all__ = ["COMPILED", "PROCESSORS", "Case", "File", "Verdict", "changed", "messages", "read_file", "stated_messages"]

FOLDER = Path(__file__).parent / "conformance"
RESULTS = "\n# Results\n"
BLANK = "[]"
PATH = ox.NamedNode(f"{SH}path")


class Verdict(NamedTuple):
    """A result as text: its shape, component, focus node, path, value and severity; all blank nodes are alike."""

    shape: str
    component: str
    focus: str
    path: str
    value: str
    severity: str


Verdicts = frozenset[Verdict] | None
"""The results of a validation; None if it fails."""


@dataclass(frozen=True)
class Case:
    """Triples that are shapes and data at once."""

    triples: tuple[ox.Triple, ...]

    @cached_property
    def text(self) -> str:
        """The triples as N-Triples."""
        return (ox.serialize(self.triples, format=ox.RdfFormat.N_TRIPLES) or b"").decode()

    @cached_property
    def shapes(self) -> TripleIndex:
        """The triples as the compiler reads them."""
        return TripleIndex(self.triples)

    def compiled(self) -> Compiled:
        """The compiled shapes; raises `UnsupportedShape`."""
        subclasses: dict[str, list[str]] = {}
        for triple in self.triples:
            if triple.predicate.value == SUBCLASS and isinstance(triple.object, ox.NamedNode):
                subclasses.setdefault(triple.object.value, []).append(plain(triple.subject))
        return compile_shapes(self.triples, subclasses)

    def verdict(self, found: Found) -> Verdict:
        """A result of the compiler, with the whole path of the shape instead of the members that lead to the value."""
        result = found.result
        node = next(triple.subject for triple in self.triples if plain(triple.subject) == result.shape)
        assert not isinstance(node, ox.Triple)
        path = result.path or ""
        whole = self.shapes.value(node, PATH)
        if whole is not None and found.component != "closed":
            text = read_path(self.shapes, whole).text
            assert set(path.split("|")) <= set(text.split("|")), (path, text)
            path = text
        name = "SPARQL" if found.component == "sparql" else found.component[0].upper() + found.component[1:]
        return Verdict(
            BLANK if isinstance(node, ox.BlankNode) else result.shape,
            name,
            blank(result.focusNode),
            path,
            blank(result.value or ""),
            result.severity.removeprefix(str(SH)),
        )


def blank(text: str) -> str:
    return BLANK if text.startswith("_:") else text


def plain(term: Any) -> str:
    return str(term.value)


def by_compiler(case: Case) -> Verdicts:
    """The results of the compiled shapes for all targets."""
    store = ox.Store()
    store.extend(ox.Quad(*triple) for triple in case.triples)
    return frozenset(map(case.verdict, evaluate_all(case.compiled(), engine_of(store))))


def messages(case: Case) -> set[str]:
    """The messages of the compiled shapes."""
    store = ox.Store()
    store.extend(ox.Quad(*triple) for triple in case.triples)
    return {found.result.message for found in evaluate_all(case.compiled(), engine_of(store))}


def stated_messages(path: Path) -> set[str]:
    """The messages in the reports of a file."""
    triples = (quad.triple for quad in ox.parse(path=path, format=ox.RdfFormat.TURTLE, base_iri="urn:case"))
    return {plain(triple.object) for triple in triples if triple.predicate.value == f"{SH}resultMessage"}


class Change(NamedTuple):
    """The results before a change, after it, and those that validating the change alone finds in addition."""

    before: set[Found]
    after: set[Found]
    found: set[Found]


def changed(case: Case, background: Collection[ox.Triple]) -> Change:
    """The results where the case is the background with a change."""
    old = {with_iris(triple) for triple in background}
    new = [triple for triple in map(with_iris, case.triples) if triple not in old]
    compiled, store = case.compiled(), ox.Store()
    store.extend(ox.Quad(*triple) for triple in old)
    query = engine_of(store)
    before = evaluate_all(compiled, query)
    store.extend(ox.Quad(*triple) for triple in new)
    found = evaluate(compiled, nodes_of_change(compiled, new, query), query)
    return Change(before, evaluate_all(compiled, query), found - before)


def by_change(case: Case) -> Verdicts:
    """The results when the case is added to nothing, with those that remain from before."""
    change = changed(case, ())
    return frozenset(map(case.verdict, change.found | (change.before & change.after)))


def by_library(case: Case) -> Verdicts:
    """The results of the library `shacl`."""
    try:
        results = Shapes.from_text(case.text, "nt").validate_text(case.text, "nt").results
    except ValueError:
        return None
    return frozenset(
        Verdict(
            BLANK if each.source_shape is None else shown(each.source_shape),
            component(each.component_iri),
            shown(each.focus_node),
            "" if each.path is None else path_text(each.path),
            "" if each.value is None else shown(each.value, each.value_plain),
            each.severity_iri.removeprefix(str(SH)),
        )
        for each in results
    )


def shown(term: str, value: str | None = None) -> str:
    """A term of the library as text; its focus nodes that are literals are quoted."""
    if term.startswith("_:"):
        return BLANK
    if term.startswith('"'):
        return (
            value
            if value is not None
            else plain(next(iter(ox.parse(f"<a:> <a:> {term} .", ox.RdfFormat.TURTLE))).object)
        )
    return term.strip("<>")


def path_text(sparql: str) -> str:
    """A path in SPARQL as the compiler's results show it."""
    grouped = re.sub(r"\^\^(<[^<>]*>)", r"^(^\1)", sparql)
    query = parse(f"SELECT * {{ ?this {grouped} ?value }}")
    verb = next(part for part in subtrees(query.tree) if part.data == "verb")
    return PatternReader(query).path(verb.children[0]).text


def component(iri: str) -> str:
    """The name of a component; the two counts of sh:qualifiedValueShape are one."""
    name = iri.removeprefix(str(SH)).removesuffix("ConstraintComponent")
    return "QualifiedValueShape" if name.startswith("Qualified") else name


def by_pyshacl(case: Case) -> Verdicts:
    """The results of pySHACL as it comes."""
    with as_written(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        graph = rdflib.Graph().parse(data=case.text, format="nt")
        try:
            _, report, _ = validate(
                graph, shacl_graph=graph, advanced=False, inference="none", do_owl_imports=False, js=False
            )
        except Exception:  # noqa: BLE001 whatever pySHACL raises
            return None
    return None if not isinstance(report, rdflib.Graph) else verdicts(report, next(report.subjects(SH.conforms)))


def verdicts(graph: rdflib.Graph, report: Node) -> frozenset[Verdict]:
    """The results of a validation report, without the ones in their sh:detail."""
    return frozenset(verdict(graph, node) for node in graph.objects(report, SH.result))


def verdict(report: rdflib.Graph, node: Node) -> Verdict:
    """A result in a validation report."""
    said = {str(term).removeprefix(str(SH)): value for term, value in report.predicate_objects(node)}
    texts = {name: BLANK if isinstance(value, rdflib.BNode) else str(value) for name, value in said.items()}
    path = read_path(as_index(report), as_term(said["resultPath"])).text if "resultPath" in said else ""
    return Verdict(
        texts["sourceShape"], component(texts["sourceConstraintComponent"]), texts["focusNode"], path,
        texts.get("value", ""), texts.get("resultSeverity", str(SH.Violation)).removeprefix(str(SH)),
    )  # fmt: skip


def as_index(graph: rdflib.Graph) -> TripleIndex:
    """The triples of a graph of rdflib."""
    return TripleIndex(ox.Triple(*map(as_term, triple)) for triple in graph)


@contextmanager
def as_written() -> Iterator[None]:
    """Literals of rdflib in the form in which they were written."""
    before, rdflib.NORMALIZE_LITERALS = rdflib.NORMALIZE_LITERALS, False
    try:
        yield
    finally:
        rdflib.NORMALIZE_LITERALS = before


def by_rdflib(case: Case) -> Verdicts:
    """The results of the compiled shapes on rdflib's SPARQL engine: the queries need no extension of one engine."""
    with as_written(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        graph = rdflib.Graph().parse(data=case.text, format="nt")
        return frozenset(map(case.verdict, evaluate_all(case.compiled(), partial(rows, graph))))


def rows(graph: rdflib.Graph, query: str) -> list[dict[str, Any]]:
    """The rows of a query, with pyoxigraph's terms."""
    result = graph.query(query)
    names = [str(name) for name in result.vars or ()]
    return [{name: as_term(row[name]) for name in names} for row in result]  # type: ignore[index, call-overload] # a row


def as_term(node: Node | None) -> Any:
    """A term of rdflib as one of pyoxigraph."""
    match node:
        case rdflib.URIRef():
            return ox.NamedNode(str(node))
        case rdflib.BNode():
            return ox.BlankNode(str(node))
        case rdflib.Literal(language=str()):
            return ox.Literal(str(node), language=node.language)
        case rdflib.Literal():
            return ox.Literal(str(node), datatype=ox.NamedNode(str(node.datatype or XSD.string)))
    return None


COMPILED = {"compiler": by_compiler, "change": by_change, "rdflib": by_rdflib}
PROCESSORS = COMPILED | {"shacl": by_library, "pyshacl": by_pyshacl}


class File(NamedTuple):
    """A file: the case, the results in each report by its name, and the shape that is refused with the reason."""

    case: Case
    reports: dict[str, Verdicts]
    refused: tuple[str, str] | None


def read_file(path: Path) -> File:
    """The case in a file, and the reports after it.

    <#report> has the results that SHACL specifies; one named after a processor, those in which it differs. A report
    without sh:conforms means that the processor fails. <#refused> names what the compiler refuses.
    """
    text, _, results = path.read_text("utf-8").partition(RESULTS)
    triples = [quad.triple for quad in ox.parse(text, format=ox.RdfFormat.TURTLE)]
    prefixes = "\n".join(line for line in text.splitlines() if line.startswith("@prefix"))
    with as_written():
        report = rdflib.Graph().parse(data=f"{prefixes}\n{results}", format="turtle", publicID="urn:case")
    reports: dict[str, Verdicts] = {}
    for node in report.subjects(RDF.type, SH.ValidationReport):
        conforms = report.value(node, SH.conforms)
        found = verdicts(report, node)
        assert conforms is None or (str(conforms) == "true") == (not found), f"{path.name}: sh:conforms of {node}"
        reports[str(node).partition("#")[2]] = None if conforms is None else found
    refused = rdflib.URIRef("urn:case#refused")
    shape, words = report.value(refused, SH.sourceShape), report.value(refused, RDFS.comment)
    return File(Case(tuple(triples)), reports, None if shape is None else (str(shape), str(words)))
