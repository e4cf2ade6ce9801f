"""The command line: exit codes 0 good, 1 found something wrong, 2 wrong use; what to do about it on stderr."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest

from uphold.cli import say_now_and_then
from uphold.settings import Settings
from uphold.snapshots.snapshot import current
from uphold.validation.worker import background_of

Run = Callable[..., subprocess.CompletedProcess[str]]
CALL = """@prefix basis: <https://w3id.org/uphold/id/basis/> .
@prefix call: <https://w3id.org/uphold/id/call/> .
@prefix citation: <https://w3id.org/uphold/id/citation/> .
@prefix goal: <https://w3id.org/uphold/id/goal/> .
@prefix jurisdiction: <https://w3id.org/uphold/id/jurisdiction/> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix uphold: <https://w3id.org/uphold/ontology#> .

call:nzl-99 a uphold:CallToAction ;
    skos:prefLabel "Publish what was done each year"@en ;
    uphold:addressedTo jurisdiction:nzl ; uphold:ordinal 99 ; uphold:goal goal:1 ; uphold:basis basis:research ;
    prov:wasDerivedFrom citation:appendix-nzl .
"""
TABLE = """id,addressedTo,ordinal,label,goal,basis,source
call:nzl-99,jurisdiction:nzl,99,Publish what was done each year,goal:1,basis:research,citation:appendix-nzl
"""


@pytest.fixture
def run(tiny: Settings, tmp_path: Path) -> Run:
    """Runs `uphold` as a person would, in an empty folder, on the tiny snapshot unless another is set."""

    def run_it(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "UPHOLD_FILES": str(tiny.files), "UPHOLD_STATE": str(tiny.state)}
        command = [sys.executable, "-m", "uphold.cli", *arguments]
        return subprocess.run(
            command, input=stdin, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment
        )

    return run_it


def test_a_good_file_is_found_good(run: Run, tmp_path: Path) -> None:
    """RDF that conforms, with the graph as background, returns exit code 0."""
    (tmp_path / "call.ttl").write_text(CALL, "utf-8")
    done = run("validate", "call.ttl")
    came = "7 triples received, about 1 thing; the shapes know the class of 1."
    assert (done.returncode, done.stdout) == (0, f"Everything conforms.\n{came}\n")


def test_a_good_table_is_found_good(run: Run, tmp_path: Path) -> None:
    """A CSV table named like its class is validated just as RDF is."""
    (tmp_path / "CallToAction.csv").write_text(TABLE, "utf-8")
    assert run("validate", "CallToAction.csv").returncode == 0


def test_our_own_dump_is_found_good(run: Run, project_settings: Settings) -> None:
    """Compressed, and larger than a server's limit."""
    dump = project_settings.state / "current" / "dumps" / "uphold.nq.gz"
    assert len(gzip.decompress(dump.read_bytes())) > project_settings.upload_max_bytes
    done = run("validate", "--json", str(dump), "--state", str(project_settings.state))
    assert (done.returncode, json.loads(done.stdout)["results"]) == (0, [])


def test_a_bad_file_is_reported_with_what_to_fix(run: Run, tmp_path: Path) -> None:
    """The report names the node, the path, the value, the shape and a message; only the file's nodes are in it."""
    bad = CALL.replace("goal:1", "goal:9").replace('"Publish what was done each year"@en', '"<b>Publish</b>"@en')
    (tmp_path / "call.ttl").write_text(bad, "utf-8")
    done = run("validate", "--json", "call.ttl")
    report = json.loads(done.stdout)
    assert (done.returncode, report["conforms"]) == (1, False)
    assert {result["focusNode"] for result in report["results"]} == {"https://w3id.org/uphold/id/call/nzl-99"}
    assert {"https://w3id.org/uphold/id/goal/9", "<b>Publish</b>"} <= {result["value"] for result in report["results"]}
    assert all(
        set(result) == {"focusNode", "path", "value", "message", "severity", "shape"} for result in report["results"]
    )
    assert all(len(result["message"]) > 20 for result in report["results"])


def test_blank_nodes_are_validated_too(run: Run, tmp_path: Path) -> None:
    """A fact without an IRI cannot be cited, and is found."""
    (tmp_path / "call.ttl").write_text(CALL.replace("call:nzl-99 a", "[] a"), "utf-8")
    assert run("validate", "call.ttl").returncode == 1


