"""Codings: the three ways to compress an answer, and which of them a client asks for (RFC 9110, 12.5.3)."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple, Protocol

import brotli
import zstandard

__all__ = ["COMPRESSORS", "AcceptedCoding", "Compressor", "accepted_coding"]

LONGEST_HEADER = 300
CODINGS = ("br", "zstd", "gzip")
ALIASES = {"x-gzip": "gzip"}
WEIGHT = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")


class AcceptedCoding(NamedTuple):
    """What a client takes: the coding to use, if any, and whether it takes none without one."""

    coding: str | None
    always: bool = False


class Compressor(Protocol):
    """One compression under way."""

    def compress(self, data: bytes) -> bytes:
        """Take bytes in, give out those that are ready."""
        ...

    def flush(self) -> bytes:
        """Give out all there is, so that a reader can unpack it."""
        ...

    def finish(self) -> bytes:
        """Give out the rest and the end."""
        ...


class Brotli:
    """Quality 5: on results a quarter smaller than 4, for half as much time again; 6 gains nothing."""

    def __init__(self) -> None:
        made = brotli.Compressor(quality=5)
        self.compress, self.flush, self.finish = made.process, made.flush, made.finish


class Zstandard:
    """Level 3, its default: from 5 on it takes three times as long and saves a tenth at the most."""

    def __init__(self) -> None:
        self.made = zstandard.ZstdCompressor(level=3).compressobj()
        self.compress = self.made.compress

    def flush(self) -> bytes:
        """See `Compressor`."""
        return self.made.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)

    def finish(self) -> bytes:
        """See `Compressor`."""
        return self.made.flush()


class Gzip:
    """Level 6, its default: a tenth smaller than 4; 9 takes twice as long and saves a hundredth."""

    def __init__(self) -> None:
        self.made = zlib.compressobj(6, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
        self.compress, self.finish = self.made.compress, self.made.flush

    def flush(self) -> bytes:
        """See `Compressor`."""
        return self.made.flush(zlib.Z_SYNC_FLUSH)


COMPRESSORS: dict[str, Callable[[], Compressor]] = {"br": Brotli, "zstd": Zstandard, "gzip": Gzip}


def accepted_coding(accept: str) -> AcceptedCoding:
    """What an Accept-Encoding header asks for; one of absurd length is not read."""
    return read_accept(accept) if len(accept) <= LONGEST_HEADER else AcceptedCoding(None)


@lru_cache(maxsize=512)
def read_accept(accept: str) -> AcceptedCoding:
    """The coding of the greatest weight, the first of ours among equal ones; None for a body as it is."""
    weights: dict[str, float] = {}
    for item in accept.lower().split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        found = [WEIGHT.fullmatch(part) for part in parameters]
        if name and all(found):
            weights[ALIASES.get(name, name)] = float(found[0][1]) if found and found[0] else 1.0
    others = weights.get("*", 0.0)
    best = max(CODINGS, key=lambda coding: weights.get(coding, others))
    weight = weights.get(best, others)
    if not weight or weight < weights.get("identity", 0.0):
        return AcceptedCoding(None)
    return AcceptedCoding(best, always=weights.get("identity", weights.get("*", 1.0)) == 0.0)
