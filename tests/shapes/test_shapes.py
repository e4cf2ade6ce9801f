"""Every rule of shapes/ passes and fails where it should; a case is a file, and adding the file adds the test.

`<rule>.good.ttl` breaks no rule. `<rule>.bad.ttl` holds one fault, the one of which its first line says which shape
reports it. Around each case are the ontology and background.ttl, and the rules of the same file and the graph-wide
ones validate it.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path

import pyoxigraph as ox
import pytest
from pyshacl import validate
from pyshacl.entrypoints import meta_validate
from rdflib import BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.namespace import OWL, RDF, RDFS, SH, SKOS
from rdflib.term import Node
from shacl import Shapes

from tests.shapes.pyshacl_components import Prepared, corrected
from uphold.validation.background import direct_subclasses, with_iris
from uphold.validation.changes import engine_of
from uphold.validation.compiler import compile_shapes
from uphold.validation.data_set import check, prepare
from uphold.validation.evaluation import evaluate, evaluate_all, nodes_of_change
from uphold.validation.rules import Compiled

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FILES = {path.stem: path for path in sorted((ROOT / "shapes").glob("*.ttl")) if path.name != "metadata.ttl"}
GRAPH_WIDE = [name for name in FILES if name.islower()]  # labels, privacy, …; the others are named after a class
BESIDE = [name for name in GRAPH_WIDE if name != "vocabulary"]  # that one reads the whole graph, again for each case
GOOD, BAD = sorted(HERE.glob("*.good.ttl")), sorted(HERE.glob("*.bad.ttl"))
CASES = GOOD + BAD
SHAPE = Namespace("https://w3id.org/uphold/shapes/")
UPHOLD = Namespace("https://w3id.org/uphold/ontology#")
BASE = "https://w3id.org/uphold/"


def read(*paths: Path) -> Graph:
    """The union of Turtle files."""
    graph = Graph()
    for path in paths:
        graph.parse(path)
    return graph


@cache
def ontology() -> Graph:
    """All that the ontology says."""
    return read(*sorted((ROOT / "ontology").glob("*.ttl")))


@cache
def background() -> Graph:
    """What the rules need from the ontology, and background.ttl; a test that adds triples removes them again.

    The texts and links of the ontology would take most of the time of each case; they are left out and validated once,
    in a test of their own.
    """
    graph: Graph = Prepared()
    graph.parse(HERE / "background.ttl")
    for relation in (RDFS.subClassOf, OWL.disjointWith):
        graph += ontology().triples((None, relation, None))
    for kind in (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty):
        graph += ontology().triples((None, RDF.type, kind))
    for kind in (UPHOLD.Goal, UPHOLD.Indicator, UPHOLD.Rating):
        for concept in ontology().subjects(RDF.type, kind):
            graph += ontology().triples((concept, None, None))
    return graph


@cache
def read_rules(name: str) -> Graph:
    """The rules of one file."""
    return read(FILES[name], FILES["prefixes"])


@cache
def shapes(name: str) -> Graph:
    """The rules of one file with the graph-wide ones, or all rules for `*`."""
    if name == "*":
        return read(*FILES.values())
    return graph_wide_rules() if name in BESIDE else graph_wide_rules() + read_rules(name)


@cache
def graph_wide_rules() -> Graph:
    """The rules beside those of each file; read once."""
    return read(*(FILES[stem] for stem in BESIDE))


@contextmanager
def beside_background(case: Graph) -> Iterator[Graph]:
    """The background with the case's triples, while it is validated."""
    data = background()
    added = [triple for triple in case if triple not in data]
    for triple in added:
        data.add(triple)
    yield data
    for triple in added:
        data.remove(triple)