def test_nobody_declares_terms_of_the_ontology(run: Run, tmp_path: Path) -> None:
    """A graph may not declare its own uphold: property."""
    own = "uphold:mood a <http://www.w3.org/2002/07/owl#DatatypeProperty> .\ncall:nzl-99 uphold:mood 1 ."
    (tmp_path / "call.ttl").write_text(f"{CALL}\n{own}\n", "utf-8")
    done = run("validate", "--json", "call.ttl")
    focus = {result["focusNode"] for result in json.loads(done.stdout)["results"]}
    assert (done.returncode, focus) == (1, {"https://w3id.org/uphold/ontology#mood"})


def test_a_file_that_is_not_turtle_is_reported_with_its_line(run: Run, tmp_path: Path) -> None:
    """A syntax error is reported with file and line."""
    (tmp_path / "broken.ttl").write_text(CALL + "call:x a .\n", "utf-8")
    done = run("validate", "broken.ttl")
    assert done.returncode == 1
    assert f"broken.ttl:{CALL.count(chr(10)) + 1}:" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("validate", "missing.ttl"),
        ("query", "question-not-found"),
        ("export", "--graph", "no-such-graph"),
        ("build", "--base", "no-slash"),
        ("serve", "--port", "many"),
        ("dance",),
        (),
    ],
    ids=" ".join,
)
def test_wrong_use_exits_with_2_and_says_why(run: Run, arguments: tuple[str, ...]) -> None:
    """Exit code 2, words on stderr, nothing on stdout, no traceback."""
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_a_query_from_standard_input_is_answered(run: Run) -> None:
    """`-` reads the query from standard input; the answer is CSV unless another format is requested."""
    done = run("query", "-", stdin="SELECT ?iso { jurisdiction:nzl uphold:iso3 ?iso }")
    assert list(csv.reader(io.StringIO(done.stdout))) == [["iso"], ["NZL"]]
    done = run("query", "-", "--format", "json", stdin="ASK { jurisdiction:nzl a uphold:State }")
    assert json.loads(done.stdout)["boolean"] is True


def test_a_query_that_does_not_parse_is_located(run: Run) -> None:
    """Exit code 1, and the parser's words."""
    done = run("query", "-", stdin="SELECT ?s WHERE { ?s ?p ")
    assert done.returncode == 1
    assert "expected" in done.stderr
    assert "line 1, column " in done.stderr


def test_export_writes_what_is_in_the_snapshot(run: Run, tiny: Settings, tmp_path: Path) -> None:
    """The whole export is the snapshot's data; one graph is that graph alone."""
    assert run("export", "--format", "nq", "--output", "all.nq").returncode == 0
    exported = {*(tmp_path / "all.nq").read_bytes().splitlines()}
    assert exported == {*(tiny.state / "current" / "data.nq").read_bytes().splitlines()}
    places = run("export", "--format", "ttl", "--graph", "places").stdout
    found = list(ox.parse(places, format=ox.RdfFormat.TURTLE))
    assert len(found) == sum(b"/graph/places> ." in line for line in exported)


def test_the_snapshots_are_listed_with_the_current_one_marked(run: Run, tiny: Settings) -> None:
    """One line each: star, id, date, size."""
    current = (tiny.state / "current").resolve().name
    assert any(line.startswith(f"* {current}") for line in run("snapshots").stdout.splitlines())


@pytest.mark.parametrize("command", ["build", "serve", "validate", "query", "export", "snapshots"])
def test_each_command_explains_itself(run: Run, command: str) -> None:
    """`--help` says in a full sentence what a command does, and which settings it takes."""
    done = run(command, "--help")
    assert done.returncode == 0
    assert "." in done.stdout
    assert "--state" in done.stdout


def test_a_server_with_a_wrong_list_of_endpoints_does_not_start(run: Run) -> None:
    """It says what is wrong, before any process starts."""
    done = run("serve", "--service-allowlist", "https://one.example/sparql https://user@two.example/sparql")
    assert done.returncode == 2
    assert "https://user@two.example/sparql" in done.stderr


def test_a_long_validation_reports_its_progress(tiny: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """Here for each rule, as it does once in a few seconds."""
    triples = [quad.triple for quad in ox.parse(CALL, format=ox.RdfFormat.TURTLE)]
    background_of(current(tiny.state)).validate(triples, say_now_and_then(0))
    lines = capsys.readouterr().err.splitlines()
    rules = len(lines)
    assert rules > 10
    assert lines == [f"uphold: validated {done} of {rules} rules" for done in range(1, rules + 1)]
