"""Sources: reads the source files into named graphs.

`ontology/`, `shapes/` and each folder of `data/` are one graph each, described by their own `metadata.ttl`; the files
of that name in `data/` itself and in `queries/` describe the graphs that a build adds. All descriptions make up the
graph `catalogue`. Reading neither derives nor validates: that is for `rules` and `validation`.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from uphold.errors import UnreadableSource
from uphold.rdf.csv_tables import CONTEXT_NAME, Context, table_to_jsonld
from uphold.rdf.graphs import Graphs, lines_of, objects
from uphold.settings import CANONICAL_BASE

__all__ = ["FOLDERS", "Files", "graph_name", "parse", "read", "read_context"]

METADATA = "metadata.ttl"
FOLDERS = ("ontology", "data", "shapes", "queries")
DATASET = "<http://www.w3.org/ns/dcat#Dataset>"
TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"


@dataclass(frozen=True, slots=True)
class Files:
    """The root folder of the source files, and the base of their IRIs once they are read."""

    root: Path
    base: str = CANONICAL_BASE

    def text(self, path: Path) -> str:
        """The text of one file, with `base` in place of the canonical base."""
        try:
            text = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError as problem:
            raise UnreadableSource(f"{self.name(path)}: not UTF-8 at byte {problem.start}.") from problem
        return text if self.base == CANONICAL_BASE else text.replace(CANONICAL_BASE, self.base)

    def name(self, path: Path) -> Path:
        """The path relative to the root, for messages."""
        return path.relative_to(self.root) if path.is_relative_to(self.root) else path

    def digest(self) -> str:
        """A digest of the name and content of every file: equal digests mean equal snapshots."""
        digest = hashlib.sha256(self.base.encode())
        for folder in FOLDERS:
            for path in sorted((self.root / folder).rglob("*")):
                if path.is_file():
                    name = self.name(path).as_posix().encode()
                    digest.update(b"%d:%s%s" % (len(name), name, hashlib.sha256(path.read_bytes()).digest()))
        return digest.hexdigest()


def graph_name(base: str, name: str) -> ox.NamedNode:
    """The IRI of the graph with this name."""
    return ox.NamedNode(f"{base}graph/{name}")


def read(files: Files) -> Graphs:
    """All files as named graphs; raises `UnreadableSource` with file and line."""
    if not (files.root / "ontology").is_dir():
        raise UnreadableSource(f"{files.root} has no folder ontology/; set `files` to the folder with the data.")
    graphs: Graphs = defaultdict(set)
    context = read_context(files)
    data_folders = sorted(path for path in (files.root / "data").iterdir() if path.is_dir())
    for folder in (files.root / "ontology", files.root / "shapes", *data_folders):
        read_folder(graphs, files, folder, context)
    for folder in (files.root / "data", files.root / "queries", files.root / "queries" / "rules"):
        if folder.name != "queries" or (folder / METADATA).is_file():  # without questions, nothing is described
            read_descriptions(graphs, files, folder)
    return {name: lines for name, lines in graphs.items() if lines}


def read_context(files: Files) -> Context:
    """The JSON-LD context with its prefixes; raises `UnreadableSource`."""
    path = files.root / "data" / CONTEXT_NAME
    return Context.read(files.name(path), files.text(path))


def read_folder(graphs: Graphs, files: Files, folder: Path, context: Context) -> None:
    """Add the tables and Turtle files of one folder to the graph that its metadata names."""
    lines = graphs[read_metadata(graphs, files, folder)]
    for path in sorted(folder.rglob("*.ttl")):
        if path.name != METADATA:
            lines.update(parse(files, path))
    for path in sorted(folder.rglob("*.csv")):
        document = table_to_jsonld(files.name(path), files.text(path), context)
        lines.update(statements(document, ox.RdfFormat.JSON_LD, files.name(path)))


def read_metadata(graphs: Graphs, files: Files, folder: Path) -> str:
    """Add a folder's metadata.ttl to the catalogue, and return the graph that it describes."""
    described = read_descriptions(graphs, files, folder)
    if len(described) != 1 or not (graph := described.pop()).startswith("<"):
        raise UnreadableSource(f"{files.name(folder / METADATA)} must describe exactly one dcat:Dataset with an IRI.")
    return graph[1:-1]


def read_descriptions(graphs: Graphs, files: Files, folder: Path) -> set[str]:
    """Add a folder's metadata.ttl to the catalogue, and return the graphs that it describes."""
    path = folder / METADATA
    if not path.is_file():
        raise UnreadableSource(f"{files.name(folder)} has no {METADATA}, which names its graph.")
    metadata = parse(files, path)
    graphs[graph_name(files.base, "catalogue").value].update(metadata)
    return {subject for subject, value in objects(metadata, TYPE) if value == DATASET}


def parse(files: Files, path: Path) -> list[str]:
    """The statements of a Turtle file."""
    return statements(files.text(path), ox.RdfFormat.TURTLE, files.name(path))


def statements(text: str, form: ox.RdfFormat, name: Path) -> list[str]:
    """The statements in `text`; an error names the file and, if the parser reports it, the line."""
    try:
        return lines_of(quad.triple for quad in ox.parse(text, format=form, rename_blank_nodes=True))
    except SyntaxError as problem:
        raise UnreadableSource(f"{name}:{problem.lineno or 1}: {problem.msg}") from problem