def validated(data: Graph, rules: Graph, focus: list[str] | None = None) -> list[tuple[str, str]]:
    """The shape and message of each result; the shape is the named one that was broken."""
    with corrected(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # literals that are no dates warn, and are what some cases are about
        _, report, _ = validate(
            data, shacl_graph=rules, advanced=False, inference="none", do_owl_imports=False, js=False, inplace=True,
            focus_nodes=focus,
        )  # fmt: skip
    assert isinstance(report, Graph), report
    return [
        (f"shape:{str(report.value(result, SH.sourceShape)).removeprefix(SHAPE)}", str(message))
        for result in report.subjects(RDF.type, SH.ValidationResult)
        for message in report.objects(result, SH.resultMessage)
    ]


@cache
def verdict(case: str, name: str) -> tuple[tuple[str, str], ...]:
    """What pySHACL finds with the rules of one file and the graph-wide ones; many good cases of a class are the same.

    The nodes that the case names are in focus: the background conforms, and takes most of the time. pySHACL cannot
    focus on blank nodes, so a case with one is validated as a whole.
    """
    graph = Graph().parse(data=case)
    names = {term for triple in graph for term in triple}
    focus = None if any(isinstance(term, BNode) for term in names) else sorted(map(str, names - literals(names)))
    with beside_background(graph) as data:
        return tuple(validated(data, shapes(name), focus))


def literals(terms: Iterable[Node]) -> set[Node]:
    """The literals among terms."""
    return {term for term in terms if isinstance(term, Literal)}


def rules_of(path: Path) -> set[str]:
    """The named shapes of a file that have a message; the shape of a class only lists property shapes."""
    graph = read(path)
    return {
        str(s).removeprefix(SHAPE)
        for kind in (SH.NodeShape, SH.PropertyShape)
        for s in graph.subjects(RDF.type, kind)
        if str(s).startswith(SHAPE) and (s, SH.property, None) not in graph
    }


def members(graph: Graph, node: Node | None, term: Node) -> list[Node]:
    """The members of a list that a node has."""
    head = graph.value(node, term)
    return list(Collection(graph, head)) if head is not None else []


def name_of_rule(rule: Node) -> str:
    """The name of a rule, without the namespace."""
    return str(rule).removeprefix(SHAPE)


def name_of(case: Path) -> str:
    """The name of the rule that a case is about."""
    return case.name.split(".")[0]


def test_there_are_rules_and_each_is_in_the_file_of_its_name() -> None:
    """A rule `TreatyAction-order` is found in TreatyAction.ttl."""
    assert sum(len(rules_of(path)) for path in FILES.values()) > 300
    misplaced = [(name, rule) for name, path in FILES.items() for rule in rules_of(path) if rule.split("-")[0] != name]
    assert misplaced == []


def test_every_rule_has_a_good_and_a_bad_file_and_every_file_a_rule() -> None:
    """No rule is a guess, and no case is left over."""
    rules = {rule for path in FILES.values() for rule in rules_of(path)}
    assert {case.name for case in CASES} == {f"{rule}.{verdict}.ttl" for rule in rules for verdict in ("good", "bad")}


def test_every_rule_says_in_english_what_to_do() -> None:
    """Each rule has one English message, a sentence or two that end with a full stop."""
    graph = shapes("*")
    for path in FILES.values():
        for rule in rules_of(path):
            bearer = graph.value(SHAPE[rule], SH.sparql) or SHAPE[rule]
            messages = list(graph.objects(bearer, SH.message))
            assert [getattr(m, "language", None) for m in messages] == ["en"], rule
            assert str(messages[0]).endswith("."), rule


def test_no_two_rules_share_a_name_or_a_message_within_a_file() -> None:
    """A message distinguishes the rules of one file."""
    for path in FILES.values():
        messages = [str(message) for message in read(path).objects(None, SH.message)]
        assert len(messages) == len(set(messages)), path.name


def test_the_shapes_are_shacl(pytestconfig: pytest.Config) -> None:
    """The shapes conform to the shapes of SHACL itself; in a long run pySHACL says so too."""
    own = files("pyshacl.assets").joinpath("shacl-shacl.ttl").read_text("utf-8")
    assert [str(found) for found in Shapes.from_turtle(own).validate_text(as_lines(shapes("*")), "nt").results] == []
    if pytestconfig.getoption("long"):
        conforms, _, text = meta_validate(
            shapes("*"), inference="none", max_validation_depth=40
        )  # path lists nest deep
        assert conforms, text


def test_the_background_conforms(pytestconfig: pytest.Config) -> None:
    """The background of the cases breaks no rule, and neither does the ontology; in a long run by pySHACL too."""
    data, rules = as_lines(background() + ontology()), as_lines(shapes("*"))
    assert check(data.encode(), prepare({*rules.split("\n")}, set()), BASE).results == ()
    if pytestconfig.getoption("long"):
        assert validated(background() + ontology(), shapes("*")) == []


def as_lines(graph: Graph) -> str:
    """A graph as N-Triples."""
    return graph.serialize(format="nt")


def test_the_lists_of_values_are_those_of_the_ontology() -> None:
    """A rule that lists a whole value list lists what the ontology has, no more and no less."""
    graph = shapes("*")
    for subject, head in graph.subject_objects(SH["in"]):
        listed = {str(item) for item in Collection(graph, head)}
        if not all(item.startswith(f"{BASE}id/") for item in listed):
            continue
        kinds = {item.removeprefix(f"{BASE}id/").split("/")[0] for item in listed}
        scheme = URIRef(f"{BASE}id/scheme/{kinds.pop()}")
        known = {str(concept) for concept in ontology().subjects(SKOS.inScheme, scheme)}
        if subject != SHAPE["Petition-unit-value"]:  # petitions count people or petitions only
            assert listed == known, subject
        assert listed <= known, subject


def test_every_class_has_one_shape_that_lists_its_property_shapes() -> None:
    """So that forms and documentation find them; each has a name, a description, its place in the order and a group."""
    graph = shapes("*")
    by_class: dict[str, list[str]] = {}
    for shape, target in graph.subject_objects(SH.targetClass):
        if (shape, SH.property, None) in graph:
            by_class.setdefault(str(target), []).append(str(shape))
    assert {target: found for target, found in by_class.items() if len(found) > 1} == {}
    listed = {rule for shape in graph.subjects(SH.property) for rule in graph.objects(shape, SH.property)}
    for rule in graph.subjects(RDF.type, SH.PropertyShape):
        if not str(rule).startswith(SHAPE):
            continue
        if name_of_rule(rule)[0].isupper():
            assert rule in listed or (rule, SH.targetSubjectsOf, None) in graph, rule
        assert (rule, SH.targetClass, None) not in graph or not name_of_rule(rule)[0].isupper(), rule
        for member in (SH.name, SH.description, SH.order):
            assert len(list(graph.objects(rule, member))) == 1, (rule, member)
        assert graph.value(rule, SH.group) in set(graph.subjects(RDF.type, SH.PropertyGroup)), rule


def test_a_description_is_the_definition_in_the_ontology() -> None:
    """A form shows what the ontology says of the property."""
    graph = shapes("*")
    for rule, path in graph.subject_objects(SH.path):
        definition = ontology().value(path, SKOS.definition) if str(path).startswith(UPHOLD) else None
        described = graph.value(rule, SH.description)
        if definition is not None and described is not None and name_of_rule(rule)[0].isupper():
            assert described == definition, rule


def test_a_result_is_about_a_thing_and_the_same_on_every_day() -> None:
    """No shape has a single node as its target, and none asks for the time."""
    assert list(shapes("*").subject_objects(SH.targetNode)) == []
    assert [text for text in shapes("*").objects(None, SH.select) if "NOW" in str(text)] == []


def test_the_classes_that_exclude_each_other_are_those_of_the_ontology() -> None:
    """Each pair once."""
    graph, pairs = shapes("vocabulary"), set()
    for row in members(graph, graph.value(SHAPE["vocabulary-disjoint"], SH["not"]), SH["or"]):
        first = graph.value(row, SH["class"])
        for other in members(graph, row, SH["or"]):
            pairs.add(frozenset((first, graph.value(other, SH["class"]))))
    assert pairs == {frozenset(pair) for pair in ontology().subject_objects(OWL.disjointWith)}


def test_the_kinds_of_treaty_action_are_those_of_the_ontology() -> None:
    """An act of a more general type only does not say what it is."""
    graph = shapes("TreatyAction")
    listed = {graph.value(member, SH["class"]) for member in members(graph, SHAPE["TreatyAction-kind"], SH["or"])}
    assert listed == set(ontology().subjects(RDFS.subClassOf, UPHOLD.TreatyAction))


def test_every_target_class_of_this_project_is_one_of_the_ontology() -> None:
    """No rule waits for a class that does not exist."""
    targets = {target for target in shapes("*").objects(None, SH.targetClass) if str(target).startswith(UPHOLD)}
    assert {target for target in targets if (target, RDFS.isDefinedBy, None) not in ontology()} == set()


def test_every_property_of_the_ontology_requires_a_type() -> None:
    """Whatever is said with a term of the ontology is said of a typed thing, so that the rules of its class see it."""
    targets = set(shapes("vocabulary").objects(SHAPE["vocabulary-typed"], SH.targetSubjectsOf))
    kinds = (OWL.ObjectProperty, OWL.DatatypeProperty)
    assert targets == {p for kind in kinds for p in ontology().subjects(RDF.type, kind) if str(p).startswith(UPHOLD)}


@pytest.mark.one_in(8, "case", BAD + GOOD, ids=lambda case: case.name.removesuffix(".ttl"))
def test_a_case_breaks_the_rule_it_says_and_no_other(case: Path) -> None:
    """A good file conforms; a bad one is reported by exactly the shape that its first line expects.

    By pySHACL; other processors and the compiled shapes validate all cases in every run.
    """
    text = case.read_text("utf-8")
    expected = {text.split("\n")[0].removeprefix("# expects: ")} if ".bad." in case.name else set()
    assert expected <= {f"shape:{name_of(case)}"}
    results = verdict(text, name_of(case).split("-")[0])
    assert {shape for shape, _ in results} == expected
    assert not [message for _, message in results if "{" in message]  # every value was filled in


@cache
def store() -> ox.Store:
    """The ontology and the background for the compiled shapes; a test that adds triples removes them again."""
    made = ox.Store()
    for path in [*sorted((ROOT / "ontology").glob("*.ttl")), HERE / "background.ttl"]:
        made.load(path=str(path), format=ox.RdfFormat.TURTLE)
    return made


@cache
def compiled(name: str) -> Compiled:
    """The compiled rules of one file and the graph-wide ones."""
    own, others = compiled_alone(name), compiled_alone("*")
    return others if name in BESIDE else Compiled([*own.rules, *others.rules], {**others.classes, **own.classes})


@cache
def compiled_alone(name: str) -> Compiled:
    """The compiled rules of one file, or the graph-wide ones for `*`."""
    paths = [FILES[stem] for stem in BESIDE] if name == "*" else [FILES[name], FILES["prefixes"]]
    triples = (quad.triple for path in paths for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE))
    return compile_shapes(triples, direct_subclasses(store()))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.removesuffix(".ttl"))
