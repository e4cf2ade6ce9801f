"""A fair queue serves in order of arrival and sends away only those for whom there is no place."""

from __future__ import annotations

import threading
import time

import pytest

from uphold.engines.processes.fair_queue import FairQueue
from uphold.errors import ServerBusy

PATIENCE = 10.0


def wait_for_number(queue: FairQueue, number: int) -> None:
    """Wait until so many wait."""
    until = time.monotonic() + PATIENCE
    while len(queue.waiting) != number:
        assert time.monotonic() < until
        time.sleep(0.001)


def test_those_who_wait_are_served_in_order() -> None:
    """Twenty wait for one slot; a newcomer does not pass them."""
    queue, served = FairQueue(1, 20, PATIENCE), []

    def work(number: int) -> None:
        with queue.turn():
            served.append(number)

    threads = []
    with queue.turn():
        for number in range(20):
            threads.append(threading.Thread(target=work, args=(number,)))
            threads[-1].start()
            wait_for_number(queue, number + 1)
        with pytest.raises(ServerBusy), queue.turn():
            pass
    for thread in threads:
        thread.join(PATIENCE)
    assert served == list(range(20))
    with queue.turn() as waited:
        assert waited < PATIENCE


def test_who_has_waited_too_long_is_sent_away_and_leaves_no_gap() -> None:
    """The next in the queue still gets the slot."""
    queue = FairQueue(1, 5, 0.05)
    with queue.turn():
        with pytest.raises(ServerBusy, match=r"in 0\.05 s"), queue.turn():
            pass
        assert not queue.waiting
    with queue.turn():
        assert queue.busy == 1
    assert queue.busy == 0


def test_a_slot_is_freed_by_an_error() -> None:
    """What fails does not hold its slot."""
    queue = FairQueue(1, 0, 0.1)
    with pytest.raises(RuntimeError), queue.turn():
        raise RuntimeError
    with queue.turn():
        assert queue.busy == 1
