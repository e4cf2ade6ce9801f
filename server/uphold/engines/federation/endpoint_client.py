"""Endpoint client: sends a query to another endpoint, protected against misuse.

Only the query and the headers that the protocol needs are sent. `ssrf_guard` decides which addresses are allowed; each
redirect is a new call to a host that must be on the list too. Time and size are limited in total, not per chunk.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http import HTTPStatus
from urllib.parse import SplitResult, urlencode, urljoin, urlsplit

from uphold import __version__
from uphold.engines.federation.ssrf_guard import Resolver, look_up, permitted, read_networks
from uphold.errors import InvalidSetting
from uphold.settings import Settings

__all__ = ["JSON_RESULTS", "CallFailed", "Caller"]

REDIRECTS = frozenset({301, 302, 307, 308})  # those after which the same request may be sent again
MOST_REDIRECTS = 3
JSON_RESULTS = "application/sparql-results+json"
PORTS = {"http": 80, "https": 443}
PIECE = 65_536


class CallFailed(Exception):
    """A call returned nothing usable; the text gives the reason, without an address."""


class Caller:
    """Calls only the endpoints on the list."""

    def __init__(self, settings: Settings, resolve: Resolver = look_up, tls: ssl.SSLContext | None = None) -> None:
        self.allowed = frozenset(settings.service_allowlist.split())
        self.origins = frozenset(origin(read_endpoint(iri)) for iri in self.allowed)
        self.private = read_networks(settings.service_private_networks)
        self.max_bytes = settings.service_max_mb * 1_000_000
        self.agent = f"Uphold/{__version__} ({settings.base})"
        self.resolve, self.tls = resolve, tls or ssl.create_default_context()
        self.lookups = ThreadPoolExecutor(4, "lookup")

    def ask(self, endpoint: str, query: str, until: float) -> bytes:
        """The response of an endpoint in SPARQL JSON, by `until` (monotonic clock); raises `CallFailed`."""
        if endpoint not in self.allowed:
            raise CallFailed("may not be called")
        address, body = endpoint, urlencode({"query": query}).encode()
        for _ in range(MOST_REDIRECTS + 1):
            try:
                found = self.post(urlsplit(address), body, until)
            except (OSError, http.client.HTTPException, ValueError) as problem:
                left(until)
                raise CallFailed("could not be reached") from problem
            if isinstance(found, bytes):
                return found
            address = self.follow(address, found)
        raise CallFailed("redirects too often")

    def follow(self, address: str, location: str) -> str:
        """The target of a redirect; raises `CallFailed` unless its host is on the list."""
        try:
            target = urljoin(address, location)
            if origin(read_endpoint(target)) in self.origins:
                return target
        except (ValueError, InvalidSetting) as problem:
            raise CallFailed("redirects to an invalid address") from problem
        raise CallFailed("redirects to a host that may not be called")

    def post(self, target: SplitResult, body: bytes, until: float) -> bytes | str:
        """The response, or the target of a redirect."""
        scheme, host, port = origin(target)
        with self.connect(host, port, until) as raw, ended_at(raw, until):
            connection = http.client.HTTPConnection(host, port)
            connection.default_port, connection.auto_open = PORTS[scheme], 0  # it never connects by itself
            connection.sock = self.tls.wrap_socket(raw, server_hostname=host) if scheme == "https" else raw
            with connection.sock:
                headers = {
                    "Accept": JSON_RESULTS,
                    "Content-Type": "application/x-www-form-urlencoded",
                    "User-Agent": self.agent,
                    "Connection": "close",
                }
                path = target.path or "/"
                connection.request("POST", f"{path}?{target.query}" if target.query else path, body, headers)
                with connection.getresponse() as response:
                    return self.read(response, until)

    def read(self, response: http.client.HTTPResponse, until: float) -> bytes | str:
        """The body of a response, or the location of a redirect; raises `CallFailed` for anything else."""
        left(until)  # else the deadline may have ended the headers
        if response.status in REDIRECTS and (location := response.headers["Location"]):
            return str(location)
        if response.status != HTTPStatus.OK:
            raise CallFailed(f"answered with status {response.status}")
        if response.headers.get_content_type() != JSON_RESULTS or response.headers["Content-Encoding"]:
            raise CallFailed(f"did not answer in {JSON_RESULTS}")
        content = bytearray()
        while piece := response.read1(PIECE):
            content += piece
            if len(content) > self.max_bytes:
                raise CallFailed(f"answered with more than {self.max_bytes // 1_000_000} MB")
        left(until)  # or the body
        return bytes(content)

    def connect(self, host: str, port: int, until: float) -> socket.socket:
        """A connection to one of the addresses of a host, all of which must be allowed."""
        try:
            found = self.lookups.submit(self.resolve, host, port).result(left(until))
        except TimeoutError as problem:
            raise CallFailed("could not be resolved in time") from problem
        addresses = permitted(found, self.private)
        if not addresses:
            raise CallFailed("has an address that is not allowed")
        for address in addresses[:-1]:
            with suppress(OSError):
                return socket.create_connection((address, port), left(until) / 2)
        return socket.create_connection((addresses[-1], port), left(until))


def read_endpoint(iri: str) -> SplitResult:
    """The parts of an endpoint's IRI; raises `InvalidSetting` unless it can be called."""
    try:
        parts = urlsplit(iri)
        fine = parts.scheme in PORTS and parts.hostname and parts.port != 0 and iri.isascii() and iri.isprintable()
    except ValueError:
        fine = False
    if not fine or " " in iri or "@" in parts.netloc or parts.fragment:
        raise InvalidSetting(
            f"service_allowlist has {iri!r}, which is not an http or https address without user and fragment."
        )
    return parts


def origin(parts: SplitResult) -> tuple[str, str, int]:
    """Scheme, host and port."""
    return parts.scheme, parts.hostname or "", parts.port or PORTS[parts.scheme]


def left(until: float) -> float:
    """The remaining seconds; raises `CallFailed` if there are none."""
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise CallFailed("did not answer in time")
    return seconds


@contextmanager
def ended_at(connection: socket.socket, until: float) -> Iterator[None]:
    """Closes a connection at a deadline, even if bytes still arrive."""
    handle = connection.dup()  # stays valid when TLS takes over the other socket

    def end() -> None:
        with suppress(OSError):
            handle.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(left(until), end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        handle.close()
