"""What one server acknowledges is in the others within a second, and any of them may fail."""

from __future__ import annotations

import contextlib
import os
import signal
import statistics
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.journal.postgresql import Cluster
from tests.replicas.conftest import Pair
from tests.replicas.replica import AGENT, Replica
from tests.web.test_server import wait_until
from uphold.build.pipeline import build
from uphold.journal.journal import Journal
from uphold.journal.verification import verify
from uphold.settings import Settings
from uphold.snapshots.snapshot import current
from uphold.snapshots.verification import faults

WITHIN = 1.0
PATHS = (Path(__file__).with_name("paths.txt")).read_text("utf-8").split()


def until_equal(writer: Replica, reader: Replica) -> float:
    """The seconds until one server has the snapshot of another one."""
    wanted, began = writer.snapshot, time.monotonic()
    assert wait_until(lambda: reader.snapshot == wanted, 30)
    return time.monotonic() - began


def add_note(settings: Settings) -> None:
    """Add a statement to the files of a server."""
    note = "<https://w3id.org/uphold/ontology#Treaty> <http://www.w3.org/2004/02/skos/core#note> 'New.'@en .\n"
    with next((settings.files / "ontology").glob("*.ttl")).open("a", encoding="utf-8") as file:
        file.write(f"\n{note}")


def test_a_write_to_one_server_is_in_the_other_within_a_second(pair: Pair) -> None:
    """Both ways, with the same ids; and then all bytes and ETags are the same."""
    with pair.serving() as (one, two):
        assert one.snapshot == two.snapshot
        seconds = []
        for number in range(8):
            writer, reader = (one, two) if number % 2 else (two, one)
            response = writer.write(number)
            assert response.status in (201, 204)
            assert response.snapshot == writer.snapshot
            seconds.append(until_equal(writer, reader))
            assert reader.agents == number + 1
        assert statistics.median(seconds[2:]) <= WITHIN, seconds  # the first ones wait until the data are loaded
        assert wait_until(lambda: all(current(each.state).dumps.exists() for each in pair.settings))  # both make them
        for path in PATHS:
            first, second = one.ask(path), two.ask(path)
            assert first.status == second.status == 200, path
            assert first.headers["ETag"] == second.headers["ETag"], path
            assert first.body == second.body, path
            if etag := second.headers["ETag"]:
                assert one.ask(path, If_None_Match=etag).status == 304, path
    for settings in pair.settings:
        assert faults(current(settings.state)) == []
    with Journal.open(pair.settings[0]) as journal:
        assert verify(journal).number == 9


def test_a_precondition_holds_across_servers(pair: Pair) -> None:
    """The ETag of one server decides at the other, also when that has not yet followed."""
    with pair.serving() as (one, two):
        one.write(1)
        etag = one.ask("/graphs/partner/a", Accept="text/turtle").headers["ETag"]
        one.write(2)
        refused = two.ask("/graphs/partner/a", AGENT.format(3).encode(), If_Match=etag)
        assert refused.status == 412
        etag = one.ask("/graphs/partner/a", Accept="text/turtle").headers["ETag"]
        assert two.ask("/graphs/partner/a", AGENT.format(3).encode(), If_Match=etag).status == 204
        assert two.agents == 3


def test_either_server_may_be_killed(pair: Pair) -> None:
    """The other goes on at once, and the one that died follows when it is back."""
    with pair.serving() as (one, two):
        assert one.write(1).status == 201
        until_equal(one, two)
        for pid in [one.running.process.pid, *one.running.processes(), *one.running.workers()]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for number in range(2, 5):
            assert two.write(number).status == 204
        last = two.snapshot
    with pair.serving() as (one, two):
        assert one.snapshot == two.snapshot == last
        assert one.agents == 4


def test_the_database_may_be_gone_for_a_while(pair: Pair, cluster: Cluster) -> None:
    """Both servers answer from what they have, refuse writes, and go on once it is back."""
    with pair.serving() as (one, two):
        one.write(1)
        until_equal(one, two)
        cluster.stop()
        try:
            for each in (one, two):
                assert each.agents == 1
                refused = each.write(2)
                assert refused.status == 503
                assert b"journal-unavailable" in refused.body
        finally:
            cluster.start()
        assert wait_until(lambda: one.write(3).status == 204)
        until_equal(one, two)
        assert two.agents == 2


def test_a_server_with_other_files_neither_follows_nor_writes(pair: Pair) -> None:
    """It says what to do, serves what it has, and goes on once it has built from the same files."""
    ours, theirs = pair.settings
    with pair.serving() as (one, two):
        one.write(1)
        until_equal(one, two)
        before = two.snapshot
        add_note(ours)
        built = build(ours)
        assert wait_until(lambda: one.snapshot == built.id)
        assert one.write(2).status == 204
        refused = two.write(3)
        assert refused.status == 503
        assert b"server-outdated" in refused.body
        assert b"uphold build" in refused.body
        assert two.snapshot == before
        assert two.agents == 1
        add_note(theirs)
        again = build(theirs)
        assert again.id == one.snapshot
        assert wait_until(lambda: two.snapshot == again.id)
        assert wait_until(lambda: two.agents == 2)  # each server process takes up a build by itself
        assert two.write(4).status == 204
        until_equal(two, one)


def test_a_server_that_joins_later_has_the_same_snapshot(pair: Pair, tmp_path: Path) -> None:
    """Its build makes it from its files and the journal, without an entry."""
    with pair.serving() as (one, _):
        one.write(1)
        last, etag = one.snapshot, one.ask("/").headers["ETag"]
    newcomer = replace(pair.settings[0], state=tmp_path / "newcomer")
    assert build(newcomer).id == last
    with Journal.open(newcomer) as journal:
        assert journal.head().number == 2
    with Pair((pair.settings[1], newcomer), pair.secret).serving() as (one, two):
        assert one.ask("/").headers["ETag"] == two.ask("/").headers["ETag"] == etag
        assert one.ask("/").body == two.ask("/").body
        assert two.write(2).status == 204
        until_equal(two, one)
        assert one.agents == 2


@pytest.mark.parametrize("leaving", [0, 1])
def test_a_build_dates_a_snapshot_like_the_journal(pair: Pair, leaving: int) -> None:
    """So the same page names the same day on every server."""
    one, two = (current(each.state).created for each in pair.settings)
    assert one == two
    build(pair.settings[leaving])
    assert current(pair.settings[leaving].state).created == one
