"""A call goes to an endpoint on the list, at an address that may be reached, and is limited as a whole."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from uphold.engines.federation.endpoint_client import JSON_RESULTS, Caller, CallFailed
from uphold.engines.federation.ssrf_guard import Resolver
from uphold.errors import InvalidSetting
from uphold.settings import Settings

if TYPE_CHECKING:
    from tests.engines.conftest import Endpoint

ANSWER = json.dumps({"head": {"vars": []}, "results": {"bindings": [{}]}})


def settings(*allowed: str, private: str = "127.0.0.1", megabytes: int = 1) -> Settings:
    """Settings that allow these endpoints."""
    return Settings(service_allowlist=" ".join(allowed), service_private_networks=private, service_max_mb=megabytes)


def ask(caller: Caller, address: str, seconds: float = 5) -> bytes:
    """The answer to a query."""
    return caller.ask(address, "SELECT * WHERE { ?s ?p 'é' }", time.monotonic() + seconds)


def test_the_query_goes_out_and_nothing_else_does(endpoint: Endpoint) -> None:
    """By POST as the protocol has it, with neither cookies nor credentials."""
    endpoint.answers(ANSWER)
    assert ask(Caller(settings(endpoint.address)), endpoint.address) == ANSWER.encode()
    path, headers, query = endpoint.requests[0]
    assert (path, query) == ("/sparql", "SELECT * WHERE { ?s ?p 'é' }")
    assert set(headers) == {
        *("host", "accept", "accept-encoding", "content-type", "content-length", "user-agent", "connection")
    }


def test_an_endpoint_that_is_not_on_the_list_is_not_called(endpoint: Endpoint) -> None:
    """Letter by letter: neither a longer path nor another spelling is on it."""
    caller = Caller(settings(endpoint.address))
    for other in (f"{endpoint.address}/", endpoint.address.replace("127.0.0.1", "localhost"), endpoint.address[:-1]):
        with pytest.raises(CallFailed, match="may not be called"):
            ask(caller, other)
    assert endpoint.requests == []


def test_a_private_address_is_not_reached_unless_a_setting_says_so(endpoint: Endpoint) -> None:
    """Being on the list is not enough: the list has names, and names have any address."""
    with pytest.raises(CallFailed, match="has an address that is not allowed"):
        ask(Caller(settings(endpoint.address, private="")), endpoint.address)
    assert endpoint.requests == []


def test_a_name_is_looked_up_once_and_means_that_address(endpoint: Endpoint) -> None:
    """A name that means an allowed address at first and another one a moment later reaches the first."""
    endpoint.answers(ANSWER)
    address, looked_up = f"http://other.example:{endpoint.port}/sparql", []

    def resolve(host: str, port: int) -> list[str]:
        looked_up.append((host, port))
        return ["127.0.0.1"] if len(looked_up) == 1 else ["10.0.0.1"]

    assert ask(Caller(settings(address), resolve), address) == ANSWER.encode()
    assert looked_up == [("other.example", endpoint.port)]
    assert endpoint.requests[0][1]["host"] == f"other.example:{endpoint.port}"


def test_a_name_with_one_private_address_is_not_called(endpoint: Endpoint) -> None:
    """Though another one of its addresses is public."""
    address = f"http://other.example:{endpoint.port}/sparql"
    with pytest.raises(CallFailed, match="not allowed"):
        ask(Caller(settings(address, private=""), means("8.8.8.8", "127.0.0.1")), address)


def test_a_redirect_is_followed_within_the_list(endpoint: Endpoint) -> None:
    """To another path of a host on the list, with the query."""
    first = f"http://127.0.0.1:{endpoint.port}/old"
    endpoint.reply = lambda request: redirect(request, "/sparql") if request.path == "/old" else answer(request)
    assert ask(Caller(settings(first)), first) == ANSWER.encode()
    assert [path for path, _, _ in endpoint.requests] == ["/old", "/sparql"]
    assert endpoint.requests[0][2] == endpoint.requests[1][2]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_to_another_host_is_not_followed(endpoint: Endpoint, status: int) -> None:
    """A listener to which it leads hears nothing, though its address may be reached."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        endpoint.answers("", status, Location=f"http://127.0.0.1:{listener.getsockname()[1]}/sparql")
        with pytest.raises(CallFailed, match="redirects to a host that may not be called"):
            ask(Caller(settings(endpoint.address)), endpoint.address)
        with pytest.raises(TimeoutError):
            listener.accept()


def test_the_address_is_checked_again_after_a_redirect(endpoint: Endpoint) -> None:
    """A host on the list that has moved to a private address is not reached by way of another host."""
    inner = f"http://inner.example:{endpoint.port}/sparql"
    endpoint.answers("", 307, Location=inner)

    def resolve(host: str, port: int) -> list[str]:
        return {"127.0.0.1": ["127.0.0.1"], "inner.example": ["10.0.0.1"]}[host]

    caller = Caller(settings(endpoint.address, inner), resolve)
    with pytest.raises(CallFailed, match="not allowed"):
        ask(caller, endpoint.address)


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/", "//u:p@127.0.0.1/", "http://[/", ""])
def test_a_redirect_to_an_invalid_address_is_not_followed(endpoint: Endpoint, location: str) -> None:
    """Neither to files nor with credentials."""
    endpoint.answers("", 302, Location=location)
    with pytest.raises(CallFailed, match=r"redirects to an invalid address|status 302"):
        ask(Caller(settings(endpoint.address)), endpoint.address)


