"""Pool: the workers of a fork server that a part of the server may use at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from uphold.engines.processes.client import ForkServer
from uphold.engines.processes.worker_process import Worker

__all__ = ["WorkerPool"]


class WorkerPool:
    """The workers of a fork server, at most `slots` in use at a time; forks one when none is idle.

    Each worker that is discarded is reported to `on_discard`, with the reason.
    """

    def __init__(self, fork_server: ForkServer, slots: int, on_discard: Callable[[str], None] | None = None) -> None:
        self.fork_server, self.on_discard = fork_server, on_discard
        self.slots = threading.BoundedSemaphore(slots)
        self.idle: list[Worker] = []  # the most recently used one is acquired first
        self.workers: set[Worker] = set()
        self.closed = False

    def acquire(self, wait: float) -> Worker | None:
        """A worker, or None if no slot becomes free within these seconds; raises what `ForkServer.fork` raises."""
        if not self.slots.acquire(timeout=max(0.0, wait)):
            return None
        with suppress(IndexError):
            return self.idle.pop()
        try:
            worker = self.fork_server.fork()
        except BaseException:
            self.slots.release()
            raise
        self.workers.add(worker)
        return worker

    def send(self, request: bytes, wait: float, seconds: float | None = None) -> Worker | None:
        """A worker as by `acquire`, with the request sent; raises `TimeoutError` as `Worker.send` does."""
        while (worker := self.acquire(wait)) is not None:
            try:
                worker.send(request, seconds)
            except TimeoutError:
                self.discard(worker, "deadline")
                raise
            except OSError:  # it ended while idle, not because of this request
                self.discard(worker, "idle")
            else:
                break
        return worker

    def release(self, worker: Worker) -> None:
        """Return a worker to the pool."""
        if self.closed:
            self.discard(worker, "closed")
        else:
            self.idle.append(worker)
            self.slots.release()

    def discard(self, worker: Worker, reason: str) -> None:
        """End a worker that can no longer be trusted, and free its slot."""
        self.end(worker, reason)
        self.slots.release()

    def end(self, worker: Worker, reason: str) -> None:
        """Kill a worker."""
        if self.on_discard:
            self.on_discard(reason)
        self.workers.discard(worker)
        worker.kill()

    def close(self) -> None:
        """Stop all workers; the fork server stays."""
        self.closed = True
        for worker in list(self.workers):
            self.end(worker, "closed")
