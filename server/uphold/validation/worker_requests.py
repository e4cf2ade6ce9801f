"""Worker requests: what workers of validations and of writes have in common, and the errors that they return."""

from __future__ import annotations

import json
import resource
import time
import traceback
from collections.abc import Callable
from http import HTTPStatus
from socket import socket
from typing import Any

from uphold.engines.processes.ipc import Frame, read_frame, write_frame
from uphold.errors import UpholdError, all_kinds

__all__ = ["answer_requests", "as_fault", "restored_error"]


def answer_requests(channel: socket, seconds: float, answer: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Answer requests in JSON, each within so many seconds of CPU time; an internal error is reported to the server.

    A worker that runs out of memory ends without a response, as it does if a library aborts the process.
    """
    requests, (_, most) = channel.makefile("rb"), resource.getrlimit(resource.RLIMIT_CPU)
    while (frame := read_frame(requests)) is not None:
        until = int(time.process_time() + seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (until, most))
        try:
            result = answer(json.loads(frame[1]))
        except MemoryError:
            return
        except Exception:  # noqa: BLE001 the server logs it
            write_frame(channel, Frame.FAULT, traceback.format_exc()[-2000:].encode())
            return
        write_frame(channel, Frame.END, json.dumps(result).encode())


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
