"""A write is validated, recorded and visible, or changes nothing; and it leads to what a build of all would be."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from tests.writes.conftest import Client, upload
from uphold.build.completion import with_dumps
from uphold.build.pipeline import build
from uphold.engines.oxigraph.engine import EmbeddedEngine
from uphold.errors import (
    BodySyntaxError,
    IdempotencyKeyReused,
    PreconditionFailed,
    SnapshotNotFound,
    ValidationLimitExceeded,
)
from uphold.journal.backup import backup
from uphold.rdf.sources import Files
from uphold.serving import open_snapshot
from uphold.serving.snapshot_manager import SnapshotManager
from uphold.settings import Settings
from uphold.snapshots.diff import difference
from uphold.snapshots.publication_log import in_use
from uphold.snapshots.snapshot import Snapshot, current, stored
from uphold.snapshots.steps import data_file, data_size, occurrences, quads_of
from uphold.snapshots.verification import faults
from uphold.writes import completion
from uphold.writes.operations import Kind, Operation
from uphold.writes.worker import WriteWorker, workspace_of

AGENT = "<urn:agent:{0}> a foaf:Agent ; foaf:name 'Agent {0}' ."
BROKEN = "<urn:x> a uphold:CallToAction ."


def lines(snapshot: Snapshot, graph: str) -> set[str]:
    """The statements of one graph, without its name."""
    return {str(quad.triple) for quad in quads_of(snapshot) if getattr(quad.graph_name, "value", "") == graph}


def test_an_accepted_write_is_an_entry_and_current(client: Client) -> None:
    """The first entry is the build that the write changed."""
    before = current(client.settings.state)
    found = client.put("partner/acme/agents", AGENT.format(1))
    after, graph = current(client.settings.state), f"{client.settings.base}graph/partner/acme/agents"
    assert found.conforms
    assert (found.entry, found.snapshot, found.existed) == (2, after.id, {graph: False})
    assert found.changed[graph] == (0, 2)
    assert lines(after, graph) == triples(AGENT.format(1))
    first, second = client.service.journal.entries()
    assert (first.kind, first.snapshot) == ("build", before.id)
    assert (second.kind, second.token, second.snapshot) == ("write", "partner", after.id)
    assert second.graphs == (graph,)


def test_what_does_not_conform_changes_nothing(client: Client) -> None:
    """Nor does a dry run, a body that cannot be read, or a precondition that does not hold."""
    client.put("partner/a", AGENT.format(1))
    before, entries = current(client.settings.state), client.service.journal.head()
    found = client.post("partner/a", BROKEN)
    assert not found.conforms
    assert found.entry is None
    assert {each["focusNode"] for each in found.report["results"]} == {"urn:x"}
    dry = client.post("partner/a", AGENT.format(2), dry_run=True)
    assert (dry.conforms, dry.entry) == (True, None)

    def refuse(snapshot: Snapshot) -> None:
        assert snapshot.id == before.id
        raise PreconditionFailed("it was changed")

    with pytest.raises(PreconditionFailed):
        client.put("partner/a", AGENT.format(3), require=refuse)
    with pytest.raises(BodySyntaxError):
        client.put("partner/a", "<urn:x> <urn:p>")
    assert (current(client.settings.state), client.service.journal.head()) == (before, entries)
    assert client.post("partner/a", AGENT.format(2)).snapshot == dry.snapshot


def test_the_outcome_of_a_new_call_is_derived(client: Client) -> None:
    """A dry run says so, too; without the call there is no outcome."""
    call = """call:new a uphold:CallToAction ; uphold:addressedTo jurisdiction:{0} ; skos:prefLabel "Consent"@en ;
        uphold:ordinal 90 ; uphold:goal <https://w3id.org/uphold/id/goal/2> ;
        uphold:basis <https://w3id.org/uphold/id/basis/research> ;
        uphold:callsForConsentTo treaty:opsc ; prov:wasDerivedFrom <https://w3id.org/uphold/id/citation/{1}> ."""
    snapshot = current(client.settings.state)
    quads = [*quads_of(snapshot)]
    known = next(quad.subject for quad in quads if quad.predicate.value.endswith("callsForConsentTo"))
    about = {quad.predicate.value.rpartition("#")[2]: str(quad.object) for quad in quads if quad.subject == known}
    party, source = (about[name].rpartition("/")[2][:-1] for name in ("addressedTo", "wasDerivedFrom"))
    outcome = f"{snapshot.base}id/call-outcome/new-opsc"
    text = call.format(party, source)
    dry = client.put("partner/a/calls", text, dry_run=True)
    assert dry.report["results"] == []
    assert f"<{outcome}> <{snapshot.base}ontology#outcome>" in dry.added
    found = client.put("partner/a/calls", text)
    assert found.snapshot == dry.snapshot
    derived = lines(current(client.settings.state), f"{snapshot.base}graph/derived")
    assert any(line.startswith(f"<{outcome}> ") for line in derived)
    assert client.delete("partner/a/calls").snapshot == snapshot.id


