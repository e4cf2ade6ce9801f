"""Transfers: clients that are slow to send or to receive keep a thread each, so only some of them may at a time.

The server under us (Granian) reads a body, and writes a stream, in the thread that answers the request, and waits there
for the client without an end. The threads beyond those that slow clients may keep are left for everybody else.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterable
from typing import Any

from uphold.errors import MalformedRequest, ServerBusy, UpholdError

__all__ = ["TransferLimit", "take_place"]

PATIENCE = 0.25
"""Seconds to wait for a place: bodies that are here already are read in far less."""


class TransferLimit:
    """WSGI middleware (PEP 3333), and the places that all transfers of this process share, so many each way."""

    def __init__(self, places: int) -> None:
        self.sending, self.receiving = (threading.BoundedSemaphore(max(1, places)) for _ in range(2))
        self.wsgi: Any = None

    def around(self, wsgi: Any) -> TransferLimit:
        """This, as a layer around an app."""
        self.wsgi = wsgi
        return self

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request; its body takes a place while it is read."""
        if environ["REQUEST_METHOD"] == "POST":
            environ["wsgi.input"] = Body(environ["wsgi.input"], environ.get("CONTENT_LENGTH") or "", self.receiving)
        return self.wsgi(environ, start_response)  # type: ignore[no-any-return]


def take_place(places: threading.BoundedSemaphore) -> None:
    """Take a place, to be given back by `release`; raises `ServerBusy`."""
    if not places.acquire(timeout=PATIENCE):
        raise ServerBusy("As many clients as the server bears are slow to send or to receive.")


class Body(io.RawIOBase):
    """The body of a request: whole, or an error that comes again at each attempt to read it."""

    fault: UpholdError | None

    def __init__(self, stream: Any, stated: str, places: threading.BoundedSemaphore) -> None:
        self.stream, self.places = stream, places
        self.left = int(stated) if stated.isascii() and stated.isdigit() else 0
        self.stated, self.fault = self.left, None

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes."""
        part = self.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)

    def read(self, size: int | None = -1) -> bytes:
        """So many bytes, or all that are left; raises `ServerBusy`, or `MalformedRequest` for half a body."""
        if self.fault is not None:
            raise self.fault
        try:
            return self.take(size if size is not None and size >= 0 else None)
        except UpholdError as fault:
            self.fault = fault
            raise

    def take(self, size: int | None) -> bytes:
        """The same."""
        take_place(self.places)
        try:
            whole: bytes = self.stream.read() if size is None else self.stream.read(size)
        finally:
            self.places.release()
        self.left -= len(whole)
        if self.left > 0 and (size is None or len(whole) < size):
            raise MalformedRequest(f"The body ended {self.left} bytes before the {self.stated} that it should have.")
        return whole
