"""Runs the app under Granian, a WSGI server: some server processes, started again when they fail, stopped with care."""

from __future__ import annotations

import ctypes
import dataclasses
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from uphold.logs import configuration, lighten
from uphold.metrics import added_up
from uphold.settings import Settings

__all__ = ["application", "serve"]

MOST_PROCESSES = 4
STARTED = "UPHOLD_STARTED_FILE"
"""Names, in the environment, the file to which a server process writes once its app is there."""

SHORT_LIFE = 5.0
PAUSE = 2.0
SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG


def serve(settings: Settings) -> None:
    """Serve until stopped; a failed server process is started again, and a stop lets running requests finish."""
    for item in dataclasses.fields(settings):  # the server processes read their settings from the environment
        os.environ[f"UPHOLD_{item.name.upper()}"] = str(getattr(settings, item.name))
    longest = max(settings.query_queue_timeout + settings.query_timeout, settings.validate_timeout)
    server = Persistent(
        target="uphold.server:application",
        factory=True,
        interface=Interfaces.WSGI,
        address=settings.host,
        port=settings.port,
        workers=processes(settings),
        blocking_threads=settings.query_workers + settings.query_queue_size + 2 * settings.max_slow_transfers + 8,
        http=HTTPModes.http1,  # for whether a client is still there, a connection must be about one request
        respawn_failed_workers=True,
        workers_kill_timeout=int(longest) + 5,
        log_level=LogLevels(settings.log_level),
        log_dictconfig=configuration(settings.log_level),
    )
    hear_signals()
    with tempfile.NamedTemporaryFile(prefix="uphold-started-") as started:
        os.environ[STARTED] = started.name
        with added_up(settings.state) if settings.metrics else nullcontext():
            server.serve()


def processes(settings: Settings) -> int:
    """How many server processes there are."""
    return settings.server_processes or min(MOST_PROCESSES, os.cpu_count() or 1)


def application() -> Any:
    """The app, in a server process that is ended when the one that started it is gone: nobody else could stop it."""
    from uphold.app import create

    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, int(signal.SIGKILL))  # Granian can miss one that asks
    os.setpgid(
        0, 0
    )  # Ctrl-C is for the process that started this one, which then stops it; Granian fails when told often
    hear_signals()
    lighten()
    app = create()
    if started := os.environ.get(STARTED):
        Path(started).write_text("started", "ascii")
    return app


def hear_signals() -> None:
    """Let this process hear every signal soon.

    Python runs a handler in the main thread only, and the main thread of a server process waits. When the kernel hands
    a signal to another thread, nothing wakes the main one; so whichever thread gets a signal, a thread that waits for
    just that wakes the main one with another signal, which means nothing by itself.
    """
    told, tell = socket.socketpair()
    tell.setblocking(False)
    main = threading.get_ident()

    def wake() -> None:
        while number := told.recv(1):
            if number[0] != signal.SIGUSR1:
                signal.pthread_kill(main, signal.SIGUSR1)

    signal.signal(signal.SIGUSR1, lambda *_: None)
    signal.set_wakeup_fd(tell.detach(), warn_on_full_buffer=False)
    threading.Thread(target=wake, name="signals", daemon=True).start()


class Persistent(MPServer):
    """Granian with two things fixed.

    Once an app has started, the server goes on starting processes that fail again and again, with a pause in between.
    Granian itself ends when one fails within 5.5 seconds of having been started again, and takes the processes with it
    that are well. A server whose app never started ends with the first process that fails, however long loading took,
    so that whoever starts it sees why.

    And a stop reaches a process that is still starting, which Granian otherwise waits for until it kills it.
    """

    def signal_handler_interrupt(self, *told: Any, **more: Any) -> None:
        """Stop; a process that was forked a moment ago, and so has this handler too, has nothing to finish."""
        if os.getpid() != self.pid:
            os._exit(0)
        super().signal_handler_interrupt(*told, **more)  # type: ignore[no-untyped-call]

    def _respawn_workers(self, workers: list[int], spawn_target: Any, target_loader: Any, delay: float = 0) -> None:
        """Start the failed processes again."""
        if not Path(os.environ[STARTED]).stat().st_size:
            self.interrupt_children.extend(workers)  # by this Granian ends with a status of 1
            self.main_loop_interrupt.set()
            self.interrupt_signal = True
            return
        if any(time.monotonic() - self.wrks[failed].birth < SHORT_LIFE for failed in workers):
            self.main_loop_interrupt.wait(PAUSE)  # a stop ends the pause
        super()._respawn_workers(workers, spawn_target, target_loader, delay)
        self.respawned_wrks.clear()  # by this Granian recognizes a crash loop
        if self.interrupt_signal:  # it came just before Granian cleared the event that wakes its loop
            self.main_loop_interrupt.set()
