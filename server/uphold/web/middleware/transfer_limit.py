"""Transfer limit: bounds the number of slow uploads and downloads, each of which occupies a thread.

The server (Granian) reads a body, and writes a stream, in the thread of the request, and waits there for the client
without a timeout. The limit leaves the remaining threads for other requests.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterable
from typing import Any

from uphold.errors import MalformedRequest, ServerBusy, UpholdError

__all__ = ["TransferLimit", "acquire_slot"]

BODILESS = ("GET", "HEAD", "OPTIONS")
PATIENCE = 0.25
"""Seconds to wait for a slot: bodies that have arrived are read in far less."""


class TransferLimit:
    """WSGI middleware (PEP 3333) with the transfer slots of this process, as many for each direction."""

    def __init__(self, slots: int) -> None:
        self.sending, self.receiving = (threading.BoundedSemaphore(max(1, slots)) for _ in range(2))
        self.wsgi: Any = None

    def around(self, wsgi: Any) -> TransferLimit:
        """This limit as a layer around an app."""
        self.wsgi = wsgi
        return self

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request; its body takes a slot while it is read."""
        if environ["REQUEST_METHOD"] not in BODILESS:
            environ["wsgi.input"] = Body(environ["wsgi.input"], environ.get("CONTENT_LENGTH") or "", self.receiving)
        return self.wsgi(environ, start_response)  # type: ignore[no-any-return]


def acquire_slot(slots: threading.BoundedSemaphore) -> None:
    """Acquire a slot, to be released by the caller; raises `ServerBusy`."""
    if not slots.acquire(timeout=PATIENCE):
        raise ServerBusy("Too many slow clients; try again later.")


class Body(io.RawIOBase):
    """The body of a request; an error in reading it is raised again by each further read."""

    fault: UpholdError | None

    def __init__(self, stream: Any, stated: str, slots: threading.BoundedSemaphore) -> None:
        self.stream, self.slots = stream, slots
        self.left = int(stated) if stated.isascii() and stated.isdigit() else 0
        self.stated, self.fault = self.left, None

    def readable(self) -> bool:
        """True, as `io.RawIOBase` requires."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes."""
        part = self.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)

    def read(self, size: int | None = -1) -> bytes:
        """Read up to `size` bytes, or all; raises `ServerBusy`, or `MalformedRequest` for a truncated body."""
        if self.fault is not None:
            raise self.fault
        try:
            return self.take(size if size is not None and size >= 0 else None)
        except UpholdError as fault:
            self.fault = fault
            raise

    def take(self, size: int | None) -> bytes:
        """Read in a transfer slot."""
        acquire_slot(self.slots)
        try:
            whole: bytes = self.stream.read() if size is None else self.stream.read(size)
        finally:
            self.slots.release()
        self.left -= len(whole)
        if self.left > 0 and (size is None or len(whole) < size):
            raise MalformedRequest(f"The body ended {self.left} bytes short of its Content-Length of {self.stated}.")
        return whole
