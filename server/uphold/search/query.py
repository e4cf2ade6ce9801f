"""Search queries: finds resources by name, in any language, even if it is mistyped or incomplete.

First come resources with exactly this label or code, then those with a label that begins with it, then those with all
its words (the last one may be a prefix); within each step a preferred label counts more than another one. If all that
finds little and no exact match, those with similar words follow. The same snapshot and text give the same hits in the
same order on every machine.

The search text is never parsed as a query: it is split into words, and each becomes a term to look up. So it has no
special characters, and its length limits the work.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tantivy
from tantivy import Occur, Query

from uphold.errors import InvalidParameter, SnapshotNotFound
from uphold.rdf.terms import Label, Names
from uphold.search.analysis import is_han, split, whole
from uphold.search.index import ALL, EACH, index_in_memory
from uphold.search.lookup import Changes, Scored, among, place_of, search

__all__ = ["LONGEST", "Hit", "Search", "SearchResult"]

LONGEST = 200
"""Length limit of a search text in characters."""

ENOUGH = 10
MOST_WORDS, MOST_WORDS_NEARLY = 24, 6  # further words are ignored
FAR, NEAR = 8, 4  # minimum letters of a word for two typos, and for one
STEPS = {
    "whole": (1.0, 0.95),
    "begins": (0.8, 0.75),
    "words": (0.6, 0.55),
    "begun": (0.5, 0.45),
    "nearly": (0.3, 0.25),
    "nearly-begun": (0.2, 0.15),
}
"""The score of each step: for a preferred label, and for any label."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A search hit: its label, the label or code that matched, and the score."""

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
class SearchResult:
    """A page of the hits, and the total number."""

    hits: Sequence[Hit]
    total: int


