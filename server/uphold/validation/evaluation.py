"""Evaluation: runs compiled shapes, for all targets or for the focus nodes that a change affects, and reads results."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import pyoxigraph as ox

from uphold.validation.changes import Engine, Nodes, affected, chunks, only_targets, values
from uphold.validation.lexical_faults import explain
from uphold.validation.paths import Path
from uphold.validation.report import Result
from uphold.validation.rules import SKOLEM_PREFIX, Closure, Compiled, Rule
from uphold.validation.shape_graph import Targets

__all__ = ["Found", "Progress", "evaluate", "evaluate_all", "in_silence", "nodes_of_change", "shown"]

PLACEHOLDER = re.compile(r"\{[?$](\w+)\}")
SEVERITIES = "http://www.w3.org/ns/shacl#"
OF_DATATYPES = ("datatype", "or")


Progress = Callable[[int, int], None]
"""Receives how many rules are done, of how many."""


def in_silence(done: int, of: int) -> None:
    """Report no progress."""


class Found(NamedTuple):
    """A result, and the constraint component that found it."""

    result: Result
    component: str


def evaluate_all(compiled: Compiled, query: Engine) -> set[Found]:
    """The results of all rules for all their targets."""
    return evaluate(compiled, dict.fromkeys(compiled.rules), query)


def nodes_of_change(compiled: Compiled, added: Iterable[ox.Triple], query: Engine) -> Nodes:
    """The rules, and the targets of each, that added triples can affect; `query` runs on the data with them."""
    return only_targets(compiled, affected(compiled, added, query), query)


def evaluate(compiled: Compiled, nodes: Nodes, query: Engine, progress: Progress = in_silence) -> set[Found]:
    """The results of rules for focus nodes; None stands for all targets."""
    found = set()
    for done, (rule, some) in enumerate(nodes.items(), 1):
        for focus in focus_patterns(compiled, rule, some):
            found |= {Found(result(rule, row, query), rule.component) for row in query(rule.query(focus))}
        progress(done, len(nodes))
    return found


def focus_patterns(compiled: Compiled, rule: Rule, nodes: set[str] | None) -> Iterator[str]:
    """The patterns that bind ?this to the focus nodes of a rule."""
    if nodes is None:
        yield all_targets(rule.targets, compiled.classes)
    else:
        for some in chunks(sorted(nodes)):
            yield values("?this", map(ox.NamedNode, some))


def all_targets(targets: Targets, classes: Closure) -> str:
    """The pattern that binds ?this to all targets of a shape (SHACL 2.1.3)."""
    kinds = sorted({sub for kind in targets.classes for sub in classes[kind]})
    parts = []
    if kinds:
        parts.append(f"?this a ?kind VALUES ?kind {{ {' '.join(f'<{kind}>' for kind in kinds)} }}")
    parts += [f"?this <{name}> ?object" for name in sorted(targets.subjects_of)]
    parts += [f"?subject <{name}> ?this" for name in sorted(targets.objects_of)]
    parts += [f"VALUES ?this {{ {node} }}" for node in sorted(targets.nodes, key=str)]
    return f"{{ SELECT DISTINCT ?this WHERE {{ {' UNION '.join(f'{{ {part} }}' for part in parts)} }} }}"


def result(rule: Rule, row: Any, query: Engine) -> Result:
    """The result for a row of a rule's query."""
    focus, value, path = (bound(row, name) for name in ("this", "value", "path"))
    if rule.component == "sparql" and value is None:
        value = focus
    text = None if value is None else shown(value)
    severity = rule.severity.removeprefix(SEVERITIES)
    where = shown(path) if path is not None else path_text(rule.path, focus, value, query)
    return Result(shown(focus), where, text, message(rule, row, value), severity, rule.shape)


def message(rule: Rule, row: Any, value: Any) -> str:
    """The message, with the values of its variables, and for a wrong datatype with the fault of the value."""
    text = PLACEHOLDER.sub(lambda found: filled(row, found), rule.message or "does not conform")
    if rule.component in OF_DATATYPES and isinstance(value, ox.Literal):
        reason = explain(value.value, value.datatype.value, rule.datatypes)
        return f"{reason} {text}" if reason else text
    if (other := bound(row, "incomparable")) is not None:
        return f"{quoted(value)} and {quoted(other)} cannot be compared. {text}"
    return text


def quoted(term: Any) -> str:
    """A value as a message quotes it."""
    text = shown(term)
    return f'"{text[:80]}{"…" if len(text) > 80 else ""}"'


def filled(row: Any, placeholder: re.Match[str]) -> str:
    """The value of a variable in a message."""
    term = bound(row, placeholder[1])
    return placeholder[0] if term is None else shown(term)


def bound(row: Any, name: str) -> Any:
    """The term of a variable, or None."""
    try:
        return row[name]
    except KeyError:  # the query does not select it
        return None


def path_text(path: Path | None, focus: Any, value: Any, query: Engine) -> str | None:
    """A path as results show it; of an alternative path, only the members that lead to the value."""
    if path is None or path.kind != "alternative" or value is None:
        return path.text if path else None
    leading = [part for part in path.parts if part.kind == "predicate" and leads(focus, part, value, query)]
    return "|".join(part.text for part in leading) or path.text


def leads(focus: Any, path: Path, value: Any, query: Engine) -> bool:
    """Whether a predicate leads from the focus node to the value."""
    if isinstance(focus, ox.BlankNode) or isinstance(value, ox.BlankNode):
        return False
    return any(True for _ in query(f"SELECT * WHERE {{ {focus} {path.sparql} {value} }} LIMIT 1"))


def shown(term: Any) -> str:
    """A term in a report: a blank node as its label, any other as its IRI or lexical form."""
    text = f"_:{term.value}" if isinstance(term, ox.BlankNode) else str(term.value)
    return text.replace(SKOLEM_PREFIX, "_:")
