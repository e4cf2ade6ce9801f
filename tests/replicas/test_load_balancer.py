"""The configuration of a load balancer in docs/operate.md works: readers and writers notice no failure of a server."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.replicas.conftest import Pair
from tests.replicas.replica import AGENT, Replica, ask
from tests.web.test_server import wait_until

ROOT = Path(__file__).parents[2]
CONFIGURATION = re.compile(r"```haproxy\n(.*?)```", re.DOTALL)
PROGRAM = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")


@contextmanager
def balancing(folder: Path, *replicas: Replica) -> Iterator[str]:
    """The address of HAProxy with the documented configuration, in front of servers."""
    found = CONFIGURATION.search((ROOT / "docs" / "operate.md").read_text("utf-8"))
    assert found
    text = found[1]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        public = f"127.0.0.1:{probe.getsockname()[1]}"
    for documented, here in zip(
        ("127.0.0.1:8080", "127.0.0.1:8001", "127.0.0.1:8002"),
        (public, *(each.running.address.removeprefix("http://") for each in replicas)),
        strict=True,
    ):
        assert documented in text
        text = text.replace(documented, here)
    file = folder / "haproxy.cfg"
    file.write_text(text, "utf-8")
    assert PROGRAM
    process = subprocess.Popen([PROGRAM, "-db", "-f", str(file)])
    try:
        assert wait_until(lambda: answers(f"http://{public}"))
        yield f"http://{public}"
    finally:
        process.terminate()
        process.wait(20)


def answers(address: str) -> bool:
    """Whether a server answers."""
    with contextlib.suppress(OSError):
        return ask(address, "/healthz").status == 200
    return False


@pytest.mark.skipif(PROGRAM is None, reason="HAProxy is not installed: Debian has it in haproxy")
def test_clients_notice_no_failure_of_a_server(pair: Pair, tmp_path: Path) -> None:
    """A client reads what it has written, and goes on with the other server when one is killed."""
    with pair.serving() as replicas, balancing(tmp_path, *replicas) as address:
        for number in range(1, 4):
            written = ask(address, "/graphs/partner/a", AGENT.format(number).encode(), pair.secret)
            assert written.status in (201, 204)
            assert ask(address, "/healthz").snapshot == written.snapshot
        used = [each for each in replicas if "/graphs/partner/a" in each.running.log.read_text("utf-8")]
        assert len(used) == 1
        for pid in [used[0].running.process.pid, *used[0].running.processes(), *used[0].running.workers()]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda: answers(address))
        assert wait_until(
            lambda: ask(address, "/graphs/partner/a", AGENT.format(4).encode(), pair.secret).status == 204
        )
        assert ask(address, "/graphs/partner/a").status == 200
        (other,) = (each for each in replicas if each is not used[0])
        assert other.agents == 4
