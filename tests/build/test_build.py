"""A build makes a snapshot named by its content, or reports an error and publishes nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import copied
from uphold.build.pipeline import assemble, build
from uphold.engines.oxigraph.engine import EmbeddedEngine
from uphold.errors import DoesNotConform, DuplicateStatement, RuleFailed, SnapshotNotFound, UnreadableSource
from uphold.rdf.sources import FOLDERS, Files
from uphold.settings import Settings
from uphold.snapshots.snapshot import Snapshot, current, stored

SHAPES = ("CallToAction", "metadata", "prefixes")
QUERIES = ("metadata.ttl", "outcomes", "rules")


@pytest.fixture(scope="module")
def built(tiny: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings for the tiny data set with few shapes and queries, since most builds here are about neither; built."""
    folder = tmp_path_factory.mktemp("built")
    files = copied(tiny, folder).files
    for path in (files / "shapes").iterdir():
        if path.stem not in SHAPES:
            path.unlink()
    for path in (files / "queries").iterdir():
        if path.name not in QUERIES:
            shutil.rmtree(path)
    settings = Settings(files=files, state=folder / "state-of-few")
    build(settings)
    return settings


@pytest.fixture
def settings(built: Settings, tmp_path: Path) -> Settings:
    """Settings for a copy that a test may spoil; built as it is."""
    return copied(built, tmp_path)


@pytest.fixture
def files(settings: Settings) -> Path:
    """The files of the copy."""
    return settings.files


def test_the_same_inputs_make_the_same_snapshot_in_every_process(tiny: Settings, tmp_path: Path) -> None:
    """Hash seeds and the order in which the file system lists the files make no difference, to dumps neither."""
    other = tmp_path / "other"
    files = [path for folder in FOLDERS for path in (tiny.files / folder).rglob("*")]
    for path in sorted(files, reverse=True):  # written in the opposite order
        if path.is_file():
            target = other / path.relative_to(tiny.files)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    command = [sys.executable, "-m", "uphold.cli", "build", "--files", str(other), "--state", str(tmp_path / "state")]
    environment = {**os.environ, "PYTHONHASHSEED": "1"}  # what built the shared snapshot had another one
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    first, second = current(tiny.state), current(tmp_path / "state")
    assert done.stdout.strip() == first.id == second.id
    assert first.data.read_bytes() == second.data.read_bytes()
    sums = [(snapshot.dumps / "SHA256SUMS").read_text("ascii") for snapshot in (first, second)]
    assert sums[0] == sums[1] != ""


def test_a_second_build_makes_nothing_again(settings: Settings) -> None:
    """When nothing has changed the same snapshot is current again, and no file of it is touched."""
    first = build(settings)
    before = {path: path.stat().st_mtime_ns for path in first.folder.rglob("*")}
    said: list[str] = []
    assert build(settings, said.append).id == first.id
    assert "nothing has changed" in said[0]
    assert {path: path.stat().st_mtime_ns for path in first.folder.rglob("*")} == before


def test_a_build_says_how_long_each_step_took(settings: Settings, tmp_path: Path) -> None:
    """At its end, in a table."""
    said: list[str] = []
    build(Settings(files=settings.files, state=tmp_path / "another"), said.append)
    rows = [re.fullmatch(r"(\S.*?) +\d+\.\d\d s", line) for line in said[-12:-1]]
    steps = {row[1] for row in rows if row}
    assert steps >= {"read files", "apply rules", "validate", "index for search", "write dumps"}


def test_a_changed_fact_makes_another_snapshot_and_the_old_one_stays(settings: Settings, files: Path) -> None:
    """The id follows the content; going back to the old content goes back to the old id."""
    table = next(files.rglob("CallToAction.csv"))
    original = table.read_text("utf-8")
    old = build(settings)
    table.write_text(original.replace(",1,", ",9,", 1), "utf-8")
    new = build(settings)
    assert new.id != old.id
    assert {snapshot.id for snapshot in stored(settings.state)} == {old.id, new.id}
    table.write_text(original, "utf-8")
    assert build(settings).id == old.id == current(settings.state).id


def test_a_comment_changes_no_id(settings: Settings, files: Path) -> None:
    """What says nothing in RDF makes no difference to the snapshot."""
    old = build(settings)
    turtle = next((files / "ontology").glob("uphold.ttl"))
    turtle.write_text("# a remark\n" + turtle.read_text("utf-8"), "utf-8")
    assert build(settings).id == old.id


def spoil_table(files: Path) -> None:
    table = next(files.rglob("CallToAction.csv"))
    table.write_text(table.read_text("utf-8") + "call:x-1\n", "utf-8")


def spoil_turtle(files: Path) -> None:
    path = files / "ontology" / "uphold.ttl"
    path.write_text(path.read_text("utf-8") + "\nuphold:Broken a .\n", "utf-8")


def spoil_encoding(files: Path) -> None:
    path = next(files.rglob("CallToAction.csv"))
    path.write_bytes(path.read_bytes() + b"\xff\xfe")


def spoil_metadata(files: Path) -> None:
    next((files / "data").glob("*/metadata.ttl")).unlink()


def spoil_rule(files: Path) -> None:
    (files / "queries" / "rules" / "99-broken.rq").write_text("CONSTRUCT { ?s ?p } WHERE", "utf-8")


def spoil_rule_form(files: Path) -> None:
    (files / "queries" / "rules" / "99-select.rq").write_text("SELECT * WHERE { ?s ?p ?o }", "utf-8")


def spoil_rule_nodes(files: Path) -> None:
    (files / "queries" / "rules" / "99-blank.rq").write_text("CONSTRUCT { [] a ?c } WHERE { ?s a ?c }", "utf-8")


