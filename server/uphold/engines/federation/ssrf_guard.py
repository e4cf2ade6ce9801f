"""SSRF guard: the hosts that the server may connect to on behalf of a query.

A name is resolved once, all its addresses must be public, and the connection goes to one of those addresses, so that
the name cannot resolve to another host later (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable

from uphold.errors import InvalidSetting

__all__ = ["Address", "Resolver", "is_public", "look_up", "permitted", "read_networks"]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str, int], list[str]]
UNICAST = ipaddress.IPv6Network("2000::/3")
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

RESERVED = [ipaddress.ip_network(text) for text in ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20")]
"""Ranges reserved for protocols, relays and documentation, which not every Python version treats as such."""


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a host; raises `OSError` if it has none."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def read_networks(text: str) -> tuple[Network, ...]:
    """The addresses and ranges in a setting; raises `InvalidSetting`."""
    try:
        return tuple(ipaddress.ip_network(part) for part in text.split())
    except ValueError as problem:
        raise InvalidSetting(f"service_private_networks is {text!r}: {problem}.") from problem


def permitted(found: Iterable[str], private: Iterable[Network]) -> list[str]:
    """These addresses, if each is public or in an allowed private network; otherwise none."""
    private, addresses = tuple(private), [ipaddress.ip_address(text) for text in found]
    fine = all(is_public(address) or any(reached(address) in network for network in private) for address in addresses)
    return [str(address) for address in addresses] if fine else []


def reached(address: Address) -> Address:
    """The IPv4 address embedded in an IPv6 address, else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def is_public(address: Address) -> bool:
    """Whether an address is reachable from the public internet.

    It is not if it is private, loopback, link-local, shared by a carrier, multicast, reserved, unspecified or for
    documentation, or an IPv6 address that embeds such an IPv4 address.
    """
    address = reached(address)
    if any(address in network for network in RESERVED):
        return False
    if isinstance(address, ipaddress.IPv6Address) and (address not in UNICAST or address.teredo):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)
