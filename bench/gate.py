"""Measures the validation of uploads: over HTTP, beside the build before compiled shapes, and beside two libraries.

`python -m bench.gate` prints Markdown and writes it to bench/gate.md. The build before is measured from its commit, in
turns with this one. Uploads are what a partner sends: a report, and its own cards with assessments.
"""

from __future__ import annotations

import http.client
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec

import pyoxigraph as ox
import rdflib
from pyshacl import validate as pyshacl_validate
from shacl import Shapes

from bench.conditions import machine
from bench.generate import INDICATORS, VOCABULARIES, SyntheticDataset
from bench.generate import triples as synthetic
from bench.processes import end, free_port, start
from bench.servers import ROOT
from bench.working_tree import working_tree
from uphold.settings import CANONICAL_BASE
from uphold.snapshots.snapshot import current
from uphold.validation.background import Background
from uphold.validation.changes import SUBCLASS
from uphold.validation.data_set import check, prepare
from uphold.validation.evaluation import evaluate_all
from uphold.validation.worker import background_of

__all__ = ["main", "upload"]

P = ParamSpec("P")
RESULTS = Path(__file__).with_name("gate.md")
BEFORE = "f619eb8"
"""The last commit at which uploads were validated by pySHACL."""
ROUNDS, CLIENTS = 40, 8
SIZES = (5, 100, 10_000)
SMALL, MANY = (5, 100), 1_000_000
START_SECONDS, PYSHACL_SECONDS = 120, 120
PARTNER = "https://data.example/gate"
PREFIXES = {
    **VOCABULARIES,
    "indicator": f"{CANONICAL_BASE}id/indicator/",
    "rating": f"{CANONICAL_BASE}id/rating/",
}