def spoil_question(files: Path) -> None:
    path = files / "queries" / "outcomes" / "calls-met.rq"
    path.write_text(path.read_text("utf-8").replace("ORDER BY ?call ?treaty", "ORDER ?call"), "utf-8")


def spoil_questions_metadata(files: Path) -> None:
    (files / "queries" / "metadata.ttl").unlink()


def spoil_fact(files: Path) -> None:
    table = next(files.rglob("CallToAction.csv"))
    table.write_text(table.read_text("utf-8").replace("goal:2", "goal:9"), "utf-8")


def spoil_home(files: Path) -> None:
    (files / "data" / "places" / "notes.csv").write_text("id,depositaryReference\ntreaty:opsc,UNTC IV-11-c\n", "utf-8")


@pytest.mark.parametrize(
    ("spoil", "error", "says"),
    [
        (spoil_table, UnreadableSource, r"CallToAction\.csv:\d+: 1 cells"),
        (spoil_turtle, UnreadableSource, r"ontology/uphold\.ttl:\d+: "),
        (spoil_encoding, UnreadableSource, r"CallToAction\.csv: not UTF-8 at byte"),
        (spoil_metadata, UnreadableSource, r"has no metadata\.ttl"),
        (spoil_rule, RuleFailed, r"99-broken\.rq"),
        (spoil_rule_form, RuleFailed, "must be a CONSTRUCT"),
        (spoil_rule_nodes, RuleFailed, "must have an IRI"),
        (spoil_question, UnreadableSource, r"queries/outcomes/calls-met\.rq:\d+: "),
        (spoil_questions_metadata, UnreadableSource, "No metadata.ttl describes the graph .*graph/questions"),
        (spoil_fact, DoesNotConform, "goal/9"),
        (spoil_home, DuplicateStatement, r'"UNTC IV-11-c", in <\S+/graph/places> and <\S+/graph/treaty-actions>'),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_spoilt_file_publishes_nothing(
    settings: Settings, files: Path, spoil: object, error: type, says: str
) -> None:
    """The error names the place, and the snapshot that was current still is."""
    old = build(settings)
    assert callable(spoil)
    spoil(files)
    with pytest.raises(error, match=says):
        build(settings)
    assert current(settings.state).id == old.id
    assert [snapshot.id for snapshot in stored(settings.state)] == [old.id]
    assert not list((settings.state / "snapshots").glob("unfinished-*"))


def test_a_rule_does_not_derive_what_is_stated(files: Path) -> None:
    """An author may state a wider class; it is then in the author's graph alone."""
    (files / "data" / "treaties" / "wider.csv").write_text("id,type\ntreaty:opsc,Instrument\n", "utf-8")
    graphs = assemble(Files(files))
    wider = r"<\S+/treaty/opsc> <\S+#type> <\S+#Instrument> \."
    assert {
        name.rpartition("/")[2] for name, lines in graphs.items() if any(re.fullmatch(wider, each) for each in lines)
    } == {"treaty-actions"}


def test_the_command_names_file_and_line_of_a_broken_question(files: Path, tmp_path: Path) -> None:
    """On a line of its own, without a traceback."""
    spoil_question(files)
    command = [
        sys.executable,
        "-m",
        "uphold.cli",
        "build",
        "--files",
        str(files),
        "--state",
        str(tmp_path / "elsewhere"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    last = len((files / "queries" / "outcomes" / "calls-met.rq").read_text("utf-8").splitlines())
    assert f"queries/outcomes/calls-met.rq:{last}: " in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "elsewhere" / "current").exists()


def test_only_data_that_do_not_fit_in_memory_have_an_index_on_disk(settings: Settings, tmp_path: Path) -> None:
    """A build with a lower limit adds it to a snapshot without one; a server with that limit asks for such a build."""
    first, low = build(settings), replace(settings, in_memory_max_quads=100)
    assert not first.index.exists()
    with pytest.raises(SnapshotNotFound, match=r"more than UPHOLD_IN_MEMORY_MAX_QUADS \(100\); build again"):
        EmbeddedEngine(first, low)
    for state in (settings.state, tmp_path / "new"):
        built = build(replace(low, state=state))
        assert built.id == first.id
        with closing(EmbeddedEngine(built, low)) as engine:
            found = engine.query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", accept="text/csv").read()
        assert int(found.split()[1]) == first.quads


def test_a_snapshot_cut_short_is_built_again(settings: Settings) -> None:
    """A folder without its metadata is not a snapshot, and the next build fixes it."""
    first = build(settings)
    (first.folder / "snapshot.json").unlink()
    with pytest.raises(SnapshotNotFound):
        current(settings.state)
    assert build(settings).id == first.id
    assert Snapshot.open(first.folder).quads == first.quads


@pytest.mark.parametrize("part", ["data.nq", "union.nt", "search"])
def test_a_snapshot_that_lacks_what_questions_need_is_built_again(settings: Settings, part: str) -> None:
    """It may have been built before the part was invented; it is not served as it is."""
    first = build(settings)
    (first.folder / part).rename(first.folder / "elsewhere")
    with pytest.raises(SnapshotNotFound, match="build again"):
        current(settings.state)
    assert build(settings).id == first.id
    assert current(settings.state).search.is_dir()


def test_every_iri_of_ours_starts_with_another_base_if_set(files: Path, tmp_path: Path) -> None:
    """A mirror may have its own base; nothing has the canonical one."""
    snapshot = build(Settings(files=files, state=tmp_path / "mirror", base="http://mirror.example/uphold/"))
    content = snapshot.data.read_text("utf-8")
    assert "http://mirror.example/uphold/id/" in content
    assert "https://w3id.org/uphold/" not in content
