"""The server: runs the app under Granian (WSGI) in several processes, restarts failed ones and stops gracefully."""

from __future__ import annotations

import ctypes
import dataclasses
import gc
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from uphold.engines.processes.client import SHARED
from uphold.logs import configuration, omit_call_site
from uphold.metrics import added_up
from uphold.settings import Settings
from uphold.writes.writes import MOST_WAITING

__all__ = ["application", "serve"]

MOST_PROCESSES = 4
STARTED = "UPHOLD_STARTED_FILE"
"""The environment variable with the file to which a server process writes once its app has started."""

SHORT_LIFE = 5.0
PAUSE = 2.0
SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG
M_ARENA_MAX, M_MMAP_THRESHOLD = -8, -3  # of mallopt(3)


def serve(settings: Settings) -> None:
    """Serve until stopped; failed server processes are restarted, and a stop lets running requests finish."""
    for item in dataclasses.fields(settings):  # the server processes read their settings from the environment
        os.environ[f"UPHOLD_{item.name.upper()}"] = str(getattr(settings, item.name))
    longest = max(settings.query_queue_timeout + settings.query_timeout, settings.validate_timeout)
    server = ResilientServer(
        target="uphold.server:application",
        factory=True,
        interface=Interfaces.WSGI,
        address=settings.host,
        port=settings.port,
        workers=processes(settings),
        blocking_threads=blocking_threads(settings),
        http=HTTPModes.http1,  # to detect a disconnected client, a connection must carry one request
        respawn_failed_workers=True,
        workers_kill_timeout=int(longest) + 5,
        log_level=LogLevels(settings.log_level),
        log_dictconfig=configuration(settings.log_level),
    )
    wake_main_thread_on_signals()
    with tempfile.TemporaryDirectory(prefix="uphold-") as folder:
        os.environ |= {STARTED: f"{folder}/started", SHARED: folder}
        with added_up(settings.state) if settings.metrics else nullcontext():
            server.serve()


def processes(settings: Settings) -> int:
    """The number of server processes."""
    return settings.server_processes or min(MOST_PROCESSES, os.cpu_count() or 1)


def application() -> Any:
    """The app, in a server process that ends with its parent: nothing else could stop it."""
    from uphold.app import create
    from uphold.web.warm_up import warm_up

    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, int(signal.SIGKILL))  # Granian can miss one that exits
    os.setpgid(0, 0)  # Ctrl-C is for the parent, which then stops this process; Granian fails on repeated signals
    wake_main_thread_on_signals()
    omit_call_site()
    keep_memory_together()
    app = create()
    app.extensions["uphold"].prepare_with(partial(warm_up, app))
    threading.Thread(target=app.extensions["uphold-writes"].run, name="writes", daemon=True).start()
    gc.freeze()  # what is loaded stays, so collections need not go through it while requests wait
    if started := os.environ.get(STARTED):
        Path(started).write_text("started", "ascii")
    return app


def blocking_threads(settings: Settings) -> int:
    """Threads of a server process: one for each request that may run, wait or be slow, and some to spare."""
    queries = settings.query_workers + settings.query_queue_size
    uploads = settings.validate_workers + settings.validate_queue_size
    return queries + uploads + MOST_WAITING + 2 * settings.max_slow_transfers + 8


def keep_memory_together() -> None:
    """Make all threads of this process allocate in one place, and give large blocks back as soon as they are free.

    By default, glibc has a place for each of many threads, and each grows to what one of them once needed.
    """
    if change := getattr(ctypes.CDLL(None), "mallopt", None):  # glibc only
        change(M_ARENA_MAX, 1)
        change(M_MMAP_THRESHOLD, 1 << 20)


def wake_main_thread_on_signals() -> None:
    """Make this process handle every signal soon.

    Python runs handlers only in the main thread, which is blocked in a server process. When the kernel delivers a
    signal to another thread, nothing wakes the main thread. So another thread waits for signals and wakes the main
    thread with a further signal, which has no effect of its own.
    """
    receiver, sender = socket.socketpair()
    sender.setblocking(False)
    main = threading.get_ident()

    def wake() -> None:
        while number := receiver.recv(1):
            if number[0] != signal.SIGUSR1:
                signal.pthread_kill(main, signal.SIGUSR1)

    signal.signal(signal.SIGUSR1, lambda *_: None)
    signal.set_wakeup_fd(sender.detach(), warn_on_full_buffer=False)
    threading.Thread(target=wake, name="signals", daemon=True).start()


class ResilientServer(MPServer):
    """Granian with two fixes.

    Once an app has started, the server keeps restarting failed processes, with a pause in between. Granian itself exits
    when a process fails within 5.5 seconds of its restart, and stops the healthy processes too. A server whose app
    never started exits with the first process that fails, however long loading took, so that the operator sees why.

    And a stop reaches a process that is still starting, which Granian otherwise waits for and then kills.
    """

    def signal_handler_interrupt(self, *args: Any, **kwargs: Any) -> None:
        """Stop; a process forked just now, which inherits this handler, has nothing to finish."""
        if os.getpid() != self.pid:
            os._exit(0)
        super().signal_handler_interrupt(*args, **kwargs)  # type: ignore[no-untyped-call]

    def _respawn_workers(self, workers: list[int], spawn_target: Any, target_loader: Any, delay: float = 0) -> None:
        """Restart the failed processes."""
        if not Path(os.environ[STARTED]).exists():
            self.interrupt_children.extend(workers)  # makes Granian exit with status 1
            self.main_loop_interrupt.set()
            self.interrupt_signal = True
            return
        if any(time.monotonic() - self.wrks[failed].birth < SHORT_LIFE for failed in workers):
            self.main_loop_interrupt.wait(PAUSE)  # a stop ends the pause
        if self.interrupt_signal:  # a process that is only now started might miss the stop
            self.main_loop_interrupt.set()
            return
        super()._respawn_workers(workers, spawn_target, target_loader, delay)
        self.respawned_wrks.clear()  # Granian detects a crash loop by this
        if self.interrupt_signal:  # the stop came just before Granian cleared the event that wakes its loop
            self.main_loop_interrupt.set()
