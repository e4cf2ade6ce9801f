"""Server processes: starts and stops them, and reads their memory and CPU use from /proc."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

__all__ = ["end", "free_port", "memory_mb", "start", "wait_until_at_rest"]

END_SECONDS = 20
LOOK_SECONDS = 0.1
REST_SHARE = 0.3


def start(command: Sequence[str], log: Path, folder: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a server with its output in a log file."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **environment},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def end(process: subprocess.Popen[bytes]) -> None:
    """Stop a server and all its child processes."""
    started = [each for each in tree(process.pid) if each != process.pid]
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(END_SECONDS)
    process.kill()
    process.wait()
    for each in started:
        with contextlib.suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)


def tree(root: int) -> Iterator[int]:
    """A process and all its descendants."""
    yield root
    for task in Path(f"/proc/{root}/task").glob("*"):
        with contextlib.suppress(OSError):
            for child in (task / "children").read_text("ascii").split():
                yield from tree(int(child))


def memory_mb(root: int) -> float:
    """Memory of a process tree in megabytes, shared memory counted once (PSS)."""
    kilobytes = 0
    for process in tree(root):
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{process}/smaps_rollup").read_text("ascii").splitlines()
            kilobytes += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kilobytes * 1024 / 1_000_000


def processor_seconds(root: int) -> float:
    """The CPU time of a process tree."""
    ticks = 0
    for process in tree(root):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def wait_until_at_rest(root: int, seconds: float) -> bool:
    """Wait until a process tree is idle; False if it is still busy after `seconds`."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        before = processor_seconds(root)
        time.sleep(LOOK_SECONDS)
        if processor_seconds(root) - before < REST_SHARE * LOOK_SECONDS:
            return True
    return False


def free_port() -> int:
    """A currently free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
