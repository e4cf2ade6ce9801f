"""Charts: a Vega-Lite specification beside a question, with the rows of its answer put in.

A specification has no data of its own; `fill` gives it the rows. It is drawn in a process of its own (`chart_worker`),
since drawing holds on to everything else in its process and cannot be stopped from within.
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

from uphold.engines.processes.ipc import Frame
from uphold.engines.processes.pool import Template, WorkerPool
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
    """The specification with the rows, and with `values` where its texts say `{name}`.

    Raises `ChartTooLarge` for more rows than a picture can show.
    """
    if len(rows) > MOST_ROWS:
        raise ChartTooLarge(f"The answer has {len(rows)} rows, and a chart shows at most {MOST_ROWS}.")
    filled: dict[str, Any] = {key: spec[key] for key in spec if key not in ("title", "description")}
    for key in ("title", "description"):
        if key in spec:
            filled[key] = say(spec[key], values)
    return {**filled, "datasets": {**spec.get("datasets", {}), "rows": rows}}


def say(text: Any, values: Mapping[str, str]) -> Any:
    """A text, or what holds texts, with values put in."""
    if isinstance(text, str):
        return PLACE.sub(lambda place: values.get(place[1], place[0]), text)
    if isinstance(text, Mapping):
        return {key: say(value, values) for key, value in text.items()}
    return [say(each, values) for each in text] if isinstance(text, list) else text


def drawable(spec: Any, world: Path) -> Any:
    """The specification with the map of the world in it, where it names the file, and no characters that XML forbids.

    Such a character ends the process that draws.
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
    """Renders charts in worker processes, which are started with the first one.

    A worker takes a second to load what it renders with, so it serves many charts; one that takes too long is replaced.
    """

    def __init__(self, world: Path) -> None:
        self.world = world
        self.lock = threading.Lock()
        self.pool: WorkerPool | None = None

    def draw(self, spec: Mapping[str, Any], form: str) -> bytes:
        """The picture of a specification in a form of `FORMS`; raises `ChartRenderingFailed`."""
        if WORLD in json.dumps(spec) and not self.world.is_file():
            raise ChartRenderingFailed("The map of the world is not installed here; `make setup` fetches it.")
        return self.render({"spec": drawable(spec, self.world), "form": FORMS[form]})

    def letter(self, svg: str) -> bytes:
        """An SVG document whose texts take the widths that fit; raises `ChartRenderingFailed`."""
        return self.render({"spec": NOT_XML.sub("\ufffd", svg), "form": "fitted"})

    def rasterise(self, svg: str) -> bytes:
        """An SVG document as PNG, two pixels for one; raises `ChartRenderingFailed`."""
        return self.render({"spec": NOT_XML.sub("\ufffd", svg), "form": "raster"})

    def render(self, task: Mapping[str, Any]) -> bytes:
        """What a worker makes of a task; raises `ChartRenderingFailed`, or `ServerBusy` after waiting for others."""
        try:
            kind, content = self.ask(json.dumps(task).encode())
        except TimeoutError as problem:
            raise ChartRenderingFailed("Drawing the chart took too long.") from problem
        except (OSError, EOFError) as problem:
            raise ChartRenderingFailed("The process that draws charts ended.") from problem
        if kind != Frame.END:
            log.error("a chart was not drawn: %s", content.decode("utf-8", "replace"))
            raise ChartRenderingFailed("The chart's specification and its rows do not fit together.")
        return content

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """The kind of the worker's last frame, and all that it sent.

        Raises `ServerBusy`, `TimeoutError`, and `EOFError` or `OSError` when the worker ends.
        """
        pool = self.open()
        worker = pool.send(request, WAITS, SECONDS)
        if worker is None:
            raise ServerBusy("Other charts are being drawn, and this one has waited its time.")
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
        """The pool of workers; its template loads for a moment when it is new."""
        with self.lock:
            if self.pool is None:
                template = Template("uphold.questions.chart_worker", [], len(READY), allocator="")
                self.pool = WorkerPool(template, WORKERS)
            return self.pool

    def close(self) -> None:
        """End the workers, whatever they are doing, and their template."""
        with self.lock:
            if self.pool is not None:
                self.pool.close()
                self.pool.template.close()
                self.pool = None
