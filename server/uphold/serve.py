"""Runs the app under Granian, a WSGI server."""

from __future__ import annotations

import dataclasses
import os
from contextlib import nullcontext

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from uphold.logs import configuration
from uphold.metrics import added_up
from uphold.settings import Settings

__all__ = ["serve"]


def serve(settings: Settings) -> None:
    """Serve until stopped; a failed server process is started again."""
    for item in dataclasses.fields(settings):  # the server process reads its settings from the environment
        os.environ[f"UPHOLD_{item.name.upper()}"] = str(getattr(settings, item.name))
    server = Granian(
        target="uphold.app:create",
        factory=True,
        interface=Interfaces.WSGI,
        address=settings.host,
        port=settings.port,
        workers=1,
        blocking_threads=settings.query_workers + settings.query_queue + 8,
        respawn_failed_workers=True,
        log_level=LogLevels(settings.log_level),
        log_dictconfig=configuration(settings.log_level),
    )
    with added_up(settings.state) if settings.metrics else nullcontext():
        server.serve()
