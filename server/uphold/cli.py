"""The command line: the same functions without a server. Exit codes: 0 success, 1 failure, 2 usage error."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from uphold import __version__
from uphold.build.pipeline import build
from uphold.errors import InvalidParameter, InvalidSetting, NotFound, SnapshotNotFound, UnreadableSource, UpholdError
from uphold.journal_commands import add_commands
from uphold.rdf.media_types import GRAPH_TYPES, RESULT_TYPES
from uphold.rdf.sources import Files, graph_name
from uphold.settings import Settings
from uphold.snapshots.snapshot import Snapshot, current, stored
from uphold.snapshots.steps import data_file
from uphold.validation.upload import SUFFIXES, by_suffix, read

__all__ = ["main"]

EVERYWHERE = ("files", "state", "base")
BOUNDLESS = 2**40
PROGRESS_SECONDS = 2
"""Limit on bytes and triples of local files."""
FORMATS = {
    "nq": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "jsonld": ox.RdfFormat.JSON_LD,
    "rdf": ox.RdfFormat.RDF_XML,
}
NAMED_GRAPH_FORMATS = ("nq", "trig", "jsonld")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; errors go to stderr with their remedy."""
    parser = make_parser()
    given = parser.parse_args(arguments)
    names = {name for name, _, _ in Settings.described()}
    try:
        settings = Settings.from_environment(os.environ, **{k: v for k, v in vars(given).items() if k in names})
        code: int = given.run(given, settings)
    except UpholdError as error:
        place = f"line {error.line}, column {error.column}: " if error.line and error.column else ""
        print(f"uphold: {place}{error}\n{error.remedy}", file=sys.stderr)
        return 2 if isinstance(error, NotFound | InvalidSetting | InvalidParameter) else 1
    except BrokenPipeError:  # the reader of our output has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    return code


def make_parser() -> argparse.ArgumentParser:
    """The parser with every command and setting."""
    parser = argparse.ArgumentParser(prog="uphold", description="Build, query and serve the Uphold knowledge graph.")
    parser.add_argument("--version", action="version", version=f"uphold {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(
        name: str, run: Callable[[Any, Settings], int], *settings: str, among: Any = commands
    ) -> argparse.ArgumentParser:
        text = (run.__doc__ or "").strip()
        made: argparse.ArgumentParser = among.add_parser(name, help=text.splitlines()[0], description=text)
        made.set_defaults(run=run)
        add_settings(made, (*EVERYWHERE, *settings))
        return made

    command("build", run_build, "database")
    command("rebuild", run_rebuild, "database")
    command("serve", run_serve, *(name for name, _, _ in Settings.described() if name not in EVERYWHERE))
    validating = command("validate", run_validate, "upload_max_depth")
    endings = f".{' .'.join(SUFFIXES)}, or these with .gz"
    validating.add_argument("file", nargs="+", type=existing_file, help=f"RDF or a table: {endings}. Of any size.")
    validating.add_argument("--json", action="store_true", help="Print the report as JSON.")
    asking = command("query", run_query, "query_timeout", "query_memory_mb")
    asking.add_argument("query", help="A file with a query, the name of a question, or - for standard input.")
    asking.add_argument("parameter", nargs="*", help="Parameters of the question, as name=value.")
    types = [*RESULT_TYPES.values(), *GRAPH_TYPES.values()]
    asking.add_argument("--format", choices=types, help="Format of the result; default: csv, or ttl for a graph.")
    exporting = command("export", run_export)
    exporting.add_argument(
        "--format", choices=list(FORMATS), default="trig", help="Format of the export (default: trig)."
    )
    exporting.add_argument("--graph", help="Only the graph of this name, for example report-2011.")
    exporting.add_argument("--output", type=Path, help="Output file; default: standard output.")
    command("snapshots", run_snapshots)
    add_commands(commands, command)
    return parser


def add_settings(parser: argparse.ArgumentParser, names: Sequence[str]) -> None:
    """Add an option for each of the settings named."""
    group = parser.add_argument_group("settings", "Each can also be set in the environment as UPHOLD_<NAME>.")
    for name, default, meaning in Settings.described():
        if name in names:
            shown = "" if default is None else f" (default: {default})"
            group.add_argument(f"--{name.replace('_', '-')}", metavar="VALUE", help=f"{meaning}{shown}")


def existing_file(name: str) -> Path:
    """The path of an existing file; anything else is a usage error."""
    if not Path(name).is_file():
        raise argparse.ArgumentTypeError(f"there is no file {name}")
    return Path(name)


def say(text: str) -> None:
    """Report progress on stderr."""
    print(f"uphold: {text}", file=sys.stderr, flush=True)


def current_or_built(settings: Settings) -> Snapshot:
    """The current snapshot; builds it if there is none."""
    try:
        return current(settings.state)
    except SnapshotNotFound:
        return build(settings, say)


def run_build(given: argparse.Namespace, settings: Settings) -> int:
    """Build the files into a snapshot and make it current; print its id."""
    print(build(settings, say).id)
    return 0


def run_rebuild(given: argparse.Namespace, settings: Settings) -> int:
    """Make all data again from the files and the journal, as after damage; print the id of the snapshot."""
    from uphold.build.rebuild import rebuild

    print(rebuild(settings, say).id)
    return 0