def test_the_compiled_shapes_find_the_same_in_a_change(case: Path) -> None:
    """The case is an addition to the background: what it can affect is validated, and all data by the file's rules."""
    name = name_of(case)
    expected = {f"{SHAPE}{name}"} if ".bad." in case.name else set()
    added = [ox.Quad(*with_iris(quad.triple)) for quad in ox.parse(path=str(case), format=ox.RdfFormat.TURTLE)]
    added = [quad for quad in added if quad not in store()]
    store().extend(added)
    try:
        rules, query = compiled(name.split("-")[0]), engine_of(store())
        found = evaluate(rules, nodes_of_change(rules, [quad.triple for quad in added], query), query)
        assert {each.result.shape for each in found} == expected
        assert not [each for each in found if "{" in each.result.message]
        own = compiled_alone(name.split("-")[0])
        assert {each.result.shape for each in evaluate_all(own, query)} == expected
    finally:
        for quad in added:
            store().remove(quad)


def test_good_files_use_terms_of_the_ontology_only() -> None:
    """The cases are examples to follow, so their terms exist."""
    graph = read(*GOOD, HERE / "background.ttl")
    used = {term for term in {*graph.predicates(), *graph.objects(None, RDF.type)} if str(term).startswith(UPHOLD)}
    assert {term for term in used if (term, RDF.type, None) not in ontology()} == set()


