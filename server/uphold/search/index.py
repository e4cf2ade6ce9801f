"""Search index: every label and code of resources and terms, written once into the folder of a snapshot.

Each resource has an entry for all its labels, one for each of their languages, and one for each label, distinguished by
`scope`; so a filter by language is a term query, and the index itself can tell which label matched. Entries are in the
order of hits with equal scores: short names first, then by IRI. The folder is a tantivy index of one segment; its files
differ from build to build, its results do not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import tantivy

from uphold.rdf.terms import Label, best_label
from uphold.search.analysis import split, whole

__all__ = ["ALL", "EACH", "Named", "collect", "index_in_memory", "is_read", "properties", "write_search_index"]

RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
SKOS, DCTERMS = "http://www.w3.org/2004/02/skos/core#", "http://purl.org/dc/terms/"
PREFERRED = {f"{SKOS}prefLabel": 1, "http://www.w3.org/2000/01/rdf-schema#label": 2, f"{DCTERMS}title": 3}
OTHER = f"{SKOS}altLabel"
ALL, EACH = "*", "label"
"""The scopes of the entry for all labels of a resource, and of those for one label; else the scope is a language."""

MEMORY = 2_000_000_000  # a limit, not an allocation: within it, one thread writes one segment
RAW = ("iri", "scope", "language", "kind", "type", "code", "whole_preferred", "whole_other")
WORDS = ("words", "words_preferred")
STORED = ("label", "label_language", "types")


@dataclass(slots=True)
class Named:
    """A resource with its names: (rank, label) of the preferred ones, further labels, codes and classes."""

    preferred: set[tuple[int, Label]] = field(default_factory=set)
    other: set[Label] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)
    types: set[str] = field(default_factory=set)

    def languages(self) -> set[str]:
        """The languages of its labels, each also without its region or script."""
        tags = {label.language.lower() for label in [*self.other, *(label for _, label in self.preferred)]}
        return {part for tag in tags - {"", "und"} for part in (tag, tag.partition("-")[0])}

    def within(self, language: str) -> Named:
        """A copy with only the labels in one language."""

        def fits(label: Label) -> bool:
            tag = label.language.lower()
            return language in (tag, tag.partition("-")[0])

        preferred = {(rank, label) for rank, label in self.preferred if fits(label)}
        return Named(preferred, {label for label in self.other if fits(label)}, self.codes, self.types)

    def best(self) -> Label:
        """Its preferred label."""
        found = best_label(self.preferred) or best_label((0, label) for label in self.other)
        return found or Label(min(self.codes))


def write_search_index(lines: Iterable[str], folder: Path, base: str) -> None:
    """Write the index of all named resources in these statements, lines of N-Triples, into a new folder."""
    folder.mkdir()
    fill(tantivy.Index(schema(), str(folder)), lines, base)


def index_in_memory(lines: Iterable[str], base: str) -> tantivy.Index:
    """The same index in memory."""
    index = tantivy.Index(schema())
    fill(index, lines, base)
    index.reload()
    return index


def fill(index: tantivy.Index, lines: Iterable[str], base: str) -> None:
    """Write the entries of all named resources into an empty index, in the order of hits with equal scores."""
    named = collect(lines, base)
    writer = index.writer(heap_size=MEMORY, num_threads=1)
    entries = [entry for iri, thing in named.items() for entry in entries_of(iri, thing, base)]
    for _, _, _, entry in sorted(entries, key=lambda entry: entry[:3]):
        writer.add_document(tantivy.Document.from_dict(entry))
    writer.commit()
    writer.wait_merging_threads()


def collect(lines: Iterable[str], base: str) -> dict[str, Named]:
    """Everything under `id/` and every term of the ontology that has a label or a code."""
    codes = codes_of(base)
    about = (line for line in lines if is_read(line, base))
    found: dict[str, Named] = defaultdict(Named)
    for quad in ox.parse("\n".join(about), format=ox.RdfFormat.N_TRIPLES):
        thing, predicate, value = found[quad.subject.value], quad.predicate.value, quad.object
        if isinstance(value, ox.NamedNode):
            if predicate == RDF_TYPE:
                thing.types.add(value.value)
        elif isinstance(value, ox.Literal) and split(value.value):
            label = Label(value.value, value.language or "")
            if predicate in PREFERRED:
                thing.preferred.add((PREFERRED[predicate], label))
            elif predicate == OTHER:
                thing.other.add(label)
            elif predicate in codes:
                thing.codes.add(value.value)
    return {iri: thing for iri, thing in found.items() if thing.preferred or thing.other or thing.codes}


def codes_of(base: str) -> set[str]:
    """The properties whose values are codes."""
    return {f"{SKOS}notation", f"{DCTERMS}identifier", *(f"{base}ontology#{name}" for name in ("iso2", "iso3", "m49"))}


@cache
def properties(base: str) -> frozenset[str]:
    """The properties that an index depends on."""
    return frozenset({RDF_TYPE, OTHER, *PREFERRED, *codes_of(base)})


def is_read(line: str, base: str) -> bool:
    """Whether an index depends on a statement."""
    starts = (f"<{base}id/", f"<{base}ontology#")
    return line.startswith(starts) and line.split(" ", 2)[1][1:-1] in properties(base)


def schema() -> tantivy.Schema:
    """The fields of an entry."""
    builder = tantivy.SchemaBuilder()
    for name in RAW:
        builder.add_text_field(name, stored=name in ("iri", "kind"), tokenizer_name="raw", index_option="basic")
    for name in WORDS:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    for name in STORED:
        builder.add_text_field(name, stored=True, tokenizer_name="raw", index_option="basic")
    return builder.build()


Entry = tuple[int, str, str, dict[str, list[str]]]


def entries_of(iri: str, thing: Named, base: str) -> Iterator[Entry]:
    """The entries of a resource, each with its sort key."""
    kind = iri[len(f"{base}id/") :].partition("/")[0] if iri.startswith(f"{base}id/") else "ontology"
    shared = {"iri": [iri], "kind": [kind], "types": sorted(thing.types)}
    yield entry(shared, ALL, thing, filtered=True)
    for language in sorted(thing.languages()):
        yield entry(shared, language, thing.within(language), filtered=True)
    for rank, label in sorted(thing.preferred, key=lambda each: (each[0], each[1].text, each[1].language)):
        yield entry(shared, EACH, Named(preferred={(rank, label)}))
    for label in sorted(thing.other, key=lambda each: (each.text, each.language)):
        yield entry(shared, EACH, Named(other={label}))
    for code in sorted(thing.codes):
        yield entry(shared, EACH, Named(codes={code}))


def entry(shared: Mapping[str, list[str]], scope: str, names: Named, *, filtered: bool = False) -> Entry:
    """One entry: the names in this scope, as words and as whole labels."""
    preferred = sorted({tuple(split(label.text)) for _, label in names.preferred})
    other = sorted({tuple(split(label.text)) for label in names.other} - set(preferred))
    best = names.best()
    content = {
        **shared,
        "scope": [scope],
        "type": shared["types"] if filtered else [],
        "language": sorted(names.languages()) if scope == EACH else [],
        "code": sorted({whole(split(code)) for code in names.codes}),
        "whole_preferred": sorted({whole(list(words)) for words in preferred}),
        "whole_other": sorted({whole(list(words)) for words in other}),
        "words": [" ".join(words) for words in [*preferred, *other]],
        "words_preferred": [" ".join(words) for words in preferred],
        "label": [best.text],
        "label_language": [best.language],
    }
    return len(best.text), shared["iri"][0], scope, content
