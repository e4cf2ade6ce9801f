"""Charts: the Vega-Lite specification of a question, filled with the rows of its result.

A specification contains no data; `fill` adds the rows. It is rendered in a separate process (`chart_worker`), since
rendering blocks its process and cannot be stopped from within.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from uphold.engines.processes.client import ForkServer
from uphold.engines.processes.ipc import Frame
from uphold.engines.processes.pool import WorkerPool
from uphold.errors import ChartRenderingFailed, ChartTooLarge, ServerBusy

__all__ = ["FORMS", "MOST_ROWS", "NOT_XML", "READY", "ChartRenderer", "fill"]

FORMS = {"image/svg+xml": "svg", "image/png": "png"}
MOST_ROWS = 5_000
SECONDS = 30.0
WAITS = 10.0
WORKERS = 2
READY = b"C"
PLACE = re.compile(r"\{(\w+)\}")
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
WORLD = "world-110m.json"
log = logging.getLogger(__name__)


def fill(spec: Mapping[str, Any], rows: list[dict[str, Any]], values: Mapping[str, str]) -> dict[str, Any]:
    """The specification with the rows, and with `values` in place of `{name}` in its texts.

    Raises `ChartTooLarge` for more rows than a chart can show.
    """
    if len(rows) > MOST_ROWS:
        raise ChartTooLarge(f"The result has {len(rows)} rows; a chart shows at most {MOST_ROWS}.")
    filled: dict[str, Any] = {key: spec[key] for key in spec if key not in ("title", "description")}
    for key in ("title", "description"):
        if key in spec:
            filled[key] = say(spec[key], values)
    return {**filled, "datasets": {**spec.get("datasets", {}), "rows": rows}}


def say(text: Any, values: Mapping[str, str]) -> Any:
    """A text, list or object with the values filled in."""
    if isinstance(text, str):
        return PLACE.sub(lambda place: values.get(place[1], place[0]), text)
    if isinstance(text, Mapping):
        return {key: say(value, values) for key, value in text.items()}
    return [say(each, values) for each in text] if isinstance(text, list) else text


def drawable(spec: Any, world: Path) -> Any:
    """The specification with the world map in place of its file name, and without characters that XML forbids.

    Such a character crashes the renderer.
    """
    if isinstance(spec, str):
        return NOT_XML.sub("\ufffd", spec)
    if isinstance(spec, Mapping):
        if spec.get("url") == WORLD:
            rest = {key: value for key, value in spec.items() if key != "url"}
            return {**rest, "values": json.loads(world.read_text("utf-8"))}
        return {key: drawable(value, world) for key, value in spec.items()}
    return [drawable(each, world) for each in spec] if isinstance(spec, list) else spec


class ChartRenderer:
    """Renders charts in worker processes, which start with the first chart.

    A worker takes a second to load the renderer, so it serves many charts; a worker that takes too long is replaced.
    """

    def __init__(self, world: Path) -> None:
        self.world = world
        self.lock = threading.Lock()
        self.pool: WorkerPool | None = None

    def draw(self, spec: Mapping[str, Any], form: str) -> bytes:
        """The chart of a specification in a format of `FORMS`; raises `ChartRenderingFailed`."""
        if WORLD in json.dumps(spec) and not self.world.is_file():
            raise ChartRenderingFailed("The world map is not installed here; `make setup` installs it.")
        return self.render({"spec": drawable(spec, self.world), "form": FORMS[form]})

    def letter(self, svg: str) -> bytes:
        """An SVG document with fitted text widths; raises `ChartRenderingFailed`."""
        return self.render({"spec": NOT_XML.sub("\ufffd", svg), "form": "fitted"})

    def rasterise(self, svg: str) -> bytes:
        """An SVG document as PNG, two pixels for one; raises `ChartRenderingFailed`."""
        return self.render({"spec": NOT_XML.sub("\ufffd", svg), "form": "raster"})

    def render(self, task: Mapping[str, Any]) -> bytes:
        """A worker's output for a task; raises `ChartRenderingFailed`, or `ServerBusy` if no worker becomes free."""
        try:
            kind, content = self.ask(json.dumps(task).encode())
        except TimeoutError as problem:
            raise ChartRenderingFailed("Rendering the chart took too long.") from problem
        except (OSError, EOFError) as problem:
            raise ChartRenderingFailed("The chart worker ended.") from problem
        if kind != Frame.END:
            log.error("a chart was not rendered: %s", content.decode("utf-8", "replace"))
            raise ChartRenderingFailed("The rows do not fit the chart's specification.")
        return content

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """The kind of the worker's last frame, and all its output.

        Raises `ServerBusy`, `TimeoutError`, and `EOFError` or `OSError` when the worker ends.
        """
        pool = self.open()
        worker = pool.send(request, WAITS, SECONDS)
        if worker is None:
            raise ServerBusy("All chart workers are busy.")
        until, parts = time.monotonic() + SECONDS, []
        try:
            kind = int(Frame.DATA)
            while kind == Frame.DATA:
                kind, part = worker.receive(until, None)
                parts.append(part)
        except BaseException:
            pool.discard(worker, "lost")
            raise
        pool.release(worker)
        return kind, b"".join(parts)

    def open(self) -> WorkerPool:
        """The pool of workers; a new fork server takes a while to load."""
        with self.lock:
            if self.pool is None:
                fork_server = ForkServer("uphold.questions.chart_worker", [], len(READY), allocator="")
                self.pool = WorkerPool(fork_server, WORKERS)
            return self.pool

    def close(self) -> None:
        """Stop the workers and their fork server."""
        with self.lock:
            if self.pool is not None:
                self.pool.close()
                self.pool.fork_server.close()
                self.pool = None
