"""Worker requests: what workers of validations and of writes have in common, and the errors that they return."""

from __future__ import annotations

import json
import os
import resource
import selectors
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from socket import socket
from typing import Any, BinaryIO

from uphold.engines.processes.fork_server import NUMBER
from uphold.engines.processes.ipc import Frame, read_frame, write_frame
from uphold.errors import UpholdError, all_kinds

__all__ = ["answer_requests", "answer_requests_of_all", "as_fault", "restored_error"]


Answer = Callable[[dict[str, Any]], dict[str, Any]]


def answer_requests(channel: socket, seconds: float, answer: Answer) -> None:
    """Answer requests of one client in JSON, each within so many seconds of CPU time."""
    with channel.makefile("rb") as requests:
        while answer_request(channel, requests, seconds, answer):
            pass


def answer_requests_of_all(listener: socket, seconds: float, answer: Answer, rest: Callable[[], None]) -> None:
    """Answer requests of any number of clients, one at a time; `rest` is called when none waits.

    Each client first receives the id of this process.
    """

    def greet() -> None:
        client, _ = listener.accept()
        selector.register(client, selectors.EVENT_READ, partial(serve, client, client.makefile("rb")))
        with suppress(ConnectionError):
            write_frame(client, Frame.END, NUMBER.pack(os.getpid()))

    def serve(client: socket, requests: BinaryIO) -> None:
        with suppress(ConnectionError):
            if answer_request(client, requests, seconds, answer):
                return
        selector.unregister(client)
        client.close()

    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ, greet)
        while True:
            for key, _ in selector.select():
                key.data()
            if not selector.select(0):
                rest()


def answer_request(channel: socket, requests: BinaryIO, seconds: float, answer: Answer) -> bool:
    """Answer a request; False if there is none. An internal error is sent to the server and ends the process.

    A worker that runs out of memory ends without a response, as it does if a library aborts the process.
    """
    if (frame := read_frame(requests)) is None:
        return False
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    until = int(time.process_time() + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (until, most))
    try:
        result = answer(json.loads(frame[1]))
    except MemoryError:
        sys.exit(1)
    except Exception:  # noqa: BLE001 the server logs it
        write_frame(channel, Frame.FAULT, traceback.format_exc()[-2000:].encode())
        sys.exit(1)
    write_frame(channel, Frame.END, json.dumps(result).encode())
    return True


def as_fault(error: UpholdError) -> dict[str, Any]:
    """An error in a request as a response; raises an internal error again."""
    if error.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        raise error
    fault = {"code": error.code, "remedy": error.remedy, "line": error.line, "column": error.column}
    return {"fault": {**fault, "detail": str(error)}}


def restored_error(fault: dict[str, Any]) -> UpholdError:
    """The error of a worker, recreated in this process."""
    kind = next(kind for kind in all_kinds() if kind.code == fault["code"])
    error = kind.__new__(kind)
    Exception.__init__(error, fault["detail"])
    error.remedy, error.line, error.column = fault["remedy"], fault["line"], fault["column"]
    return error