SUBJECTS = [AGENT.format(number) for number in range(6)]
NAMELESS = "<urn:agent:1> <urn:agents:part> [ a foaf:Agent ; foaf:name 'No' ; <urn:agents:part> [ a foaf:Agent ] ] ."
GRAPHS = ("partner/a/one", "partner/b/two", "-", "https://other.example/graph")


@pytest.mark.one_in(10, "seed", range(10))
def test_writes_lead_to_what_a_build_makes_of_the_same_graphs(
    client: Client, seed: int, open_client: Callable[[Settings], Client]
) -> None:
    """Also with graphs that share statements, have blank nodes or no name; and another process follows."""
    chance = random.Random(seed)  # noqa: S311 not for secrets
    other = open_client(client.settings)
    for _ in range(10):
        path, writer = chance.choice(GRAPHS), chance.choice((client, other))
        text = "\n".join(chance.sample(SUBJECTS, 2) + chance.choice(([], [NAMELESS])))
        kind = chance.choice((writer.put, writer.post, writer.post))
        found = kind(path, text)
        assert found.conforms
        assert found.snapshot == current(client.settings.state).id
    written = current(client.settings.state)
    assert written.built_on
    head = client.service.journal.head()
    elsewhere = Settings(files=client.settings.files, state=client.settings.state.with_name("elsewhere"))
    elsewhere.state.mkdir()
    backup(client.service.journal, elsewhere.state / "journal.sqlite")
    rebuilt = build(elsewhere)
    assert rebuilt.id == written.id
    assert rebuilt.data.read_bytes() == data_file(written).read_bytes()
    assert (rebuilt.quads, rebuilt.triples, rebuilt.graphs) == (written.quads, written.triples, written.graphs)
    assert build(client.settings).id == written.id
    assert client.service.journal.head() == head
    assert client.put("partner/a/one", AGENT.format(9)).snapshot == current(client.settings.state).id


def test_a_build_of_changed_files_is_an_entry(client: Client) -> None:
    """It keeps what was written, and its difference makes each snapshot from the one before."""
    client.put("partner/a", AGENT.format(1))
    written = current(client.settings.state)
    shapes = client.settings.files / "shapes" / "labels.ttl"
    text = shapes.read_text("utf-8").replace('sh:message "', 'sh:message "Really: ', 1)
    shapes.write_text(text, "utf-8")
    built = build(client.settings)
    entry = client.service.journal.entries()[-1]
    assert (entry.kind, entry.snapshot, entry.previous_snapshot) == ("build", built.id, written.id)
    change = client.service.journal.change(entry)
    before = set(data_file(written).read_bytes().splitlines(keepends=True))
    after = before.difference(change.removed.splitlines(keepends=True)) | {*change.added.splitlines(keepends=True)}
    assert b"".join(sorted(after)) == built.data.read_bytes()
    assert built.graphs[f"{built.base}graph/partner/a"] == 2
    assert client.delete("partner/a").conforms
    assert f"{built.base}graph/partner/a" not in current(client.settings.state).graphs


def test_a_lost_snapshot_is_made_again_from_the_journal(
    client: Client, open_client: Callable[[Settings], Client]
) -> None:
    """As after a power failure, which can leave the folder of a snapshot empty and an older one current."""
    state = client.settings.state
    built = current(state)
    for number in range(3):
        client.post("partner/a", AGENT.format(number))
    newest = current(state)
    client.service.close()
    for each in (newest.folder, state / "steps"):
        shutil.rmtree(each)
    (state / "current").unlink()
    (state / "current").symlink_to(Path("snapshots") / built.id)
    again = open_client(client.settings)
    again.service.follow()
    assert current(state).id == newest.id
    assert lines(current(state), f"{built.base}graph/partner/a") == {
        line for number in range(3) for line in triples(AGENT.format(number))
    }


def triples(text: str) -> set[str]:
    """The statements of a text about agents."""
    prefix = "@prefix foaf: <http://xmlns.com/foaf/0.1/> ."
    return {str(quad.triple) for quad in ox.parse(prefix + text, format=ox.RdfFormat.TURTLE)}