def test_redirects_end(endpoint: Endpoint) -> None:
    """After three."""
    endpoint.answers("", 307, Location="/sparql")
    with pytest.raises(CallFailed, match="too often"):
        ask(Caller(settings(endpoint.address)), endpoint.address)
    assert len(endpoint.requests) == 4


@pytest.mark.parametrize(
    ("status", "headers", "why"),
    [
        (200, {"Content_Type": "application/json"}, "did not answer in application/sparql-results"),
        (200, {"Content_Type": "text/html"}, "did not answer in application/sparql-results"),
        (200, {"Content_Encoding": "gzip"}, "did not answer in application/sparql-results"),
        (303, {"Location": "/other"}, "status 303"),
        (400, {}, "status 400"),
        (500, {}, "status 500"),
    ],
)
def test_what_is_not_an_answer_is_reported(endpoint: Endpoint, status: int, headers: dict[str, str], why: str) -> None:
    """By its status or its form."""
    endpoint.answers(ANSWER, status, **headers)
    with pytest.raises(CallFailed, match=why):
        ask(Caller(settings(endpoint.address)), endpoint.address)


def test_an_answer_that_is_too_large_is_not_read_to_its_end(endpoint: Endpoint) -> None:
    """The limit is in megabytes."""
    endpoint.answers(b" " * 1_000_000)
    assert len(ask(Caller(settings(endpoint.address)), endpoint.address)) == 1_000_000
    endpoint.answers(b" " * 1_000_001)
    with pytest.raises(CallFailed, match="more than 1 MB"):
        ask(Caller(settings(endpoint.address)), endpoint.address)


@pytest.mark.parametrize(
    "piece", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", f"HTTP/1.1 200 OK\r\nContent-Type: {JSON_RESULTS}\r\n\r\n".encode()]
)
def test_bytes_that_trickle_in_do_not_outlast_the_time(piece: bytes) -> None:
    """Before the headers, within them and after them."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=trickle, args=(listener, piece), daemon=True).start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/sparql"
        began = time.monotonic()
        with pytest.raises(CallFailed, match="did not answer in time"):
            ask(Caller(settings(address)), address, seconds=0.5)
        assert time.monotonic() - began < 5


def test_a_name_that_takes_too_long_to_look_up_is_reported(endpoint: Endpoint) -> None:
    """The time of the query continues during the search."""
    slow = threading.Event()

    def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"] * slow.wait(5)

    caller = Caller(settings(endpoint.address), resolve)
    with pytest.raises(CallFailed, match="resolved in time"):
        ask(caller, endpoint.address, seconds=0.3)
    slow.set()


def test_an_unreachable_endpoint_is_reported_without_an_address() -> None:
    """What the text says is safe to show to anybody."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://inner.example:{listener.getsockname()[1]}/sparql"
    with pytest.raises(CallFailed) as caught:
        ask(Caller(settings(address), means("127.0.0.1")), address)
    assert str(caught.value) == "could not be reached"


@pytest.mark.parametrize(
    "wrong",
    [
        *("sparql", "//one.example/", "file:///etc/passwd", "ftp://one.example/", "http:///sparql", "http://"),
        *("http://user@one.example/", "http://user:word@one.example/", "http://one.example/#part"),
        *("http://one.example:port/", "http://one.example:0/", "http://one.example:99999/", "http://exämple.org/"),
    ],
)
def test_a_setting_that_is_not_an_endpoint_is_refused(wrong: str) -> None:
    """When the server starts, not at the first query."""
    with pytest.raises(InvalidSetting):
        Caller(settings(wrong))


def test_tls_is_checked_against_the_name(endpoint: Endpoint, tmp_path: Path) -> None:
    """The certificate must be of the host in the endpoint's IRI, whatever its address is."""
    if not shutil.which("openssl"):
        pytest.skip("making a certificate takes the command openssl")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=one.example", "-addext", "subjectAltName=DNS:one.example"]
    subprocess.run([*made, *names, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate, key)
    endpoint.server.socket = serving.wrap_socket(endpoint.server.socket, server_side=True)
    endpoint.answers(ANSWER)
    trusting = ssl.create_default_context(cafile=str(certificate))
    right, other = (f"https://{name}.example:{endpoint.port}/sparql" for name in ("one", "two"))
    resolve = means("127.0.0.1")
    assert ask(Caller(settings(right), resolve, trusting), right) == ANSWER.encode()
    with pytest.raises(CallFailed, match="could not be reached"):
        ask(Caller(settings(other), resolve, trusting), other)
    with pytest.raises(CallFailed, match="could not be reached"):
        ask(Caller(settings(right), resolve), right)
    assert len(endpoint.requests) == 1


def means(*addresses: str) -> Resolver:
    """A resolver to which every name means these addresses."""

    def resolve(host: str, port: int) -> list[str]:
        return list(addresses)

    return resolve


def redirect(request: BaseHTTPRequestHandler, location: str) -> None:
    """Send elsewhere."""
    request.send_response(307)
    request.send_header("Location", location)
    request.end_headers()


def answer(request: BaseHTTPRequestHandler) -> None:
    """Send results."""
    request.send_response(200)
    request.send_header("Content-Type", "application/sparql-results+json")
    request.end_headers()
    request.wfile.write(ANSWER.encode())


def trickle(listener: socket.socket, piece: bytes) -> None:
    """Send a byte now and then, for as long as somebody listens."""
    connection, _ = listener.accept()
    with connection:
        try:
            connection.sendall(piece)
            while True:
                time.sleep(0.05)
                connection.sendall(b"a")
        except OSError:
            return
