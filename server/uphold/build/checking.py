"""Checking: validates the data set in a process of its own, so that two cores do the work of a build.

Preparing the shapes takes longer than validating with them. The process does so while the build derives statements, and
validates while the build writes files. A thread would not do: most of this is Python.
"""

from __future__ import annotations

import gc
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Self

from uphold.errors import UpholdError, ValidatorFailed

__all__ = ["Checker", "main"]


class Checker:
    """The process, from the side of the build; it ends with the `with` block."""

    def __init__(self, base: str) -> None:
        self.channel, theirs = Pipe()
        command = [sys.executable, "-m", __name__, str(theirs.fileno()), base]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.channel.close()
        self.process.kill()
        self.process.wait()

    def prepare(self, shapes: set[str], subclasses: set[str]) -> None:
        """Send the shapes, and the statements about subclasses that are known so far, as lines; waits for a reader."""
        self.send((shapes, subclasses))

    def check(self, data: Path) -> list[str]:
        """The warnings about a file of N-Triples; raises what `data_set.check` does, or `ValidatorFailed`."""
        self.send(data)
        try:
            answer = self.channel.recv()
        except (EOFError, ConnectionError) as problem:  # the process has ended, and said why on stderr
            raise ValidatorFailed from problem
        if isinstance(answer, UpholdError):
            raise answer
        warnings: list[str] = answer
        return warnings

    def send(self, message: object) -> None:
        """Send a message; a process that has ended has left an answer, or none."""
        with suppress(ConnectionError):
            self.channel.send(message)


def main(arguments: Sequence[str]) -> None:
    """The process; its arguments are the number of its end of the channel, and the base of IRIs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the build, which then ends this process
    gc.disable()  # it soon ends
    from uphold.validation.data_set import check, prepare

    channel: Connection = Connection(int(arguments[0]))
    with suppress(EOFError, ConnectionError):  # the build has ended
        try:
            prepared = prepare(*channel.recv())
            report = check(channel.recv().read_bytes(), prepared, arguments[1])
            channel.send([str(result) for result in report.results])
        except UpholdError as problem:
            channel.send(problem)


if __name__ == "__main__":
    main(sys.argv[1:])
