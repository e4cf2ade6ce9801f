"""Build pipeline: from source files to a published snapshot, or to an error without publication.

sources → rules → examples → catalogue → SHACL → canonical N-Quads → indexes, dumps → `current`. Equal
inputs give the same snapshot on every machine; a build whose inputs have been built before only makes that snapshot
current again. SHACL runs while the rest is written; only a snapshot that conforms gets its name.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from uphold import __version__
from uphold.build.steps import Steps
from uphold.errors import DuplicateStatement, SnapshotNotFound
from uphold.rdf.graphs import Graphs, as_quads, lines_of, union
from uphold.rdf.sources import Files, read, read_context
from uphold.settings import Settings
from uphold.snapshots.publication_log import keep_only, record
from uphold.snapshots.snapshot import Snapshot, publish, settle

if TYPE_CHECKING:
    from uphold.validation.report import Report

__all__ = ["assemble", "build"]


def in_silence(text: str) -> None:
    """Discard a message."""


def build(settings: Settings, say: Callable[[str], None] = in_silence) -> Snapshot:
    """Build the files into a snapshot and make it current; `say` receives a message for each step.

    Raises `DataError` if a file cannot be read, a rule fails or the data do not conform; the current snapshot then
    stays the same.
    """
    began, steps = time.monotonic(), Steps()
    files = Files(settings.files, settings.base)
    memory = settings.state / "builds" / inputs_digest(files)
    try:
        snapshot = Snapshot.open(settings.state / "snapshots" / memory.read_text("ascii"))
        say(f"nothing has changed since snapshot {snapshot.id[:12]}")
    except (OSError, SnapshotNotFound):
        snapshot = make(files, settings.state / "snapshots" / f"unfinished-{memory.name}", say, steps)
        memory.parent.mkdir(parents=True, exist_ok=True)
        memory.write_text(snapshot.id, "ascii")
    publish(snapshot, settings.state)
    record(settings.state, snapshot.id)
    for identity in keep_only(settings.state, settings.keep_snapshots, snapshot.id):
        say(f"removed old snapshot {identity[:12]}")
    for line in steps.table():
        say(line)
    say(f"snapshot {snapshot.id[:12]} is current: {snapshot.quads} triples, {time.monotonic() - began:.1f} s")
    return snapshot


def inputs_digest(files: Files) -> str:
    """The inputs of a build: the files, and the versions of Uphold and of the libraries that determine a snapshot."""
    code = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        code.update(path.read_bytes())
    libraries = [version(name) for name in ("pyoxigraph", "shacl", "tantivy")]
    parts = [files.digest(), __version__, code.hexdigest(), *libraries]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def assemble(files: Files, say: Callable[[str], None] = in_silence, steps: Steps | None = None) -> Graphs:
    """The whole data set: source files, derived statements, questions and catalogue.

    Raises what `read`, `derive` and `complete` raise, and `DuplicateStatement`.
    """
    from uphold.build.dataset_description import complete
    from uphold.build.rules import derive
    from uphold.questions.examples import as_data
    from uphold.questions.files import load_questions

    steps = steps or Steps()
    with steps.step("read files"):
        graphs = read(files)
    say(f"read {sum(map(len, graphs.values()))} triples")
    with ThreadPoolExecutor(1) as pool:  # questions are read in Python, while the engine applies the rules
        reading = pool.submit(steps.run, "read questions", load_questions, files)
        derived = steps.run("apply rules", derive, files, graphs)
        questions = lines_of(quad.triple for quad in as_data(reading.result(), files.base))
    for name, lines in (("derived", derived), ("questions", questions)):
        if lines:
            graphs.setdefault(f"{files.base}graph/{name}", set()).update(lines)
    with steps.step("describe graphs"):
        complete(graphs, files.base, prefixes(files))
        state_once(graphs)
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


def make(files: Files, unfinished: Path, say: Callable[[str], None], steps: Steps) -> Snapshot:
    """Build and validate a snapshot on disk, without making it current."""
    shutil.rmtree(unfinished, ignore_errors=True)
    (unfinished / "dumps").mkdir(parents=True)
    try:
        with ThreadPoolExecutor() as pool:
            identity = write(files, unfinished, say, steps, pool)
        home = unfinished.with_name(identity)
        with steps.step("sync to disk"):
            settle(unfinished, home)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return Snapshot.open(home)


def write(files: Files, folder: Path, say: Callable[[str], None], steps: Steps, pool: Executor) -> str:
    """Write the files of a snapshot while it is validated, and return its id."""
    from uphold.build import writing
    from uphold.search.index import write_search_index
    from uphold.snapshots.identity import canonical

    graphs, names = canonical(assemble(files, say, steps)), prefixes(files)
    triples = union(graphs)
    checked = pool.submit(steps.run, "validate", validate, triples, graphs.get(f"{files.base}graph/shapes"), files.base)
    quads = steps.run("write data", writing.write_data, graphs, folder)
    tasks = [
        pool.submit(steps.run, "index for queries", writing.write_index, folder),
        pool.submit(steps.run, "index for search", write_search_index, triples, folder / "search", files.base),
        pool.submit(steps.run, "write dumps", writing.write_dumps, graphs, quads, folder / "dumps", files.base, names),
    ]
    identity = steps.run("name by content", writing.write_metadata, graphs, folder, files.base, names)
    warnings = checked.result().results
    for result in warnings:
        say(str(result))
    say(f"every node conforms to the shapes{f', with {len(warnings)} warnings' if warnings else ''}")
    for task in tasks:
        task.result()
    return identity


def validate(triples: set[str], shapes: set[str] | None, base: str) -> Report:
    """Validate the whole data set; what that imports is imported while the rest is written."""
    from uphold.validation.data_set import check

    return check("\n".join(triples).encode(), [quad.triple for quad in as_quads({"": shapes or set()})], base)


def prefixes(files: Files) -> dict[str, str]:
    """The prefixes that queries need not declare: those of the tables' context."""
    return read_context(files).prefixes
