"""Property paths (SHACL 1.0, 2.3.1) as SPARQL text, and the triples that each of them reads.

`steps` answers: if a triple with this predicate is added or removed, from which end does the path reach it, and by
which path? From that follows which focus nodes a change affects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from uphold.errors import UnsupportedShape
from uphold.validation.triple_index import Node, TripleIndex, rdf, sh

__all__ = ["EMPTY", "Path", "Step", "joined", "predicate", "read_path"]


@dataclass(frozen=True, slots=True)
class Path:
    """A path: its kind, and the IRI of a predicate path or the parts of any other."""

    kind: str
    iri: str = ""
    parts: tuple[Path, ...] = ()

    @property
    def sparql(self) -> str:
        """The path in SPARQL (SPARQL 1.1, 9.1); empty for the empty path."""
        match self.kind:
            case "predicate":
                return f"<{self.iri}>"
            case "inverse":
                return f"^{self.parts[0].grouped}"
            case "sequence":
                return "/".join(part.grouped for part in self.parts)
            case "alternative":
                return "|".join(part.grouped for part in self.parts)
            case _:  # *, + and ? are their own signs
                return f"{self.parts[0].grouped}{self.kind}"

    @property
    def grouped(self) -> str:
        """The path, in parentheses unless it is a predicate."""
        return self.sparql if self.kind == "predicate" else f"({self.sparql})"

    @property
    def text(self) -> str:
        """The path as reports show it: IRIs without angle brackets, and only the parentheses that it needs."""
        match self.kind:
            case "predicate":
                return self.iri
            case "inverse":
                return f"^{self.parts[0].text_within('predicate')}"
            case "sequence":
                return "/".join(part.text_within("predicate", "inverse", "*", "+", "?") for part in self.parts)
            case "alternative":
                return "|".join(part.text for part in self.parts)
            case _:
                return f"{self.parts[0].text_within('predicate')}{self.kind}"

    def text_within(self, *kinds: str) -> str:
        """The text, in parentheses unless the path is of one of these kinds."""
        return self.text if self.kind in kinds else f"({self.text})"

    @property
    def reversed(self) -> Path:
        """The path from its end to its beginning."""
        match self.kind:
            case "predicate":
                return Path("inverse", parts=(self,))
            case "inverse":
                return self.parts[0]
            case "sequence":
                return joined(part.reversed for part in reversed(self.parts))
            case _:
                return Path(self.kind, parts=tuple(part.reversed for part in self.parts))

    @property
    def leads_back(self) -> bool:
        """Whether the path can have no steps, so that it leads from each node to itself."""
        match self.kind:
            case "*" | "?":
                return True
            case "predicate":
                return False
            case "alternative":
                return any(part.leads_back for part in self.parts)
            case _:
                return all(part.leads_back for part in self.parts)

    def steps(self) -> Iterator[Step]:
        """Each predicate in the path, with the path before and after it."""
        match self.kind:
            case "predicate":
                yield Step(EMPTY, self.iri, EMPTY, forward=True)
            case "inverse":
                for step in self.parts[0].steps():
                    yield Step(step.after.reversed, step.predicate, step.before.reversed, forward=not step.forward)
            case "sequence":
                for at, part in enumerate(self.parts):
                    for step in part.steps():
                        before = joined([*self.parts[:at], step.before])
                        yield Step(before, step.predicate, joined([step.after, *self.parts[at + 1 :]]), step.forward)
            case "alternative":
                for part in self.parts:
                    yield from part.steps()
            case _:
                any_times = EMPTY if self.kind == "?" else Path("*", parts=self.parts)
                for step in self.parts[0].steps():
                    before, after = joined([any_times, step.before]), joined([step.after, any_times])
                    yield Step(before, step.predicate, after, step.forward)


@dataclass(frozen=True, slots=True)
class Step:
    """One predicate of a path; `forward` if the path goes through its triples from subject to object."""

    before: Path
    predicate: str
    after: Path
    forward: bool


EMPTY = Path("sequence")
"""The path from a node to itself."""


def predicate(iri: str) -> Path:
    """The path of one predicate."""
    return Path("predicate", iri)


def joined(parts: Iterable[Path]) -> Path:
    """The paths one after another."""
    flat: list[Path] = []
    for part in parts:
        flat += part.parts if part.kind == "sequence" else [part]
    return flat[0] if len(flat) == 1 else Path("sequence", parts=tuple(flat))


FIRST, ALTERNATIVE, INVERSE = rdf("first"), sh("alternativePath"), sh("inversePath")
SIGNS = {sh("zeroOrMorePath"): "*", sh("oneOrMorePath"): "+", sh("zeroOrOnePath"): "?"}


def read_path(shapes: TripleIndex, node: Node, outer: tuple[Node, ...] = ()) -> Path:
    """The path at a node of a shapes graph; raises `UnsupportedShape` for what is not one."""
    if isinstance(node, ox.NamedNode):
        return predicate(node.value)

    def inner(part: Node) -> Path:
        return read_path(shapes, part, (*outer, node))

    said = shapes.properties(node)
    kinds = {term for term, _ in said}
    if node in outer or (len(said) > 1 and FIRST not in kinds):
        raise UnsupportedShape(f"{node} is not a property path: it refers to itself or is two (SHACL 2.3.1).")
    if FIRST in kinds:
        return joined(map(inner, members(shapes, node)))
    for term, value in said:
        if term == ALTERNATIVE:
            return Path("alternative", parts=tuple(map(inner, members(shapes, value))))
        if term == INVERSE:
            return Path("inverse", parts=(inner(value),))
        if term in SIGNS:
            return Path(SIGNS[term], parts=(inner(value),))
    raise UnsupportedShape(f"{node} is not a property path (SHACL 2.3.1).")


def members(shapes: TripleIndex, head: Node) -> list[Node]:
    """The members of a sequence or alternative path."""
    found = shapes.members(head)
    if len(found) < 2:
        raise UnsupportedShape(f"{head} is not a property path: it has less than two members (SHACL 2.3.1).")
    return found