def test_a_request_with_the_same_key_is_carried_out_once(client: Client) -> None:
    """The same request gets what it got before, and another one is refused."""
    first = client.post("partner/a", AGENT.format(1), key="k", digest="one", status=lambda _: 201)
    again = client.post("partner/a", AGENT.format(1), key="k", digest="one")
    assert (again.status, again.entry, again.snapshot) == (201, first.entry, first.snapshot)
    with pytest.raises(IdempotencyKeyReused):
        client.post("partner/a", AGENT.format(2), key="k", digest="two")
    assert client.service.journal.head().number == first.entry


def test_a_worker_that_was_killed_costs_no_write(client: Client) -> None:
    """The next one has a new worker, with the newest data."""
    client.post("partner/a", AGENT.format(1))
    client.post("partner/a", AGENT.format(2))
    worker = client.service.staging.worker
    assert worker
    os.kill(worker.pid, signal.SIGKILL)
    while not worker.has_ended():
        time.sleep(0.01)
    found = client.post("partner/a", AGENT.format(3))
    assert found.snapshot == current(client.settings.state).id
    assert len(lines(current(client.settings.state), f"{client.settings.base}graph/partner/a")) == 6


def test_a_write_that_takes_too_long_is_stopped(client: Client) -> None:
    """Its worker is ended; nothing has changed, and the next write is carried out."""
    client.put("partner/a", AGENT.format(1))
    head = client.service.journal.head()
    client.service.staging.settings = replace(client.settings, validate_timeout=0.1)
    many = "\n".join(f"<urn:agent:{n}> a uphold:CallToAction ; skos:prefLabel 'x{n}'@en ." for n in range(5_000))
    with pytest.raises(ValidationLimitExceeded, match="time limit"):
        client.put("partner/a", many)
    assert not client.service.staging.worker
    assert client.service.journal.head() == head
    client.service.staging.settings = client.settings
    assert client.put("partner/a", AGENT.format(2)).entry == head.number + 1


def test_a_class_that_was_written_has_the_rules_of_its_superclass(
    client: Client, open_client: Callable[[Settings], Client]
) -> None:
    """In the process that wrote it and in another one, until the statement is removed."""
    other = open_client(client.settings)
    assert other.put("partner/b", AGENT.format(1)).conforms
    kind = "<urn:class:call> <http://www.w3.org/2000/01/rdf-schema#subClassOf> uphold:CallToAction"
    assert client.put("partner/a", f"{kind} ; a <http://www.w3.org/2002/07/owl#Class> .").conforms
    for writer in (client, other):
        found = writer.put("partner/c", "<urn:x> a <urn:class:call> .")
        assert {each["shape"].rpartition("/")[2] for each in found.report["results"]} >= {"CallToAction-label"}
    assert other.delete("partner/a").conforms
    assert client.put("partner/c", "<urn:x> a <urn:class:call> .").conforms


def test_many_writes_leave_few_snapshots(tiny_copy: Settings, open_client: Callable[[Settings], Client]) -> None:
    """Those retained, and the built one that they are made from; each can be read."""
    client = open_client(replace(tiny_copy, keep_snapshots=3))
    client.service.completion.close()  # it would hold the snapshot whose files it makes
    built = current(client.settings.state)
    for number in range(8):
        assert client.post("partner/a", AGENT.format(number)).conforms
    found = stored(client.settings.state)
    assert len(found) == 4
    assert built.id in {snapshot.id for snapshot in found}
    sizes = {len(lines(snapshot, f"{built.base}graph/partner/a")) for snapshot in found}
    assert sizes == {0, 12, 14, 16}
    shapes = client.settings.files / "shapes" / "labels.ttl"
    shapes.write_text(shapes.read_text("utf-8").replace('sh:message "', 'sh:message "Really: ', 1), "utf-8")
    again = build(client.settings)
    for number in range(4):
        client.post("partner/a", AGENT.format(number + 8))
    left = {snapshot.id for snapshot in stored(client.settings.state)}
    assert built.id not in left
    assert again.id in left
    assert [path.name for path in (client.settings.state / "steps").iterdir()] == [again.id]


