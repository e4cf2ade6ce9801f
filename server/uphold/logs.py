"""Logs: one line of JSON per event, on standard error; format and level are configured only here.

No log line identifies a client, and none contains the text of a query unless the level is debug.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
from typing import Any

from uphold.server_timing import CURRENT

__all__ = ["JsonLines", "configuration", "omit_call_site"]

ENCODER = json.JSONEncoder(default=str)


class JsonLines(logging.Formatter):
    """Formats any record as one line of JSON: a line break in a message or a path is escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        moment = dt.datetime.fromtimestamp(record.created, dt.UTC)
        line: dict[str, Any] = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        timing = CURRENT.get()
        if timing is not None:
            line["request_id"] = timing.request
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return ENCODER.encode(line)


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
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
        "root": {"handlers": ["stderr"], "level": level.upper()},
        "loggers": {"_granian": dict(through), "granian.access": dict(through)},
    }
