"""Build pipeline: from source files to a published snapshot, or to an error without publication.

sources → rules → examples → catalogue → SHACL → canonical N-Quads → indexes, dumps → `current`. Equal
inputs give the same snapshot on every machine; a build whose inputs have been built before only makes that snapshot
current again. SHACL runs while the rest is written; only a snapshot that conforms gets its name.
"""

from __future__ import annotations

import gc
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from uphold import __version__
from uphold.build.steps import Steps
from uphold.build.written_graphs import written_graphs
from uphold.errors import DuplicateStatement, SnapshotNotFound
from uphold.rdf.graphs import Graphs, lines_of, union
from uphold.rdf.sources import Files, read, read_context
from uphold.settings import Settings
from uphold.snapshots.identity import sorted_lines
from uphold.snapshots.publication_log import keep_only, record
from uphold.snapshots.snapshot import Snapshot, publish, settle

if TYPE_CHECKING:
    from uphold.build.checking import Checker

__all__ = ["assemble", "build"]

SUBCLASS = "<http://www.w3.org/2000/01/rdf-schema#subClassOf>"


class Inputs(NamedTuple):
    """What a snapshot is made of: the files that the settings name, and the graphs that writes have made."""

    settings: Settings
    written: Graphs


def in_silence(text: str) -> None:
    """Discard a message."""


def build(settings: Settings, say: Callable[[str], None] = in_silence) -> Snapshot:
    """Build the files into a snapshot and make it current; `say` receives a message for each step.

    Raises `DataError` if a file cannot be read, a rule fails or the data do not conform; the current snapshot then
    stays the same.
    """
    began, steps = time.monotonic(), Steps()
    with written_graphs(settings) as written:
        snapshot = made_or_found(settings, written.graphs, say, steps)
        moment = written.record(snapshot)
    publish(snapshot, settings.state)
    record(settings.state, snapshot.id, moment)
    for identity in keep_only(settings.state, settings.keep_snapshots, snapshot.id):
        say(f"removed old snapshot {identity[:12]}")
    for line in steps.table():
        say(line)
    say(f"snapshot {snapshot.id[:12]} is current: {snapshot.quads} triples, {time.monotonic() - began:.1f} s")
    return snapshot


def made_or_found(settings: Settings, written: Graphs, say: Callable[[str], None], steps: Steps) -> Snapshot:
    """The snapshot of the files and the written graphs; made, unless the same inputs have been built before."""
    memory = settings.state / "builds" / inputs_digest(Files(settings.files, settings.base), written)
    try:
        snapshot = Snapshot.open(settings.state / "snapshots" / memory.read_text("ascii")).built
        say(f"nothing has changed since snapshot {snapshot.id[:12]}")
        if snapshot.quads > settings.in_memory_max_quads and not snapshot.index.exists():
            from uphold.build.writing import write_index

            graphs, shared = snapshot.graphs, snapshot.shares_triples
            steps.run("index for queries", write_index, snapshot.folder, unnamed="" in graphs, union=shared)
    except (OSError, SnapshotNotFound):
        snapshot = make(Inputs(settings, written), f"unfinished-{memory.name}", say, steps)
        memory.parent.mkdir(parents=True, exist_ok=True)
        memory.write_text(snapshot.id, "ascii")
    return snapshot


def inputs_digest(files: Files, written: Graphs | None = None) -> str:
    """The inputs of a build: the files, the written graphs, and the versions of Uphold and of some libraries."""
    code = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*.py"), key=os.fspath):
        code.update(path.read_bytes())
    libraries = [version(name) for name in ("pyoxigraph", "shacl", "tantivy")]
    parts = [files.digest(), __version__, code.hexdigest(), *libraries]
    if written:
        parts.append(hashlib.sha256(sorted_lines(written)).hexdigest())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def assemble(files: Files) -> Graphs:
    """The whole data set; raises what `read_files` and `complete` raise."""
    return complete(files, read_files(files, in_silence, Steps()), in_silence, Steps())


def read_files(files: Files, say: Callable[[str], None], steps: Steps) -> Graphs:
    """The source files; raises what `read` raises."""
    graphs = steps.run("read files", read, files)
    say(f"read {sum(map(len, graphs.values()))} triples")
    return graphs