def run_serve(given: argparse.Namespace, settings: Settings) -> int:
    """Serve the current snapshot over HTTP; build it first if there is none."""
    from uphold.engines.federation.endpoint_client import Caller
    from uphold.server import serve
    from uphold.snapshots.verification import require_intact
    from uphold.writes.writes import recover

    Caller(settings)  # reports an invalid list of endpoints here, not in each process that fails to start
    current_or_built(settings)
    recover(settings)
    require_intact(current(settings.state))
    serve(settings)
    return 0


def run_validate(given: argparse.Namespace, settings: Settings) -> int:
    """Validate files against the shapes, with the current snapshot as background; nothing is stored."""
    from uphold.validation.worker import background_of, validate_triples

    boundless = replace(settings, upload_max_bytes=BOUNDLESS, upload_max_triples=BOUNDLESS)
    triples = [triple for path in given.file for triple in apart(path, read_file(path, boundless), given.file)]
    report = validate_triples(triples, background_of(current_or_built(settings)), say_now_and_then())
    print(json.dumps(report.as_json(), indent=1, ensure_ascii=False) if given.json else report)
    return 0 if report.conforms else 1


def say_now_and_then(seconds: float = PROGRESS_SECONDS) -> Callable[[int, int], None]:
    """A function that reports the progress of a validation on stderr, once in so many seconds."""
    last = time.monotonic()

    def say(done: int, of: int) -> None:
        nonlocal last
        if time.monotonic() - last >= seconds:
            last = time.monotonic()
            print(f"uphold: validated {done} of {of} rules", file=sys.stderr)

    return say


def apart(path: Path, triples: list[ox.Triple], files: Sequence[Path]) -> list[ox.Triple]:
    """The triples of one file; with several files, the label of a blank node includes the file's name."""
    if len(files) == 1:
        return triples
    stem = re.sub(r"[^A-Za-z0-9]", "-", path.stem)

    def renamed(term: Any) -> Any:
        return ox.BlankNode(f"{term.value}-{stem}-{files.index(path)}") if isinstance(term, ox.BlankNode) else term

    return [ox.Triple(renamed(t.subject), t.predicate, renamed(t.object)) for t in triples]


def read_file(path: Path, settings: Settings) -> list[ox.Triple]:
    """The triples of a local file, with the same checks as over HTTP."""
    try:
        kind, encoding = by_suffix(path.name)
        return read(path.read_bytes(), kind, settings, encoding=encoding, name=path.name)
    except OSError as problem:
        raise UnreadableSource(f"{path}: {problem}") from problem
    except UpholdError as problem:
        error = UnreadableSource(f"{path}:{f'{problem.line}:' if problem.line else ''} {problem}")
        error.remedy = problem.remedy
        raise error from problem


def run_query(given: argparse.Namespace, settings: Settings) -> int:
    """Run a SPARQL query from a file, or a question by its name."""
    from uphold.engines.oxigraph.engine import EmbeddedEngine
    from uphold.sparql.guard import Limits, inspect

    text = find_query(given.query, given.parameter, settings)
    returns_graph = inspect(text, Limits.of(settings)).returns_graph
    forms = {form: media for media, form in (GRAPH_TYPES if returns_graph else RESULT_TYPES).items()}
    accept = forms.get(given.format or ("ttl" if returns_graph else "csv"), given.format)
    engine = EmbeddedEngine(current_or_built(settings), settings, workers=1)
    try:
        for chunk in engine.query(text, accept=accept).chunks:
            sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
    finally:
        engine.close()
    return 0


def find_query(name: str, parameters: Sequence[str], settings: Settings) -> str:
    """The text of a query: standard input, a file, or the question of this name with its parameters."""
    from uphold.questions.files import load_questions

    if not parameters and name == "-":
        return sys.stdin.read()
    if not parameters and Path(name).is_file():
        return Path(name).read_text("utf-8")
    given: dict[str, list[str]] = {}
    for parameter in parameters:
        key, sign, value = parameter.partition("=")
        if not sign:
            raise InvalidParameter(f"{parameter!r} is not name=value.")
        given.setdefault(key, []).append(value)
    question, _ = load_questions(Files(settings.files, settings.base)).find(name)
    return question.bound(given)


def run_export(given: argparse.Namespace, settings: Settings) -> int:
    """Write the current snapshot, or one graph of it, as RDF."""
    from uphold.rdf.serialization import serialize

    snapshot = current_or_built(settings)
    quads = ox.Dataset(ox.parse(path=str(data_file(snapshot)), format=ox.RdfFormat.N_QUADS))
    chosen = sorted(quads, key=str)
    if given.graph:
        name = graph_name(snapshot.base, given.graph)
        chosen = [quad for quad in chosen if quad.graph_name == name]
        if not chosen:
            raise SnapshotNotFound(f"The snapshot has no graph {given.graph}; it has {', '.join(snapshot.graphs)}.")
    statements = chosen if given.format in NAMED_GRAPH_FORMATS else [quad.triple for quad in chosen]
    content = serialize(statements, FORMATS[given.format])
    if given.output:
        unfinished = given.output.with_name(given.output.name + ".part")
        unfinished.write_bytes(content)
        shutil.move(unfinished, given.output)
    else:
        sys.stdout.buffer.write(content)
    return 0


def run_snapshots(given: argparse.Namespace, settings: Settings) -> int:
    """List the archived snapshots, newest first; a star marks the current one."""
    found = stored(settings.state)
    now = current(settings.state).id if found else ""
    for snapshot in found:
        print(f"{'*' if snapshot.id == now else ' '} {snapshot.id}  {snapshot.created}  {snapshot.quads} triples")
    return 0


if __name__ == "__main__":
    sys.exit(main())
