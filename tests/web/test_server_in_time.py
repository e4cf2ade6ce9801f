"""The server as `uphold serve` runs it starts soon, and stops soon and with care.

Seconds are measured here, so nothing else should run beside these tests.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.processes import runs
from tests.web.test_server import GONE, asking, healthy, serving, wait_until
from uphold.settings import Settings

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="processes are looked up in /proc")


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_lets_running_requests_finish_and_takes_no_new_ones(tiny: Settings, ending: signal.Signals) -> None:
    """Earlier requests get their answer, later ones are refused, and no process is left."""
    with serving(tiny) as running, asking(running, 3) as asker:
        everything = [*running.processes(), *running.workers()]
        running.process.send_signal(ending)

        def refused() -> bool:
            try:
                running.get("/healthz")
            except GONE:
                return True
            return False

        assert wait_until(refused, 2)
        assert asker.is_alive()
        asker.join(20)
        ((status, body),) = asker.answers  # type: ignore[attr-defined]
        assert status == 503
        assert b"query-timeout" in body
        assert running.process.wait(20) == 0
        assert wait_until(lambda: not any(map(runs, everything)))
        assert not list(tiny.state.glob(f"metrics-{running.process.pid}"))


def test_a_stop_while_the_server_starts_is_a_stop(tiny: Settings) -> None:
    """Processes that are starting do not delay it."""
    with serving(tiny, processes=1) as running:
        os.kill(running.processes()[0], signal.SIGKILL)
        assert wait_until(lambda: "Respawning" in running.log.read_text("utf-8"))
        time.sleep(0.05)
        began = time.monotonic()
        running.process.terminate()
        assert running.process.wait(30) == 0
        assert time.monotonic() - began < 5


def test_the_first_answer_comes_soon(tiny: Settings, record_property: Callable[[str, object], None]) -> None:
    """A restart is not an outage: on a built snapshot it takes about a second; the bound is for a busy machine."""
    began = time.monotonic()
    with serving(tiny) as running:
        assert wait_until(lambda: healthy(running))
        taken = time.monotonic() - began
        record_property("seconds", taken)
    assert taken < 10