def test_patterns_take_time_in_proportion_to_the_text() -> None:
    """A text made to defeat backtracking is validated at once."""
    hostile = Literal("scrip" * 40000 + "t:" * 10000 + "script:", "en")
    thing = URIRef("https://data.example/hostile")
    case = Graph().add((thing, SKOS.prefLabel, hostile))
    with beside_background(case) as data:
        found = validated(data, shapes("labels"), [str(thing)])
    assert {shape for shape, _ in found} == {"shape:labels-length", "shape:labels-script"}


INVISIBLE = (0x2028, 0x202E, 0x2066, 0xFEFF)


@pytest.mark.parametrize(
    ("rule", "codes"),
    [
        ("labels-character", (*range(1, 32), *range(127, 160))),
        ("labels-control", INVISIBLE),
        ("labels-elsewhere", INVISIBLE),
    ],
)
def test_a_pattern_with_escapes_means_the_same_to_other_engines(rule: str, codes: tuple[int, ...]) -> None:
    """Python's, and Oxigraph's as SPARQL calls it: what a rule refuses does not match; letters and line ends do."""
    pattern = str(shapes("labels").value(SHAPE[rule], SH.pattern))
    controls = [chr(code) for code in codes]
    allowed = ["\t", "\n", "\r", "u", "0", "x", "é", "\u2027", "\u202f", "漢", "\U0001f6a9", ""]
    found = {char: bool(re.search(pattern, f"a{char}b")) for char in (*controls, *allowed)}
    assert found == {char: char in allowed for char in found}
    texts = "\n".join(f"{ox.Literal(f'a{char}b')}" for char in found)
    query_text = f"SELECT ?text {{ VALUES ?text {{ {texts} }} FILTER (REGEX(?text, {ox.Literal(pattern)})) }}"
    rows = ox.Store().query(query_text)
    assert isinstance(rows, ox.QuerySolutions)
    assert {row["text"].value for row in rows} == {f"a{char}b" for char in allowed}
