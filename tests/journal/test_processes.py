"""Several processes use one journal: in fair turns, with one chain, and whatever was acknowledged survives a kill."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import replace

import pytest
from sqlalchemy import text

from tests.journal.appender import CONTEXT, Appender
from tests.journal.drafts import append, draft
from uphold.errors import JournalBusy
from uphold.journal.journal import Journal
from uphold.journal.verification import verify
from uphold.settings import Settings

KILLS = 10


def test_processes_that_append_in_a_loop_take_fair_turns(settings: Settings) -> None:
    """Nobody fails, nobody waits long, numbers have no gaps, no number is given twice; one of them makes the tables."""
    each, processes = 40, 4
    together = CONTEXT.Barrier(processes)
    started = [Appender(settings, each, together) for _ in range(processes)]
    reports = [appender.reported() for appender in started]
    assert [appender.process.exitcode for appender in started] == [0] * processes
    assert sorted(number for report in reports for number, _ in report) == list(range(1, each * processes + 1))
    writers = {number: at for at, report in enumerate(reports) for number, _ in report}
    crowded = range(1, min(report[-1][0] for report in reports))  # until the first of them has done
    assert sum(writers[number] == writers[number + 1] for number in crowded) < len(crowded) / 3
    waits = sorted(waited for report in reports for _, waited in report)
    assert waits[-1] < 5 + 30 * waits[len(waits) // 2], waits  # seconds; more on a machine that is busy
    with Journal.open(settings) as journal:
        assert verify(journal).number == each * processes


def test_what_was_acknowledged_survives_a_kill(settings: Settings, pytestconfig: pytest.Config) -> None:
    """A process is killed at random instants; the chain verifies and has every number reported, perhaps one more."""
    seed = random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    with Journal.open(settings) as journal:
        for _ in range(KILLS * (10 if pytestconfig.getoption("long") else 1)):
            appender = Appender(settings)
            assert appender.output.poll(30)  # it has begun
            time.sleep(chance.uniform(0, 0.1))
            appender.process.kill()
            numbers = [number for number, _ in appender.reported()]
            head = verify(journal)
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
            assert numbers[-1] <= head.number <= numbers[-1] + 1
            append(journal)  # nothing stays locked


def test_threads_of_one_process_append_one_chain(journal: Journal) -> None:
    """As those of a server do."""
    threads = [threading.Thread(target=append, args=(journal, 20)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verify(journal).number == 120


def test_a_follower_misses_no_entry(journal: Journal) -> None:
    """While several append, it asks for what comes after the last one; a sequence would show 11 before 10."""
    threads = [threading.Thread(target=append, args=(journal, 20)) for _ in range(4)]
    for thread in threads:
        thread.start()
    seen: list[int] = []
    while len(seen) < 80 and journal.wait_for_change(len(seen), 20):
        seen += [entry.number for entry in journal.entries(len(seen), 7)]
    for thread in threads:
        thread.join()
    assert seen == list(range(1, 81))


def test_a_reader_does_not_wait_for_a_writer(settings: Settings) -> None:
    """It sees the journal as it was before, at once."""
    with Journal.open(settings) as journal, Journal.open(settings) as other:
        append(journal)
        with journal.writing() as transaction:
            transaction.append(draft(2))
            began = time.monotonic()
            assert other.head().number == 1
            assert [entry.number for entry in other.entries()] == [1]
            assert time.monotonic() - began < 1


def test_a_reader_does_not_make_a_writer_wait(journal: Journal) -> None:
    """It goes on seeing what it began with."""
    append(journal)
    with journal.database.reading() as connection:
        counted = text("SELECT count(*) FROM entry")
        assert connection.execute(counted).scalar() == 1
        began = time.monotonic()
        append(journal)
        assert time.monotonic() - began < 1
        if not journal.database.is_postgresql:  # on PostgreSQL each statement sees what was committed before it
            assert connection.execute(counted).scalar() == 1
    assert journal.head().number == 2


def refused(journal: Journal) -> None:
    """Append in vain."""
    with pytest.raises(JournalBusy):
        append(journal)


def test_waiting_is_bounded(settings: Settings) -> None:
    """A write that waits longer than the setting gets an error that says so, and works later."""
    hurried = replace(settings, write_queue_timeout=0.3)
    with Journal.open(settings) as journal, Journal.open(hurried) as other:
        with journal.writing():
            began = time.monotonic()
            with pytest.raises(JournalBusy, match=r"0\.3 s"):
                append(other)
            assert 0.25 < time.monotonic() - began < 3
            threads = [threading.Thread(target=refused, args=(other,)) for _ in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert time.monotonic() - began < 6
        append(other)
        assert other.head().number == 1


def test_a_follower_wakes_up_on_a_commit_of_another(settings: Settings) -> None:
    """At once, and with False when nothing came in time."""
    with Journal.open(settings) as journal, Journal.open(settings) as other:
        known = journal.head()
        began = time.monotonic()
        assert not journal.wait_for_change(0, 0.2)
        assert 0.15 < time.monotonic() - began < 2
        timer = threading.Timer(0.3, append, (other,))
        timer.start()
        began = time.monotonic()
        assert not journal.head_changed(known)
        assert journal.wait_for_change(0, 20)
        assert time.monotonic() - began < 5
        timer.join()
        assert journal.head_changed(known)
        assert journal.wait_for_change(0, 0)
        assert not journal.wait_for_change(1, 0)
