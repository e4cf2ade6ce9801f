"""Logs: one line of JSON per event, on standard error; format and level are configured only here.

No log line identifies a client, and none contains the text of a query unless the level is debug.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import time
from contextlib import nullcontext, suppress
from functools import lru_cache
from typing import Any, TextIO

from uphold.server_timing import CURRENT

__all__ = ["JsonLines", "LineHandler", "configuration", "log_request", "omit_call_site", "only_handler"]

ENCODER = json.JSONEncoder(default=str)


class JsonLines(logging.Formatter):
    """Formats any record as one line of JSON: a line break in a message or a path is escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line = beginning(record.created, record.levelname.lower(), record.name, record.getMessage())
        timing = CURRENT.get()
        if timing is not None:
            line["request_id"] = timing.request
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return ENCODER.encode(line)


def log_request(logger: logging.Logger, fields: dict[str, Any]) -> None:
    """Log a request at level info, like `logger.info("request", extra={"fields": fields})`.

    There is a line for each request, and half of its cost is in what logging does for records that are formatted
    later or elsewhere. Where nothing but our own handler gets the record, the line is written without one.
    """
    if not logger.isEnabledFor(logging.INFO):
        return
    if handler := only_handler(logger):
        handler.write(ENCODER.encode(beginning(time.time(), "info", logger.name, "request") | fields))
    else:
        logger.info("request", extra={"fields": fields})


def only_handler(logger: logging.Logger) -> LineHandler | None:
    """Our own handler, if it alone gets each record of a logger."""
    while logger.parent and logger.propagate and not (logger.handlers or logger.filters):
        logger = logger.parent
    handler = logger.handlers[0] if len(logger.handlers) == 1 and not logger.filters else None
    return handler if isinstance(handler, LineHandler) and not handler.filters and not logger.parent else None


class LineHandler(logging.StreamHandler[TextIO]):
    """The handler of all loggers, to which `log_request` also writes."""

    def write(self, line: str) -> None:
        """Write a line; a stream that is gone is ignored, as by `emit`."""
        with self.lock or nullcontext(), suppress(OSError, ValueError):
            self.stream.write(line + self.terminator)
            self.flush()


def beginning(created: float, level: str, logger: str, message: str) -> dict[str, Any]:
    """The members that each line begins with."""
    time_of_day = f"{to_the_second(int(created))}.{int(created % 1 * 1000):03d}Z"
    return {"time": time_of_day, "level": level, "logger": logger, "message": message}


@lru_cache(maxsize=2)
def to_the_second(created: int) -> str:
    """A time in UTC, which many lines share."""
    return dt.datetime.fromtimestamp(created, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S")


def omit_call_site() -> None:
    """Omit from records what no line contains: call site, thread and process."""
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # noqa: SLF001 as the logging documentation advises for speed


def configuration(level: str) -> dict[str, Any]:
    """The configuration of all loggers, for `logging.config.dictConfig` and for Granian."""
    through: dict[str, Any] = {"handlers": [], "propagate": True}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonLines}},
        "handlers": {"stderr": {"()": LineHandler, "formatter": "json", "stream": "ext://sys.stderr"}},
        "root": {"handlers": ["stderr"], "level": level.upper()},
        "loggers": {"_granian": dict(through), "granian.access": dict(through)},
    }
