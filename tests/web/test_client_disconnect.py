"""Whether the client of a running request is still there, with real connections."""

from __future__ import annotations

import socket
import sys
import time

import pytest

from uphold.server_timing import Timing
from uphold.web.http import client_disconnect
from uphold.web.http.client_disconnect import FIRST_CHECK, Client

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says when a connection last received data")


def test_a_client_waits_however_late_its_request_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time that a request spent in the server before its first query does not count as time after it came."""
    monkeypatch.setattr(client_disconnect, "MAX_QUEUED", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        accepted, _ = server.accept()
        with accepted:
            client.sendall(b"GET / HTTP/1.1\r\n\r\n")
            timing = Timing("late")
            time.sleep(3 * FIRST_CHECK)
            waiting = Client({"REMOTE_ADDR": "127.0.0.1", "SERVER_SOFTWARE": "Granian/2.8"}, timing)
            time.sleep(1.5 * FIRST_CHECK)
            assert waiting.is_there()
            client.close()
        assert not waiting.is_there()