def complete(
    files: Files, graphs: Graphs, say: Callable[[str], None], steps: Steps, written: Graphs | None = None
) -> Graphs:
    """The whole data set: source files and written graphs, with derived statements, questions and catalogue.

    Raises what `derive`, `load_questions` and `describe` raise, and `DuplicateStatement`.
    """
    from concurrent.futures import ThreadPoolExecutor

    from uphold.build.dataset_description import complete as describe
    from uphold.questions.examples import as_data
    from uphold.questions.files import load_questions
    from uphold.rules.full import derive

    written = written or {}
    graphs |= written
    with ThreadPoolExecutor(1) as pool:  # questions are read in Python, while the engine applies the rules
        reading = pool.submit(steps.run, "read questions", load_questions, files)
        derived = steps.run("apply rules", derive, files, graphs)
        questions = lines_of(quad.triple for quad in as_data(reading.result(), files.base))
    for name, lines in (("derived", derived), ("questions", questions)):
        if lines:
            graphs.setdefault(f"{files.base}graph/{name}", set()).update(lines)
    with steps.step("describe graphs"):
        describe(graphs, files.base, prefixes(files), written)
        state_once({name: lines for name, lines in graphs.items() if name not in written})
    say(f"derived: {sum(map(len, graphs.values()))} triples including derived ones")
    return graphs


def state_once(graphs: Graphs) -> None:
    """Raise `DuplicateStatement` for a triple in two graphs: most engines would count it twice in their union."""
    if len(union(graphs)) == sum(map(len, graphs.values())):
        return
    holders: dict[str, list[str]] = {}
    for name, lines in sorted(graphs.items()):
        for line in lines:
            holders.setdefault(line, []).append(f"<{name}>")
    twice = sorted((line, names) for line, names in holders.items() if len(names) > 1)
    line, names = twice[0]
    raise DuplicateStatement(len(twice), line.removesuffix(" ."), " and ".join(names))


def make(inputs: Inputs, name: str, say: Callable[[str], None], steps: Steps) -> Snapshot:
    """Build and validate a snapshot on disk, without making it current; `name` is that of the unfinished folder."""
    from uphold.build.checking import Checker

    settings = inputs.settings
    unfinished = settings.state / "snapshots" / name
    shutil.rmtree(unfinished, ignore_errors=True)
    (unfinished / "dumps").mkdir(parents=True)
    try:
        with Checker(settings.base) as checker, no_collection():
            identity = write(inputs, unfinished, say, steps, checker)
        home = unfinished.with_name(identity)
        with steps.step("sync to disk"):
            settle(unfinished, home)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return Snapshot.open(home)


@contextmanager
def no_collection() -> Iterator[None]:
    """Do not look for cycles of objects: there are few, and to look at each object of a data set takes long."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def write(inputs: Inputs, folder: Path, say: Callable[[str], None], steps: Steps, checker: Checker) -> str:
    """Write the files of a snapshot while it is validated, and return its id."""
    from concurrent.futures import ThreadPoolExecutor

    from uphold.build import writing
    from uphold.search.index import write_search_index
    from uphold.snapshots.identity import canonical

    settings = inputs.settings
    files, base = Files(settings.files, settings.base), settings.base
    graphs = read_files(files, say, steps)
    with ThreadPoolExecutor() as pool:
        prepared = pool.submit(checker.prepare, graphs.get(f"{base}graph/shapes", set()), about_subclasses(graphs))
        graphs, names = canonical(complete(files, graphs, say, steps, inputs.written)), prefixes(files)
        ordered = {name: sorted(lines) for name, lines in graphs.items()}
        quads = steps.run("write data", writing.write_data, ordered, folder)
        prepared.result()
        checked = pool.submit(steps.run, "validate", checker.check, folder / "union.nt")
        tasks = [
            pool.submit(steps.run, "index for search", write_search_index, union(graphs), folder / "search", base),
            pool.submit(steps.run, "write dumps", writing.write_dumps, ordered, quads, folder / "dumps", base, names),
        ]
        if sum(map(len, ordered.values())) > settings.in_memory_max_quads:
            shares = len(union(graphs)) < sum(map(len, graphs.values()))
            write_index = partial(writing.write_index, folder, unnamed="" in graphs, union=shares)
            tasks.append(pool.submit(steps.run, "index for queries", write_index))
        identity = steps.run("name by content", writing.write_metadata, ordered, folder, base, names)
        warnings = checked.result()
        for warning in warnings:
            say(warning)
        say(f"every node conforms to the shapes{f', with {len(warnings)} warnings' if warnings else ''}")
        for task in tasks:
            task.result()
    return identity


def about_subclasses(graphs: Graphs) -> set[str]:
    """The statements about subclasses."""
    return {line for lines in graphs.values() for line in lines if SUBCLASS in line}


def prefixes(files: Files) -> dict[str, str]:
    """The prefixes that queries need not declare: those of the tables' context."""
    return read_context(files).prefixes