def test_downloads_are_those_of_a_build(client: Client) -> None:
    """They are made soon after a write, or when somebody asks first; the same files with the same content."""
    client.put("partner/a", AGENT.format(1))
    written = with_dumps(current(client.settings.state))
    elsewhere = Settings(files=client.settings.files, state=client.settings.state.with_name("elsewhere"))
    elsewhere.state.mkdir()
    backup(client.service.journal, elsewhere.state / "journal.sqlite")
    built = build(elsewhere)
    assert built.id == written.id
    for path in built.dumps.iterdir():
        assert (written.dumps / path.name).read_bytes() == path.read_bytes(), path.name
    assert len([*written.dumps.iterdir()]) == len([*built.dumps.iterdir()])
    client.post("partner/a", AGENT.format(2))
    newest = current(client.settings.state)
    until = time.monotonic() + 60
    while not newest.dumps.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert newest.dumps.exists()


def test_data_that_return_after_a_build_can_be_written_to(client: Client) -> None:
    """A snapshot of the same content has a folder from before the build, made with other steps."""
    client.put("partner/a", AGENT.format(1))
    client.put("partner/b", AGENT.format(2))
    first = current(client.settings.state)
    assert build(client.settings).id == first.id
    client.delete("partner/b")
    client.put("partner/c", AGENT.format(3))
    newest = current(client.settings.state)
    assert faults(newest) == []
    with closing(EmbeddedEngine(newest, client.settings)) as engine:
        query = "SELECT ?s { ?s a foaf:Agent FILTER STRSTARTS(STR(?s), 'urn:agent:') } ORDER BY ?s"
        assert engine.query(query, accept="text/csv").read().split() == [b"s", b"urn:agent:1", b"urn:agent:3"]


