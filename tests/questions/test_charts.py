"""Charts are drawn whatever the rows say; a drawing that fails is an error that says why, and the next one is drawn."""

from __future__ import annotations

import os
import resource
import select
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from uphold.engines.processes.worker_process import Worker
from uphold.errors import ChartRenderingFailed, ChartTooLarge, ServerBusy
from uphold.questions.charts import MOST_ROWS, WORKERS, ChartRenderer, fill

SVG, PNG = "image/svg+xml", "image/png"
SPEC = {
    "data": {"name": "rows"},
    "mark": "bar",
    "encoding": {"y": {"field": "name", "type": "nominal"}, "x": {"field": "number", "type": "quantitative"}},
}


@pytest.fixture(scope="module")
def shared() -> Iterator[ChartRenderer]:
    """A renderer without a map of the world."""
    made = ChartRenderer(Path("none.json"))
    yield made
    made.close()


@pytest.fixture
def renderer(shared: ChartRenderer) -> ChartRenderer:
    """The renderer with one worker, which is ready."""
    shared.draw(chart("warm"), SVG)
    pool = shared.open()
    while len(pool.workers) > 1:
        worker = pool.acquire(0)
        assert worker
        pool.discard(worker, "spare")
    return shared


def chart(name: str, count: int = 1) -> dict[str, Any]:
    """A chart with so many rows."""
    return fill(SPEC, [{"name": f"{name}{number}", "number": number} for number in range(count)], {})


def only_worker(renderer: ChartRenderer) -> Worker:
    """The one worker there is."""
    (worker,) = renderer.open().workers
    return worker


def ended(worker: Worker) -> bool:
    """Whether a worker ends soon: the kernel then closes its end of the channel."""
    return bool(select.select([worker.channel], [], [], 5)[0])


@pytest.mark.parametrize(
    "name", ["\x00", "\x08", "\ufffe", "</script><script>alert(1)</script>", "\u202e", "W" * 2_000]
)
def test_a_hostile_label_is_drawn_as_text(renderer: ChartRenderer, name: str) -> None:
    """It ends no process and opens no element."""
    worker = only_worker(renderer)
    picture = renderer.draw(chart(name), SVG)
    assert b"<script" not in picture
    assert not {0, 8} & set(picture)
    assert only_worker(renderer) is worker


def kill(pid: int) -> None:
    """End a worker."""
    os.kill(pid, signal.SIGKILL)


def starve(pid: int) -> None:
    """Let a worker get no more memory than it has."""
    resource.prlimit(pid, resource.RLIMIT_DATA, (1, 1))


@pytest.mark.parametrize("harm", [kill, starve])
def test_a_process_that_is_lost_is_replaced(renderer: ChartRenderer, harm: Callable[[int], None]) -> None:
    """A client that waits too long gets 503."""
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(renderer.draw, chart("slow", MOST_ROWS), SVG)
        time.sleep(0.1)
        harm(only_worker(renderer).pid)
        with pytest.raises(ChartRenderingFailed, match="ended") as caught:
            slow.result(60)
    assert caught.value.status == 503
    assert renderer.draw(chart("next"), SVG).startswith(b"<svg")


def test_a_process_that_ends_while_idle_costs_nobody_a_chart(renderer: ChartRenderer) -> None:
    """The next one is drawn by another, be it the worker that was lost or the fork server with it."""
    fork_server = renderer.open().fork_server.process
    assert fork_server
    for pid in (only_worker(renderer).pid, fork_server.pid):
        worker = only_worker(renderer)
        os.kill(pid, signal.SIGKILL)
        assert ended(worker)
        assert renderer.draw(chart("next"), SVG).startswith(b"<svg")


def test_a_picture_ends_at_its_memory(renderer: ChartRenderer) -> None:
    """A few rows can ask for a large one; that is an error, and the next one is drawn."""
    with pytest.raises(ChartRenderingFailed, match="ended"):
        renderer.draw({**chart("huge"), "width": 15_000, "height": 15_000}, PNG)
    assert renderer.draw(chart("next"), PNG).startswith(b"\x89PNG")


def test_more_rows_than_a_picture_shows_are_the_askers_to_reduce() -> None:
    """It is not a fault of the server."""
    with pytest.raises(ChartTooLarge) as caught:
        chart("many", MOST_ROWS + 1)
    assert caught.value.status == 400


def test_a_process_that_is_stuck_is_given_up(renderer: ChartRenderer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for it for ever, whether it does not read or does not answer; the next chart is drawn."""
    for count in (1, MOST_ROWS):  # the second is more than a socket holds
        os.kill(only_worker(renderer).pid, signal.SIGSTOP)
        with monkeypatch.context() as patch:
            patch.setattr("uphold.questions.charts.SECONDS", 0.5)
            with pytest.raises(ChartRenderingFailed, match="too long"):
                renderer.draw(chart("stuck", count), SVG)
        assert renderer.draw(chart("next"), SVG).startswith(b"<svg")


def test_a_slow_chart_holds_up_no_quick_one(renderer: ChartRenderer) -> None:
    """Another worker draws it."""
    os.kill(only_worker(renderer).pid, signal.SIGSTOP)
    stuck = only_worker(renderer)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(renderer.draw, chart("slow"), SVG)
        while renderer.open().idle:
            time.sleep(0.01)
        assert renderer.draw(chart("quick"), SVG).startswith(b"<svg")
        assert not slow.done()
        os.kill(stuck.pid, signal.SIGCONT)
        assert slow.result(60).startswith(b"<svg")


def test_a_chart_that_waits_too_long_for_others_gets_503(
    renderer: ChartRenderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's threads are not spent on waiting."""
    monkeypatch.setattr("uphold.questions.charts.WAITS", 0.05)
    acquired = [renderer.open().acquire(0) for _ in range(WORKERS)]
    with pytest.raises(ServerBusy):
        renderer.draw(chart("late"), SVG)
    for worker in acquired:
        assert worker
        renderer.open().release(worker)
    assert renderer.draw(chart("next"), SVG).startswith(b"<svg")


def test_a_closed_renderer_has_no_process(renderer: ChartRenderer) -> None:
    """Not even one that is drawing; the client that waits gets an error."""
    fork_server = renderer.open().fork_server.process
    assert fork_server
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(renderer.draw, chart("slow", MOST_ROWS), SVG)
        time.sleep(0.1)
        pid = only_worker(renderer).pid
        renderer.close()
        with pytest.raises(ChartRenderingFailed, match="ended"):
            slow.result(60)
    assert fork_server.poll() is not None
    until = time.monotonic() + 5
    while Path(f"/proc/{pid}").exists() and time.monotonic() < until:
        time.sleep(0.01)
    assert not Path(f"/proc/{pid}").exists()