class Search:
    """The search index of one snapshot; raises `SnapshotNotFound` if it cannot be read.

    That of a written snapshot is the index of the built one, with another one in memory for what has changed. That is
    filled when it is first needed.
    """

    def __init__(self, folder: Path, names: Names, changes: Changes | None = None) -> None:
        try:
            index = tantivy.Index.open(str(folder))
            index.config_reader("manual")  # a snapshot never changes, so the index need not be watched
        except (ValueError, OSError) as problem:
            raise SnapshotNotFound(f"The search index in {folder} cannot be read; build again.") from problem
        self.schema, self.known, self.changes = index.schema, names, changes or Changes()
        self.searchers = [index.searcher()]
        self.lock = threading.Lock()
        self.filled = False
        if not self.changes.iris:
            self.fill()

    def fill(self) -> None:
        """Fill the index of what has changed, and read what there is to filter by."""
        with self.lock:
            if self.filled:
                return
            if self.changes.iris:
                self.searchers.append(index_in_memory(self.changes.lines(), self.known.base).searcher())
            self.kinds = self.values("kind")
            self.languages = tuple(name for name in self.values("scope") if name not in (ALL, EACH))
            self.types = {iri: iri for iri in self.values("type")}
            self.types |= {self.known.short(iri): iri for iri in self.types}
            ours = [iri for iri in self.types.values() if iri.startswith(self.known.base)]
            self.types |= {self.known.local(iri): iri for iri in ours}
            self.filled = True

    def values(self, field: str) -> tuple[str, ...]:
        """The values of a field that an entry has which is not hidden by a change."""
        old = [Query.term_set_query(self.schema, "iri", list(self.changes.iris))] if self.changes.iris else []
        found = set()
        for searcher, hidden in zip(self.searchers, (old, []), strict=False):
            for value, _ in searcher.terms_with_prefix(field, ""):
                if not hidden or search(searcher, among((), self.term(field, value), hidden), 1)[1]:
                    found.add(value)
        return tuple(sorted(found))

    def names(self) -> list[str]:
        """The values to filter by: kinds, and classes by their short names."""
        self.fill()
        return [*self.kinds, *sorted(name for name in self.types if ":" in name and "/" not in name)]

    def find(self, text: str, *, of: str = "", language: str = "", offset: int = 0, limit: int = 20) -> SearchResult:
        """The resources with this name; raises `InvalidParameter`.

        `of` is a kind, or a class by its IRI or its short name; `language` is that of the labels to search.
        """
        self.fill()
        if len(text) > LONGEST:
            raise InvalidParameter(f"q has {len(text)} characters; at most {LONGEST} are accepted.")
        filters = [*self.of(of), self.scope(language)]
        words = split(text)
        if not words:
            return SearchResult((), 0)
        steps = self.steps(words)
        if not self.suffice(filters, steps):
            steps += self.steps_nearly(words)
        best = Query.disjunction_max_query(steps)
        entries, total = self.run(filters, best, limit, offset)
        matched = self.matched([entry["iri"][0] for _, entry in entries], words, language, best)
        return SearchResult(tuple(hit(entry, score, matched) for score, entry in entries), total)

    def suffice(self, filters: Sequence[Query], steps: Sequence[Query]) -> bool:
        """Whether these find an exact match, or so much that a typo is unlikely."""
        hits, total = self.run(filters, Query.disjunction_max_query(steps), 1)
        return bool(hits) and (total >= ENOUGH or round(hits[0][0], 2) >= STEPS["whole"][1])

    def run(self, filters: Sequence[Query], query: Query, limit: int, offset: int = 0) -> tuple[Scored, int]:
        """The scores and entries of those that pass the filters and match, best first, and their total number.

        Hits of two indexes are merged in the order that they would have in one.
        """
        if len(self.searchers) == 1:
            return search(self.searchers[0], among(filters, query), limit, offset)
        old = Query.term_set_query(self.schema, "iri", list(self.changes.iris))
        unchanged, changed = among(filters, query, [old]), among(filters, query)
        found = [
            search(searcher, wanted, limit + offset)
            for searcher, wanted in zip(self.searchers, (unchanged, changed), strict=True)
        ]
        merged = sorted((hit for hits, _ in found for hit in hits), key=place_of)
        return merged[offset : offset + limit], sum(total for _, total in found)

    def of(self, name: str) -> list[Query]:
        """The filter by a kind or a class."""
        if not name:
            return []
        if name in self.kinds:
            return [self.term("kind", name)]
        if name not in self.types:
            kinds = ", ".join(self.kinds)
            raise InvalidParameter(f"type is {name[:80]!r}; it must be a class with instances, or one of {kinds}.")
        return [self.term("type", self.types[name])]

    def scope(self, language: str) -> Query:
        """The filter for one entry per resource: for all its labels, or for those in a language."""
        if language and language.lower() not in self.languages:
            known = ", ".join(self.languages)
            raise InvalidParameter(f"lang is {language[:40]!r}; labels are in {known}.")
        return self.term("scope", language.lower() or ALL)

    def matched(self, iris: Sequence[str], words: Sequence[str], language: str, steps: Query) -> dict[str, str]:
        """The best matching label or code of each resource; if none has all words, the one with most of them."""
        if not iris:
            return {}
        some = [Query.const_score_query(self.exactly(unit), 0.001) for unit in units(words)]
        best = Query.disjunction_max_query([steps, Query.boolean_query([(Occur.Should, each) for each in some])])
        filters = [self.term("scope", EACH), Query.term_set_query(self.schema, "iri", list(iris))]
        if language:
            spoken = [self.term("language", language.lower()), prefix(self.schema, "code", "")]
            filters.append(Query.boolean_query([(Occur.Should, each) for each in spoken]))
        found: dict[str, str] = {}
        for _, entry in self.run(filters, best, 20 * len(iris))[0]:
            found.setdefault(entry["iri"][0], entry["label"][0])
        return found

    def steps(self, words: Sequence[str]) -> list[Query]:
        """The ways to match, each with its score; a resource is ranked by its best one."""
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
        """The further ways, with typos."""
        *first, last = units(words)[:MOST_WORDS_NEARLY]
        steps = []
        for place, field in enumerate(("words_preferred", "words")):
            ends = {way: self.nearly(last, field, begun=way == "nearly-begun") for way in ("nearly", "nearly-begun")}
            steps.append(every([self.nearly(unit, field) for unit in first], ends, place))
        return steps

    def exactly(self, unit: Sequence[str], field: str = "words", *, begun: bool = False) -> Query:
        """Labels with this word, or with these adjacent characters."""
        if len(unit) > 1:
            return Query.phrase_query(self.schema, field, list(unit))
        return prefix(self.schema, field, unit[0]) if begun else self.term(field, unit[0])

    def nearly(self, unit: Sequence[str], field: str, *, begun: bool = False) -> Query:
        """Labels with a word that differs by one typo, or two in long words; numbers must match exactly."""
        letters = len(unit[0])
        if len(unit) > 1 or letters < NEAR or not unit[0].isalpha():
            return self.exactly(unit, field, begun=begun)
        return Query.fuzzy_term_query(self.schema, field, unit[0], distance=2 if letters >= FAR else 1, prefix=begun)

    def term(self, field: str, value: str) -> Query:
        """Entries with this value."""
        return Query.term_query(self.schema, field, value, index_option="basic")


def hit(entry: dict[str, Any], score: float, matched: dict[str, str]) -> Hit:
    """The hit of an index entry."""
    iri, label = entry["iri"][0], Label(entry["label"][0], entry["label_language"][0])
    types = tuple(sorted(entry.get("types", ())))
    return Hit(iri, label, matched.get(iri, label.text), entry["kind"][0], types, round(score, 2))


def units(words: Sequence[str]) -> list[list[str]]:
    """A search unit: a word, or adjacent Chinese characters."""
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
    """Matches all words but the last, scored by the last one."""
    before = [(Occur.Must, Query.const_score_query(query, 0.0)) for query in first]
    last = Query.disjunction_max_query([scored(way, place, query) for way, query in ends.items()])
    return Query.boolean_query([*before, (Occur.Must, last)])


def prefix(schema: tantivy.Schema, field: str, start: str) -> Query:
    """Entries with a value that begins with this prefix."""
    return Query.fuzzy_term_query(schema, field, start, distance=0, prefix=True)
