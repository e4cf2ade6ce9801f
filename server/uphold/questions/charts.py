"""Charts: a Vega-Lite specification beside a question, with the rows of its answer put in.

A specification has no data of its own; `fill` gives it the rows. It is drawn in a process of its own (`Painter`), since
drawing holds on to everything else in its process and cannot be stopped from within.
"""

from __future__ import annotations

import json
import logging
import re
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from uphold.errors import ChartRenderingFailed, ChartTooLarge, ServerBusy
from uphold.questions.text_widths import fit

__all__ = ["FORMS", "MOST_ROWS", "NOT_XML", "Painter", "fill", "main"]

FORMS = {"image/svg+xml": "svg", "image/png": "png"}
MOST_ROWS = 5_000
SECONDS = 30.0
WAITS = 10.0
SIZE = struct.Struct(">I")
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


class Painter:
    """Draws charts, one after the other, in a process that is replaced when it takes too long."""

    def __init__(self, world: Path) -> None:
        self.world = world
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None

    def draw(self, spec: Mapping[str, Any], form: str) -> bytes:
        """The picture of a specification in a form of `FORMS`; raises `ChartRenderingFailed`."""
        if WORLD in json.dumps(spec) and not self.world.is_file():
            raise ChartRenderingFailed("The map of the world is not installed here; `make setup` fetches it.")
        return self.paint({"spec": drawable(spec, self.world), "form": FORMS[form]})

    def letter(self, svg: str) -> bytes:
        """An SVG document whose texts take the widths that fit; raises `ChartRenderingFailed`."""
        return self.paint({"spec": NOT_XML.sub("\ufffd", svg), "form": "fitted"})

    def rasterise(self, svg: str) -> bytes:
        """An SVG document as PNG, two pixels for one; raises `ChartRenderingFailed`."""
        return self.paint({"spec": NOT_XML.sub("\ufffd", svg), "form": "raster"})

    def paint(self, task: Mapping[str, Any]) -> bytes:
        """What the process makes of a task; raises `ChartRenderingFailed`, or `ServerBusy` after waiting for others."""
        asked = json.dumps(task).encode()
        if not self.lock.acquire(timeout=WAITS):
            raise ServerBusy("Other charts are being drawn, and this one has waited its time.")
        slow = threading.Event()
        watch = threading.Timer(SECONDS, self.give_up, [slow])
        watch.start()
        try:
            kind, content = self.ask(asked)
        except (OSError, EOFError) as problem:
            self.end()
            told = "Drawing the chart took too long." if slow.is_set() else "The process that draws charts ended."
            raise ChartRenderingFailed(told) from problem
        finally:
            watch.cancel()
            self.lock.release()
        if kind != b"+":
            log.error("a chart was not drawn: %s", content.decode("utf-8", "replace"))
            raise ChartRenderingFailed("The chart's specification and its rows do not fit together.")
        return content

    def ask(self, asked: bytes) -> tuple[bytes, bytes]:
        """Whether it was drawn, and the picture or what was wrong."""
        if self.process is None or self.process.poll() is not None:
            self.end()
            self.process = subprocess.Popen(
                [sys.executable, "-m", "uphold.questions.charts"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        told, answer = self.process.stdin, self.process.stdout
        if told is None or answer is None:
            raise EOFError
        told.write(SIZE.pack(len(asked)) + asked)
        told.flush()
        return exactly(answer, 1), exactly(answer, *SIZE.unpack(exactly(answer, SIZE.size)))

    def give_up(self, slow: threading.Event) -> None:
        """End the process, so that whoever writes to it or reads from it hears of it."""
        slow.set()
        if self.process is not None:
            self.process.kill()

    def end(self) -> None:
        """End the process, whatever it is doing."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


def exactly(file: IO[bytes], count: int) -> bytes:
    """So many bytes; raises `EOFError`."""
    found = file.read(count)
    if len(found) < count:
        raise EOFError
    return found


def title_of(spec: Mapping[str, Any]) -> str:
    """The title of a specification on one line; nothing for none."""
    title = spec.get("title", "")
    said = title.get("text", "") if isinstance(title, Mapping) else title
    return said if isinstance(said, str) else " ".join(said)


def main(asked: IO[bytes], answers: IO[bytes]) -> None:
    """Draw what is asked for until nobody asks; no chart may load anything."""
    import vl_convert

    draw: dict[str, Callable[[Any], bytes]] = {
        "svg": lambda spec: fit(
            vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]), title_of(spec), spec.get("description", "")
        ).encode(),
        "png": lambda spec: vl_convert.vegalite_to_png(spec, scale=2, allowed_base_urls=[]),
        "fitted": lambda svg: fit(svg).encode(),
        "raster": lambda svg: vl_convert.svg_to_png(fit(svg), scale=2),
    }
    while len(size := asked.read(SIZE.size)) == SIZE.size:
        told = json.loads(exactly(asked, *SIZE.unpack(size)))
        try:
            kind, content = b"+", draw[told["form"]](told["spec"])
        except Exception as problem:  # noqa: BLE001 whatever goes wrong in there, the next chart is to be drawn
            kind, content = b"-", str(problem).encode()
        answers.write(kind + SIZE.pack(len(content)) + content)
        answers.flush()


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
