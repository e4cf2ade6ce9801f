"""The chart worker: renders charts, one at a time.

Run as a module, it is the fork server of `charts`. Each worker starts the renderer with its first chart, since the
renderer's threads do not survive a fork. The renderer reads system fonts for each chart, so a worker must be able to
open files; a chart itself cannot load anything.
"""

from __future__ import annotations

import json
import resource
from collections.abc import Callable, Mapping
from socket import socket
from typing import Any

import vl_convert

from uphold.engines.processes.fork_server import Loaded, begin, limit_memory, offer
from uphold.engines.processes.ipc import FRAME_SIZE, Frame, read_frame, write_frame
from uphold.questions.charts import READY
from uphold.questions.text_widths import fit

__all__ = ["main"]

MEMORY = 2_048_000_000
"""Limit on the writable memory of a worker in bytes; V8 reserves a quarter of it, and uses a part of that."""


def svg(spec: dict[str, Any]) -> bytes:
    """A chart as SVG."""
    drawn = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    return fit(drawn, title_of(spec), spec.get("description", "")).encode()


def png(spec: dict[str, Any]) -> bytes:
    """A chart as PNG."""
    return vl_convert.vegalite_to_png(spec, scale=2, allowed_base_urls=[])


def fitted(drawn: str) -> bytes:
    """An SVG document with fitted text widths."""
    return fit(drawn).encode()


def raster(drawn: str) -> bytes:
    """An SVG document as PNG."""
    return vl_convert.svg_to_png(fit(drawn), scale=2)


RENDERERS: dict[str, Callable[[Any], bytes]] = {"svg": svg, "png": png, "fitted": fitted, "raster": raster}


def title_of(spec: Mapping[str, Any]) -> str:
    """The title of a specification on one line, or an empty text."""
    title = spec.get("title", "")
    said = title.get("text", "") if isinstance(title, Mapping) else title
    return said if isinstance(said, str) else " ".join(said)


def work(channel: socket) -> None:
    """Render charts until the server closes the channel."""
    requests = channel.makefile("rb")
    while (frame := read_frame(requests)) is not None:
        task = json.loads(frame[1])
        try:
            picture = RENDERERS[task["form"]](task["spec"])
        except Exception as problem:  # noqa: BLE001 after any failure, the next chart must still be rendered
            write_frame(channel, Frame.FAULT, str(problem).encode())
        else:
            for start in range(0, len(picture), FRAME_SIZE):
                write_frame(channel, Frame.DATA, picture[start : start + FRAME_SIZE])
            write_frame(channel, Frame.END)


def main() -> None:
    """Run a fork server; its socket on stdin."""
    listener = begin()
    limit_memory(MEMORY, resource.RLIMIT_DATA)  # V8 reserves more address space than there is memory
    offer(listener, Loaded(READY, work))


if __name__ == "__main__":
    main()
