"""Charts are drawn whatever the rows say; a drawing that fails is an error that says why, and the next one is drawn."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from uphold.errors import ChartRenderingFailed, ChartTooLarge, ServerBusy
from uphold.questions.charts import MOST_ROWS, Painter, fill

SVG = "image/svg+xml"
SPEC = {
    "data": {"name": "rows"},
    "mark": "bar",
    "encoding": {"y": {"field": "name", "type": "nominal"}, "x": {"field": "number", "type": "quantitative"}},
}


@pytest.fixture
def painter(tmp_path: Path) -> Iterator[Painter]:
    """A painter without a map of the world."""
    made = Painter(tmp_path / "none.json")
    yield made
    made.end()


def chart(name: str, count: int = 1) -> dict[str, Any]:
    """A chart with so many rows."""
    return fill(SPEC, [{"name": f"{name}{number}", "number": number} for number in range(count)], {})


@pytest.mark.parametrize(
    "name", ["\x00", "\x08", "\ufffe", "</script><script>alert(1)</script>", "\u202e", "W" * 2_000]
)
def test_a_hostile_label_is_drawn_as_text(painter: Painter, name: str) -> None:
    """It ends no process and opens no element."""
    picture = painter.draw(chart(name), SVG)
    assert b"<script" not in picture
    assert not {0, 8} & set(picture)


def test_a_process_that_is_killed_is_replaced(painter: Painter) -> None:
    """Who waits for its picture is told so."""
    painter.draw(chart("warm"), SVG)
    process = painter.process
    assert process

    def kill() -> None:
        time.sleep(0.1)
        process.kill()

    threading.Thread(target=kill).start()
    with pytest.raises(ChartRenderingFailed, match="ended") as caught:
        painter.draw(chart("slow", MOST_ROWS), SVG)
    assert caught.value.status == 503
    assert painter.draw(chart("next"), SVG).startswith(b"<svg")


def test_more_rows_than_a_picture_shows_are_the_askers_to_reduce() -> None:
    """It is no fault of the server."""
    with pytest.raises(ChartTooLarge) as caught:
        chart("many", MOST_ROWS + 1)
    assert caught.value.status == 400


def test_a_process_that_is_stuck_is_given_up(painter: Painter, monkeypatch: pytest.MonkeyPatch) -> None:
    """It keeps nobody waiting for ever, whether it does not read or does not answer; the next chart is drawn."""
    painter.draw(chart("warm"), SVG)
    monkeypatch.setattr("uphold.questions.charts.SECONDS", 0.5)
    for count in (1, 4_000):  # the second is more than a pipe holds
        assert painter.process
        os.kill(painter.process.pid, signal.SIGSTOP)
        with pytest.raises(ChartRenderingFailed, match="too long"):
            painter.draw(chart("stuck", count), SVG)
        monkeypatch.setattr("uphold.questions.charts.SECONDS", 30.0)
        assert painter.draw(chart("next"), SVG).startswith(b"<svg")
        monkeypatch.setattr("uphold.questions.charts.SECONDS", 0.5)


def test_a_chart_that_waits_too_long_for_others_is_told_to_come_again(
    painter: Painter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's threads are not spent on waiting."""
    monkeypatch.setattr("uphold.questions.charts.WAITS", 0.05)
    with painter.lock, pytest.raises(ServerBusy):
        painter.draw(chart("late"), SVG)