def upload(triples: int, turn: int) -> bytes:
    """A graph of about so many triples that conforms: a partner's report, and its cards of places of its own."""
    base = f"{PARTNER}/{turn}"
    lines = [
        *(f"@prefix {prefix}: <{namespace}> ." for prefix, namespace in PREFIXES.items()),
        f"@prefix p: <{base}/> .",
        'p:report a uphold:Publication ; dcterms:title "Report of a partner"@en .',
        'p:page-7 a uphold:Citation ; dcterms:isPartOf p:report ; uphold:locator "Page 7" .',
    ]
    written, place = 5, 0
    while written < triples:
        place += 1
        assessed = [*enumerate(chain(*INDICATORS.values()))][: max(1, (triples - written - 8) // 8)]
        source, name = "prov:wasDerivedFrom p:page-7", f'"Place {place} of a partner"@en'
        lines += [
            f"p:place-{place} a uphold:Jurisdiction ; skos:prefLabel {name} ; {source} .",
            (
                f"p:card-{place} a uphold:ProgressCard ; skos:prefLabel {name} ; uphold:jurisdiction p:place-{place} ; "
                f'uphold:year "2030"^^xsd:gYear ; {source} .'
            ),
            *(
                f"p:card-{place}-{number} a uphold:Assessment ; skos:prefLabel {name} ; uphold:card p:card-{place} ; "
                f"uphold:jurisdiction p:place-{place} ; uphold:indicator indicator:{indicator} ; "
                f"uphold:rating rating:partial ; uphold:ngoWork true ; {source} ."
                for number, indicator in assessed
            ),
        ]
        written += 8 + 8 * len(assessed)
    return "\n".join(lines).encode()


def post(port: int, body: bytes) -> float:
    """Milliseconds until the whole report is there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    began = time.perf_counter()
    connection.request("POST", "/validate", body, {"Content-Type": "text/turtle", "Accept": "application/json"})
    response = connection.getresponse()
    text = response.read()
    connection.close()
    if response.status != http.HTTPStatus.OK:
        sys.exit(f"/validate returns {response.status}: {text[:300]!r}")
    return (time.perf_counter() - began) * 1000


@contextmanager
def served(checkout: Path, folder: Path) -> Iterator[int]:
    """A server of a checkout on the data of that checkout, run by this environment; the value is its port."""
    port, state = free_port(), folder / f"state-{checkout.name}"
    environment = {"PYTHONPATH": str(checkout / "server"), "UPHOLD_STATE": str(state), "UPHOLD_FILES": str(checkout)}
    command = [sys.executable, "-m", "uphold.cli"]
    subprocess.run([*command, "build"], env={**os.environ, **environment}, check=True, capture_output=True)
    process = start([*command, "serve", "--port", str(port)], folder / f"{checkout.name}.log", folder, environment)
    until = time.monotonic() + START_SECONDS
    try:
        while True:
            try:
                post(port, upload(5, 0))
                break
            except OSError:
                if time.monotonic() > until:
                    sys.exit((folder / f"{checkout.name}.log").read_text("utf-8")[-2000:])
                time.sleep(0.2)
        yield port
    finally:
        end(process)


def over_http(ports: dict[str, int]) -> Iterator[str]:
    """Rows of the table: each size with one client, in turns, then eight clients at once."""
    for size in SIZES:
        rounds = ROUNDS if size in SMALL else 3
        times: dict[str, list[float]] = {name: [] for name in ports}
        for turn in range(rounds):
            for name, port in ports.items():
                if name == "before" and (turn >= rounds // 4 + 1 or size not in SMALL):
                    continue  # it takes seconds, and for thousands of triples more than its time limit
                times[name].append(post(port, upload(size, turn)))
        yield row(f"{size:,} triples, one client", times)
    times = {}
    for name, port in ports.items():
        with ThreadPoolExecutor(CLIENTS) as clients:
            number = CLIENTS * (8 if name == "now" else 1)
            times[name] = list(clients.map(lambda turn, port=port: answered(port, upload(100, turn)), range(number)))
    yield row(f"100 triples, {CLIENTS} clients at once", times)


def answered(port: int, body: bytes) -> float:
    """Milliseconds until the report, with further attempts where the server sends the client away."""
    began = time.perf_counter()
    while True:
        try:
            post(port, body)
        except SystemExit as refused:
            if "503" not in str(refused):
                raise
            time.sleep(0.2)
        else:
            return (time.perf_counter() - began) * 1000


def row(name: str, times: dict[str, list[float]]) -> str:
    """One row: median and 99th percentile of each, and the ratio of the medians."""
    cells = []
    for each in ("before", "now"):
        some = sorted(times[each])
        if not some:
            cells += ["", ""]
            continue
        cells += [f"{statistics.median(some):,.0f}", f"{some[min(len(some) - 1, int(len(some) * 0.99))]:,.0f}"]
    medians = [statistics.median(times[each]) for each in ("before", "now") if times[each]]
    ratio = f"{medians[0] / medians[1]:,.0f}" if len(medians) > 1 else ""
    return f"| {name} | {' | '.join(cells)} | {ratio} |"


def in_process(background: Background) -> Iterator[str]:
    """Rows of the second table: small uploads and all data, by three validators in this process."""
    data = (background.store.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=ox.DefaultGraph()) or b"").decode()
    shapes = (ox.serialize(background.shapes, format=ox.RdfFormat.N_TRIPLES) or b"").decode()
    library = Shapes.from_text(shapes, "nt")
    graph, rules = (rdflib.Graph().parse(data=text, format="nt") for text in (data, shapes))
    for size in SMALL:
        triples = parsed(upload(size, 0))
        compiled = statistics.median(timed(background.validate, triples) for _ in range(7))
        added = [*rdflib.Graph().parse(data=upload(size, 0), format="turtle")]
        for triple in added:
            graph.add(triple)
        slow = timed(by_pyshacl, graph, rules, sorted({str(subject) for subject, _, _ in added}))
        for triple in added:
            graph.remove(triple)
        cells = f"{milliseconds(compiled)} | | | {milliseconds(slow)}"
        yield f"| {len(triples):,} triples | {cells} | {slow / compiled:,.0f} |"
    compiled = min(timed(evaluate_all, background.compiled, background.query) for _ in range(3))
    whole = min(timed(library.validate_text, data, "nt") for _ in range(3))
    statements = {line for line in data.split("\n") if f"<{SUBCLASS}>" in line}
    prepared = prepare({*shapes.split("\n")}, statements)
    both = min(timed(check, data.encode(), prepared, background.base) for _ in range(3))
    cells = " | ".join(map(milliseconds, (compiled, whole, both)))
    slow = timed(with_limit, by_pyshacl, graph, rules, None)
    most = "≥ " if slow >= PYSHACL_SECONDS else ""
    ratio = f"{most}{slow / both:,.0f}"
    yield f"| all data, {len(graph):,} triples | {cells} | {most}{milliseconds(slow)} | {ratio} |"


def curve(background: Background) -> Iterator[str]:
    """Rows of the third table: uploads of each size beside the data, and beside a million triples more."""
    more = ox.parse("\n".join(synthetic(SyntheticDataset.of(MANY))), format=ox.RdfFormat.N_TRIPLES)
    own = [quad.triple for quad in background.store]
    large = Background([*own, *(quad.triple for quad in more)], background.shapes, background.base)
    large.warm()
    for size in (*SIZES, 100_000):
        triples = parsed(upload(size, 0))
        rounds = 7 if size in SMALL else 1
        times = [
            statistics.median(timed(each.validate, triples) for _ in range(rounds)) for each in (background, large)
        ]
        cells = " | ".join(map(milliseconds, times))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000
        yield f"| {len(triples):,} triples | {cells} | {times[1] / times[0]:.2f} | {memory:,} |"


def milliseconds(seconds: float) -> str:
    """Seconds in milliseconds, as a cell shows them."""
    return f"{seconds * 1000:,.0f}"


def parsed(body: bytes) -> list[ox.Triple]:
    """The triples of an upload."""
    return [quad.triple for quad in ox.parse(body, format=ox.RdfFormat.TURTLE)]


def by_pyshacl(graph: rdflib.Graph, shapes: rdflib.Graph, focus: list[str] | None) -> None:
    """Run pySHACL as it comes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyshacl_validate(graph, shacl_graph=shapes, inference="none", inplace=True, focus_nodes=focus)


def with_limit(run: Callable[P, object], *arguments: P.args, **options: P.kwargs) -> None:
    """Call a function in a process of its own, and stop it after so many seconds."""
    process = get_context("fork").Process(target=run, args=arguments, kwargs=options)
    process.start()
    process.join(PYSHACL_SECONDS)
    process.kill()
    process.join()


def timed(run: Callable[P, object], *arguments: P.args, **options: P.kwargs) -> float:
    """The seconds of a call."""
    began = time.perf_counter()
    run(*arguments, **options)
    return time.perf_counter() - began


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and write the tables."""
    conditions = machine()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            working_tree(BEFORE, folder / "before") as before,
            served(before, folder) as one,
            served(ROOT, folder) as other,
        ):
            http_rows = list(over_http({"before": one, "now": other}))
        background = background_of(current(folder / f"state-{ROOT.name}"))
        background.warm()
        lines = [
            "# The gate",
            "",
            conditions,
            "",
            f"Milliseconds; before is commit {BEFORE}.",
            "",
            "| over HTTP | before: median | p99 | now: median | p99 | before / now |",
            "|---|--:|--:|--:|--:|--:|",
            *http_rows,
            "",
            "| in one process | compiled shapes | shacl | both, as a build does | pySHACL | ratio |",
            "|---|--:|--:|--:|--:|--:|",
            *in_process(background),
            "",
            f"| in one process | beside {len(background.store):,} triples | with {MANY:,} more | ratio | memory, MB |",
            "|---|--:|--:|--:|--:|",
            *curve(background),
        ]
    text = "\n".join(lines) + "\n"
    print(text)
    RESULTS.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