def test_after_many_writes_the_earlier_ones_are_not_needed(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current snapshot gets all files of a built one, and what it was built on goes by the retention rule."""
    client.service.completion.close()  # its thread; this test calls it
    client.service.settings = replace(client.settings, keep_snapshots=2)
    state, folders = client.settings.state, client.settings.state / "steps"
    first = current(state)
    for number in range(5):
        client.put("partner/a", AGENT.format(number))
    middle = current(state)
    client.service.completion.complete(middle, is_quiet=True)
    assert current(state).built_on == first.id  # there were few steps
    monkeypatch.setattr(completion, "MANY_STEPS", 5)
    with in_use(middle):
        for number in range(3):  # meanwhile, others write
            client.put("partner/b", AGENT.format(10 + number))
        worker = client.service.staging.worker
        others = {middle.id, current(state).id}
        (old,) = (each for each in stored(state) if each.built_on == first.id and each.id not in others)
        client.service.completion.complete(middle, is_quiet=True)
    assert faults(Snapshot.open(middle.folder)) == []
    assert (Snapshot.open(middle.folder).built_on, current(state).built_on) == ("", middle.id)
    with in_use(old):
        last = client.put("partner/b", AGENT.format(1))
        assert client.service.staging.worker is worker
        assert (current(state).id, faults(current(state))) == (last.snapshot, [])
        for number in range(3):
            client.put("partner/b", AGENT.format(20 + number))
        assert faults(Snapshot.open(old.folder)) == []  # what it was built on stays with it
    client.put("partner/b", AGENT.format(30))
    assert {path.name for path in folders.iterdir()} == {middle.id}
    assert not first.folder.exists()
    assert build(client.settings).id == current(state).id


def test_an_open_snapshot_is_not_removed(client: Client) -> None:
    """A reader that began with it can go on, however many writes come meanwhile; afterwards it goes."""
    client.service.completion.close()
    client.service.settings = replace(client.settings, keep_snapshots=1)
    client.put("partner/a", AGENT.format(1))
    with closing(SnapshotManager(client.settings)) as manager:
        opened = manager.acquire()
        for number in range(4):
            client.put("partner/a", AGENT.format(10 + number))
        kept = {each.id for each in stored(client.settings.state) if each.built_on}
        assert kept == {opened.snapshot.id, current(client.settings.state).id}
        with closing(opened.engine.successor(opened.snapshot, [])) as engine:  # as the first query opens one
            assert engine.query("ASK { <urn:agent:1> a foaf:Agent }", accept="text/csv").read() == b"true"
        manager.release(opened)
        with closing(manager.newest() or opened) as newer:
            assert newer.snapshot.id == current(client.settings.state).id
    client.put("partner/a", AGENT.format(20))
    assert not opened.snapshot.folder.exists()


def test_a_snapshot_that_is_no_longer_kept_is_known_by_its_entry(
    client: Client, app_client: Callable[[Settings], AbstractContextManager[FlaskClient]]
) -> None:
    """At each of its addresses: 410 with the entry of the journal; one that never was is 404 (RFC 9110, 15.5.11)."""
    client.service.completion.close()
    client.service.settings = replace(client.settings, keep_snapshots=1)
    first = client.put("partner/a", AGENT.format(1))
    for number in (2, 3):
        client.put("partner/a", AGENT.format(number))
    (moment,) = (each.moment for each in client.service.journal.entries() if each.number == first.entry)
    with app_client(client.settings) as reader:
        for path in ("", "/sparql?query=ASK{}", "/doc/treaty/crc", "/changes.rdfp", "/ontology"):
            for identity, status, words in (
                (first.snapshot, 410, f"Entry {first.entry} of the journal led to it, on {moment.date()}."),
                ("0" * 64, 404, "There is no snapshot"),
            ):
                found = reader.get(f"/snapshots/{identity}{path}", headers={"Accept": "application/json"})
                assert (found.status_code, found.mimetype) == (status, "application/problem+json"), path
                assert words in found.get_json()["detail"]


def test_after_many_removed_statements_the_data_are_loaded_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the engine is not forked from that of the snapshot before, and answers the same."""
    query = "SELECT ?s { ?s a foaf:Agent FILTER STRSTARTS(STR(?s), 'urn:agent:') }"
    client.put("partner/a", AGENT.format(1))
    monkeypatch.setattr(open_snapshot, "MOST_REMOVED", 10)
    removed = []
    with closing(SnapshotManager(client.settings)) as manager:
        for number in range(2, 5):
            client.put("partner/a", AGENT.format(number))
            opened = manager.acquire()
            removed.append(opened.removed)
            found = opened.engine.query(query, accept="text/csv").read()
            assert found.split() == [b"s", f"urn:agent:{number}".encode()]
            manager.release(opened)
    assert all(0 < each < 40 for each in removed)  # those of one write, not of all


def test_what_differs_between_snapshots_is_known_without_their_files(client: Client) -> None:
    """The changes that writes made say as much as the data, and nobody waits until files of these are made."""
    client.service.completion.close()
    for number, text in enumerate((AGENT.format(1), f"{AGENT.format(1)} {NAMELESS}", AGENT.format(2), NAMELESS)):
        client.put(f"partner/{number % 2}", text)
    client.delete("partner/0")
    name, snapshots = b"<urn:agent:1>", stored(client.settings.state)
    pairs = [*product(snapshots, repeat=2)]
    found = {(old.id, new.id): difference(old, new) for old, new in pairs}
    known = {each.id: (data_size(each), occurrences(each, name)) for each in snapshots}
    assert not any(each.data.exists() for each in snapshots if each.built_on)
    contents = {each.id: data_file(each).read_bytes() for each in snapshots}
    assert len(contents) == 6
    lines = {identity: {*content.splitlines(keepends=True)} for identity, content in contents.items()}
    for (old, new), (removed, added) in found.items():
        assert (removed, added) == (sorted(lines[old] - lines[new]), sorted(lines[new] - lines[old]))
    assert known == {identity: (len(content), content.count(name)) for identity, content in contents.items()}


def test_a_worker_that_frees_memory_stages_the_same(client: Client) -> None:
    """Also between a change and the decision about it."""
    settings, snapshot = client.settings, current(client.settings.state)
    workspace = workspace_of(snapshot, Files(settings.files, settings.base))
    worker = WriteWorker(settings, workspace, snapshot)
    operation = Operation(Kind.PUT, f"{settings.base}graph/partner/a", upload(AGENT.format(1), settings))
    request = {"snapshot": str(snapshot.folder), "stage": [json.loads(json.dumps(asdict(operation)))]}
    before = worker.answer(request)
    old = workspace.store, workspace.background.store, workspace.derivation.work.store
    worker.rest()  # it has grown since `most`, which is 0 here
    new = workspace.store, workspace.background.store, workspace.derivation.work.store
    assert not any(one is other for one, other in zip(old, new, strict=True))
    after = worker.answer(request)
    assert {**after, "turtle": ""} == {**before, "turtle": ""}  # its prefixes are in any order
    assert worker.most > 64_000_000


def test_a_snapshot_that_was_removed_is_not_found(client: Client) -> None:
    """By a reader that knows it still, as happens when writes are many: the error is one that a client understands."""
    client.service.completion.close()
    client.put("partner/a", AGENT.format(1))
    snapshot = current(client.settings.state)
    shutil.rmtree(snapshot.folder)
    for use in (data_file, with_dumps):
        with pytest.raises(SnapshotNotFound):
            use(snapshot)
