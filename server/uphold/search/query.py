"""Search: finds things by what they are called, in any language, also when it is mistyped or only begun.

First come things with just this label or code, then those with a label that begins with it, then those with all its
words (the last one may be only begun); within each step a preferred label counts more than another one. Where all that
finds little, and nothing that is called just so, those follow that have nearly these words. The same snapshot and text
give the same hits in the same order on every machine.

What somebody types never is a query: it is split into words, and each becomes a term to look up. So no sign in it has a
meaning, and its length bounds the work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tantivy
from tantivy import Occur, Query

from uphold.errors import InvalidParameter, SnapshotNotFound
from uphold.rdf.terms import Label, Names
from uphold.search.analysis import is_han, split, whole
from uphold.search.index import ALL, EACH

__all__ = ["LONGEST", "Found", "Hit", "Search"]

LONGEST = 200
"""The most characters that a search may have."""

ENOUGH = 10
MOST_WORDS, MOST_WORDS_NEARLY = 24, 6  # words after these do not count
FAR, NEAR = 8, 4  # from how many letters on a word may have two mistakes, and one
STEPS = {
    "whole": (1.0, 0.95),
    "begins": (0.8, 0.75),
    "words": (0.6, 0.55),
    "begun": (0.5, 0.45),
    "nearly": (0.3, 0.25),
    "nearly-begun": (0.2, 0.15),
}
"""The score of each step: by a preferred label, and by any."""

Scored = list[tuple[float, tantivy.DocAddress]]


@dataclass(frozen=True, slots=True)
class Hit:
    """A thing that was found: what it is called, which label or code matched, and how well."""

    iri: str
    label: Label
    matched: str
    kind: str
    types: tuple[str, ...]
    score: float

    def as_json(self) -> dict[str, Any]:
        """The hit as JSON."""
        return {
            "id": self.iri,
            "label": self.label.text,
            "language": self.label.language or None,
            "matched": self.matched,
            "kind": self.kind,
            "types": list(self.types),
            "score": self.score,
        }


@dataclass(frozen=True, slots=True)
class Found:
    """A part of the hits, and how many there are in all."""

    hits: Sequence[Hit]
    total: int


class Search:
    """The search index of one snapshot; raises `SnapshotNotFound` when it is not readable."""

    def __init__(self, folder: Path, names: Names) -> None:
        try:
            index = tantivy.Index.open(str(folder))
            index.config_reader("manual")  # a snapshot never changes, so nothing need watch for it
            self.searcher = index.searcher()
        except (ValueError, OSError) as problem:
            raise SnapshotNotFound(f"The search index in {folder} is not readable; build again.") from problem
        self.schema = index.schema
        self.kinds = self.values("kind")
        self.languages = tuple(name for name in self.values("scope") if name not in (ALL, EACH))
        self.types = {iri: iri for iri in self.values("type")}
        self.types |= {names.short(iri): iri for iri in self.types}
        self.types |= {names.local(iri): iri for iri in [*self.types.values()] if iri.startswith(names.base)}

    def values(self, field: str) -> tuple[str, ...]:
        """What a field holds."""
        return tuple(sorted(value for value, _ in self.searcher.terms_with_prefix(field, "")))

    def names(self) -> list[str]:
        """What hits can be restricted to: kinds, and classes by their short names."""
        return [*self.kinds, *sorted(name for name in self.types if ":" in name and "/" not in name)]

    def find(self, text: str, *, of: str = "", language: str = "", offset: int = 0, limit: int = 20) -> Found:
        """The things that are called so; raises `InvalidParameter`.

        `of` is a kind, or a class by its IRI or its short name; `language` is that of the labels to look at.
        """
        if len(text) > LONGEST:
            raise InvalidParameter(f"q has {len(text)} characters; at most {LONGEST} are looked for.")
        filters = [*self.of(of), self.scope(language)]
        words = split(text)
        if not words:
            return Found((), 0)
        steps = self.steps(words)
        if not self.suffice(filters, steps):
            steps += self.steps_nearly(words)
        best = Query.disjunction_max_query(steps)
        hits, total = self.run(filters, best, limit, offset)
        entries = [(score, self.searcher.doc(address).to_dict()) for score, address in hits]
        matched = self.matched([entry["iri"][0] for _, entry in entries], words, language, best)
        return Found(tuple(hit(entry, score, matched) for score, entry in entries), total)

    def suffice(self, filters: Sequence[Query], steps: Sequence[Query]) -> bool:
        """Whether these find something with just this name, or so much that hardly anybody has mistyped."""
        hits, total = self.run(filters, Query.disjunction_max_query(steps), 1)
        return bool(hits) and (total >= ENOUGH or round(hits[0][0], 2) >= STEPS["whole"][1])

    def run(self, filters: Sequence[Query], query: Query, limit: int, offset: int = 0) -> tuple[Scored, int]:
        """The entries that pass the filters and match, the best first, and how many there are in all."""
        start = min(offset, self.searcher.num_docs)  # the library makes room for all that are passed over
        found = self.searcher.search(among(filters, query), limit=limit, offset=start)
        return found.hits, found.count  # type: ignore[attr-defined]  # which its stubs leave out

    def of(self, name: str) -> list[Query]:
        """What restricts hits to a kind or a class."""
        if not name:
            return []
        if name in self.kinds:
            return [self.term("kind", name)]
        if name not in self.types:
            kinds = ", ".join(self.kinds)
            raise InvalidParameter(
                f"type is {name[:80]!r}; it must be a class that something is of, or one of {kinds}."
            )
        return [self.term("type", self.types[name])]

    def scope(self, language: str) -> Query:
        """What restricts entries to one for each thing: for all its labels, or for those in a language."""
        if language and language.lower() not in self.languages:
            known = ", ".join(self.languages)
            raise InvalidParameter(f"lang is {language[:40]!r}; labels are in {known}.")
        return self.term("scope", language.lower() or ALL)

    def matched(self, iris: Sequence[str], words: Sequence[str], language: str, steps: Query) -> dict[str, str]:
        """The label or code of each thing that matched best; the one with most of the words where none has all."""
        if not iris:
            return {}
        some = [Query.const_score_query(self.exactly(unit), 0.001) for unit in units(words)]
        best = Query.disjunction_max_query([steps, Query.boolean_query([(Occur.Should, each) for each in some])])
        filters = [self.term("scope", EACH), Query.term_set_query(self.schema, "iri", list(iris))]
        if language:
            spoken = [self.term("language", language.lower()), prefix(self.schema, "code", "")]
            filters.append(Query.boolean_query([(Occur.Should, each) for each in spoken]))
        found: dict[str, str] = {}
        for _, address in self.run(filters, best, 20 * len(iris))[0]:
            entry = self.searcher.doc(address)
            found.setdefault(entry["iri"][0], entry["label"][0])
        return found

    def steps(self, words: Sequence[str]) -> list[Query]:
        """The ways to match, each with its score; a thing counts by its best one."""
        text, (*first, last) = whole(list(words)), units(words)
        steps = [scored("whole", 0, self.term("code", text))]
        for place, field in enumerate(("whole_preferred", "whole_other")):
            steps.append(scored("whole", place, self.term(field, text)))
            steps.append(scored("begins", place, prefix(self.schema, field, text)))
        for place, field in enumerate(("words_preferred", "words")):
            ends = {way: self.exactly(last, field, begun=way == "begun") for way in ("words", "begun")}
            steps.append(every([self.exactly(unit, field) for unit in first], ends, place))
        return steps

    def steps_nearly(self, words: Sequence[str]) -> list[Query]:
        """The further ways, in which words may be mistyped."""
        *first, last = units(words)[:MOST_WORDS_NEARLY]
        steps = []
        for place, field in enumerate(("words_preferred", "words")):
            ends = {way: self.nearly(last, field, begun=way == "nearly-begun") for way in ("nearly", "nearly-begun")}
            steps.append(every([self.nearly(unit, field) for unit in first], ends, place))
        return steps

    def exactly(self, unit: Sequence[str], field: str = "words", *, begun: bool = False) -> Query:
        """Labels with this word, or with these characters side by side."""
        if len(unit) > 1:
            return Query.phrase_query(self.schema, field, list(unit))
        return prefix(self.schema, field, unit[0]) if begun else self.term(field, unit[0])

    def nearly(self, unit: Sequence[str], field: str, *, begun: bool = False) -> Query:
        """Labels with a word that differs by a mistake or two, more in long words; figures are never mistaken."""
        letters = len(unit[0])
        if len(unit) > 1 or letters < NEAR or not unit[0].isalpha():
            return self.exactly(unit, field, begun=begun)
        return Query.fuzzy_term_query(self.schema, field, unit[0], distance=2 if letters >= FAR else 1, prefix=begun)

    def term(self, field: str, value: str) -> Query:
        """Entries with this value."""
        return Query.term_query(self.schema, field, value, index_option="basic")


def hit(entry: dict[str, Any], score: float, matched: dict[str, str]) -> Hit:
    """What the index keeps of a thing, as a hit."""
    iri, label = entry["iri"][0], Label(entry["label"][0], entry["label_language"][0])
    types = tuple(sorted(entry.get("types", ())))
    return Hit(iri, label, matched.get(iri, label.text), entry["kind"][0], types, round(score, 2))


def units(words: Sequence[str]) -> list[list[str]]:
    """What is looked for as one: a word, or Chinese characters that stand side by side."""
    found: list[list[str]] = []
    for word in words[:MOST_WORDS]:
        if found and is_han(word) and is_han(found[-1][0]):
            found[-1].append(word)
        else:
            found.append([word])
    return found


def scored(step: str, place: int, query: Query) -> Query:
    """The query with the score of a step."""
    return Query.const_score_query(query, STEPS[step][place])


def every(first: Sequence[Query], ends: Mapping[str, Query], place: int) -> Query:
    """What matches all the first words, scored by how it ends."""
    before = [(Occur.Must, Query.const_score_query(query, 0.0)) for query in first]
    last = Query.disjunction_max_query([scored(way, place, query) for way, query in ends.items()])
    return Query.boolean_query([*before, (Occur.Must, last)])


def among(filters: Sequence[Query], query: Query) -> Query:
    """The query within what passes all filters, which do not count in the score."""
    passed = [(Occur.Must, Query.const_score_query(each, 0.0)) for each in filters]
    return Query.boolean_query([*passed, (Occur.Must, query)])


def prefix(schema: tantivy.Schema, field: str, start: str) -> Query:
    """Entries with a value that begins like this."""
    return Query.fuzzy_term_query(schema, field, start, distance=0, prefix=True)
