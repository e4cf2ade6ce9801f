"""Each query runs once; its answer is shared with all who wait, and cached while there is room."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from uphold.engines.interface import Answer
from uphold.engines.result_cache import IN_MEMORY, BufferedResult, ResultCache
from uphold.errors import ClientDisconnected, QueryTimeout, ResultTooLarge, ServerBusy

Wanted = Callable[[], bool]
PATIENCE = 20


class Query:
    """A query that ends when the test says so, and counts its runs."""

    def __init__(self, content: bytes = b"rows", fault: Exception | None = None) -> None:
        self.content, self.fault = content, fault
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.runs = 0
        self.wanted: Wanted = there

    def __call__(self, wanted: Wanted) -> Answer:
        """Run."""
        self.runs, self.wanted = self.runs + 1, wanted
        self.begun.set()
        return Answer("text/csv", self.chunks())

    def chunks(self) -> Generator[bytes]:
        """The bytes, once the test ends it."""
        assert self.go_on.wait(PATIENCE)
        if self.fault:
            raise self.fault
        yield self.content


def there() -> bool:
    """A client that waits."""
    return True


def left() -> bool:
    """A client that has gone."""
    return False


def at_once(content: bytes) -> Query:
    """A query that takes no time."""
    query = Query(content)
    query.go_on.set()
    return query


@pytest.fixture
def answers(tmp_path: Path) -> ResultCache:
    """Room for three answers of a thousand bytes and a half, though none may take more than an eighth of it."""
    return ResultCache(tmp_path, size=16_000, limit=10_000_000, max_waiting=3)


def wait_for_waiting(answers: ResultCache, count: int) -> None:
    """Until so many wait."""
    until = time.monotonic() + PATIENCE
    while answers.waiting != count:
        assert time.monotonic() < until
        time.sleep(0.005)


def test_equal_queries_at_the_same_time_share_one_run(answers: ResultCache) -> None:
    """One leads, three wait, and a fourth is sent away; afterwards nothing is under way and nobody waits."""
    query = Query()
    with ThreadPoolExecutor(4) as pool:
        pending: list[Future[BufferedResult]] = [pool.submit(answers.ask, "a", query, there) for _ in range(4)]
        wait_for_waiting(answers, 3)
        with pytest.raises(ServerBusy):
            answers.ask("a", query, there)
        query.go_on.set()
        found = [each.result(PATIENCE) for each in pending]
    assert [b"".join(each) for each in found] == [b"rows"] * 4
    assert (query.runs, answers.waiting, answers.running) == (1, 0, {})
    assert b"".join(answers.ask("a", query, there)) == b"rows"
    assert query.runs == 1


def test_a_waiting_request_frees_its_slot_even_when_the_answer_comes_at_once(answers: ResultCache) -> None:
    """However the threads meet; a place that is lost would in the end send everybody away."""
    for number in range(300):
        query = at_once(b"rows")
        with ThreadPoolExecutor(3) as pool:
            for pending in [pool.submit(answers.ask, str(number), query, there) for _ in range(3)]:
                pending.result(PATIENCE)
    assert answers.waiting == 0


def test_without_a_key_everybody_has_a_run_of_their_own(answers: ResultCache) -> None:
    """And nothing is cached."""
    query = at_once(b"now")
    for _ in range(3):
        answers.ask(None, query, there)
    assert (query.runs, len(answers.cached)) == (3, 0)


def test_a_run_continues_for_waiting_clients_when_the_first_one_leaves(answers: ResultCache) -> None:
    """It is wanted as long as one of them is there."""
    query = Query()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(answers.ask, "a", query, left)
        assert query.begun.wait(PATIENCE)
        assert not query.wanted()
        second = pool.submit(answers.ask, "a", query, there)
        wait_for_waiting(answers, 1)
        assert query.wanted()
        query.go_on.set()
        assert b"".join(second.result(PATIENCE)) == b"rows"
        first.result(PATIENCE)


def test_a_request_while_a_run_is_being_stopped_runs_it_again(answers: ResultCache) -> None:
    """Nobody gets an error because others disconnected."""
    stopped, again = Query(fault=ClientDisconnected()), at_once(b"rows")
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(answers.ask, "a", stopped, left)
        assert stopped.begun.wait(PATIENCE)
        second = pool.submit(answers.ask, "a", again, there)
        wait_for_waiting(answers, 1)
        stopped.go_on.set()
        assert b"".join(second.result(PATIENCE)) == b"rows"
        assert isinstance(first.exception(PATIENCE), ClientDisconnected)


def test_a_failure_reaches_all_waiting_clients_and_is_not_cached(answers: ResultCache) -> None:
    """The next request runs it again."""
    query = Query(fault=QueryTimeout(1))
    with ThreadPoolExecutor(3) as pool:
        pending = [pool.submit(answers.ask, "a", query, there) for _ in range(3)]
        wait_for_waiting(answers, 2)
        query.go_on.set()
        assert [type(each.exception(PATIENCE)) for each in pending] == [QueryTimeout] * 3
    assert (answers.waiting, answers.running, len(answers.cached)) == (0, {}, 0)
    assert b"".join(answers.ask("a", at_once(b"rows"), there)) == b"rows"


def test_the_end_of_one_clients_time_is_nobody_elses(answers: ResultCache) -> None:
    """The same query with more time has a run with that time; its answer is then shared by all."""
    short, long = Query(fault=QueryTimeout(0.1)), Query()
    with ThreadPoolExecutor(2) as pool:
        hasty = pool.submit(answers.ask, "a", short, there, 0.1)
        assert short.begun.wait(PATIENCE)
        patient = pool.submit(answers.ask, "a", long, there, 20.0)
        assert long.begun.wait(PATIENCE)
        short.go_on.set()
        assert isinstance(hasty.exception(PATIENCE), QueryTimeout)
        long.go_on.set()
        assert b"".join(patient.result(PATIENCE)) == b"rows"
    assert b"".join(answers.ask("a", short, there, 0.1)) == b"rows"


def test_the_answer_longest_out_of_use_goes_first(answers: ResultCache) -> None:
    """Ten of 1,500 bytes and their overhead do not fit in 16,000; the one requested again stays."""
    for name in "abcdefgh":
        answers.ask(name, at_once(bytes(1_400)), there)
    answers.ask("a", Query(), there).close()
    answers.ask("i", at_once(bytes(1_400)), there)
    assert set(answers.cached) == set("acdefghi")
    assert answers.cached.currsize <= 16_000


def test_an_answer_that_would_take_much_of_the_cache_is_not_cached(answers: ResultCache) -> None:
    """More than an eighth."""
    answers.ask("a", at_once(bytes(2_001)), there)
    assert len(answers.cached) == 0


def test_a_large_answer_is_a_file_until_the_last_reader_has_done(answers: ResultCache) -> None:
    """All who wait read the same file, each at its own speed."""
    content = bytes(range(256)) * (IN_MEMORY // 256 + 1)
    query = Query(content)
    with ThreadPoolExecutor(2) as pool:
        pending = [pool.submit(answers.ask, "a", query, there) for _ in range(2)]
        wait_for_waiting(answers, 1)
        query.go_on.set()
        first, second = (each.result(PATIENCE) for each in pending)
    assert first.file is not None
    assert (b"".join(first), second.size) == (content, len(content))
    first.close()
    assert b"".join(second) == content
    second.close()
    assert first.file.closed


def test_an_answer_over_the_limit_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    """Neither cached nor in the folder."""
    answers = ResultCache(tmp_path, size=16_000, limit=5_000_000, max_waiting=3)
    with pytest.raises(ResultTooLarge):
        answers.ask("a", at_once(bytes(5_000_001)), there)
    assert (len(answers.cached), list(tmp_path.iterdir())) == (0, [])


def test_many_threads_always_get_the_answer_to_their_query() -> None:
    """Whatever is cached, shared or evicted meanwhile, and never more than there is room for."""
    answers = ResultCache(Path(), size=8_000, limit=10_000, max_waiting=100)

    def hammer(seed: int) -> None:
        for step in range(1_500):
            name = f"{(seed * 7 + step * step) % 23:03d}"
            assert b"".join(answers.ask(name, at_once(name.encode() * 100), there)) == name.encode() * 100
            assert answers.cached.currsize <= 8_000

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(hammer, seed) for seed in range(8)]:
            done.result(60)
    assert (answers.running, answers.waiting) == ({}, 0)
