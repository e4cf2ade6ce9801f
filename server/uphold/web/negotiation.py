"""Negotiation: which of the forms on offer a client gets (RFC 9110, section 12)."""

from __future__ import annotations

from collections.abc import Sequence

from flask import request
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from uphold.errors import NotAcceptable

__all__ = ["choose", "choose_from", "split_suffix"]

LONGEST_HEADER = 4_000


def choose(offered: Sequence[str], aliases: dict[str, str] | None = None) -> str:
    """The media type to answer with: the one the client wants most; among equals one it names, then the first.

    `aliases` are further names for what is on offer. Raises `NotAcceptable` when the client takes none of it.
    """
    return choose_from(request.headers.get("Accept", ""), offered, aliases)


def choose_from(header: str, offered: Sequence[str], aliases: dict[str, str] | None = None) -> str:
    """The same for an Accept header; one of absurd length is read only as far as `LONGEST_HEADER`."""
    names = [*offered, *(aliases or {})]
    accept = without_parameters(parse_accept_header(header[:LONGEST_HEADER], MIMEAccept))
    if not accept:
        return offered[0]
    named = {name for name, _ in accept}
    best = max(names, key=lambda name: (accept.quality(name), name in named, -names.index(name)))
    if accept.quality(best) <= 0:
        raise NotAcceptable(list(offered))
    return best


def without_parameters(accept: MIMEAccept) -> MIMEAccept:
    """The header without parameters such as a profile or a charset, which no form here depends on."""
    return MIMEAccept([(value.split(";")[0].strip().lower(), quality) for value, quality in accept])


def split_suffix(path: str, suffixes: dict[str, str]) -> tuple[str, str | None]:
    """The path without its suffix, and the media type that the suffix stands for, or None."""
    stem, dot, suffix = path.rpartition(".")
    return (stem, suffixes[suffix]) if dot and stem and suffix in suffixes else (path, None)
